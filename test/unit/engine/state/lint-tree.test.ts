import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { defineStates, state } from '../../../../src/engine/plugin.ts'
import { HarmlessFunctions } from '../../../../src/engine/state/lint/harmless-functions.ts'
import { type LintRequest, lintTree } from '../../../../src/engine/state/lint/lint-tree.ts'
import { right } from '../../../../src/engine/state/plan.ts'
import { CompileHost, type CompileHostOptions } from '../../../support/compile-host.ts'

const thing = defineStates({
  name: 'thing',
  doc: 'States of this test.',
  functions: {
    made: state({
      doc: 'Makes a thing.',
      args: {
        name: s.string(),
        size: s.optional(s.integer()),
        owner: s.string('Who has it'),
        tags: s.optional(s.array(s.string())),
      },
      ignored: { backup: 'nothing is overwritten' },
      examples: [],
      plan: () => right('There it is'),
    }),
  },
})

type Files = Readonly<Record<string, string>>

async function lint(
  files: Files,
  more: Partial<CompileHostOptions> & Partial<LintRequest> = {},
): Promise<readonly string[]> {
  using host = new CompileHost({ environments: { base: files }, ...more })
  const { catalogues } = host.functions
  catalogues.states.setUserModules([thing])
  const catalogue = new HarmlessFunctions(catalogues.catalogue)
  const { context } = createFunctionContext({ ...host.functions.inputs, catalogue })
  const { findings } = await lintTree(context, { saltenv: 'base', hasPillar: true, ...more })
  return findings.map(
    ({ file, line, column, severity, code, message }) => `${file}:${line}:${column} ${severity} ${code}: ${message}`,
  )
}

describe('states are held against their descriptions', () => {
  test('nothing is said of what is well', async () => {
    const text = [
      'a:',
      '  thing.made:',
      '    - owner: bob',
      '    - size: "5"',
      '    - tags: [x]',
      '    - unless: test -f /x',
      '    - require: [{thing: b}]',
      '    - order: 3',
      'b:',
      '  thing:',
      '    - made',
      '    - names: [c, {d: [{owner: eve}]}]',
      '    - owner: bob',
      '',
    ]
    assert.deepEqual(await lint({ 'a.sls': text.join('\n') }), [])
  })

  test('functions and families that are not there', async () => {
    assert.deepEqual(await lint({ 'a.sls': 'a:\n  thing.maid: []\nb: thin.made\nc:\n  quite.other:\n    - x: 1\n' }), [
      "a.sls:2:3 error unknown-state: There is no state thing.maid. Did you mean 'thing.made'?",
      "a.sls:3:1 error unknown-state: There is no state thin.made. Did you mean 'thing.made'?",
      'a.sls:5:3 error unknown-state: There is no state quite.other',
    ])
  })

  test('arguments that are unknown, missing, wrong or without effect', async () => {
    const text = 'a:\n  thing.made:\n    - size: big\n    - onwer: bob\n    - backup: minion\n    - tags: {x: 1}\n'
    assert.deepEqual(await lint({ 'a.sls': text }), [
      'a.sls:2:3 error missing-argument: thing.made needs the argument owner',
      "a.sls:3:7 error wrong-type: thing.made: size must be an integer, not 'big'",
      "a.sls:4:7 error unknown-argument: thing.made has no argument onwer. Did you mean 'owner'?",
      'a.sls:5:7 warning ignored-argument: backup of thing.made has no effect: nothing is overwritten',
      'a.sls:6:7 error wrong-type: thing.made: tags must be a list of texts, not a mapping',
    ])
  })

  test('places in a state whose function stands in its list', async () => {
    assert.deepEqual(await lint({ 'a.sls': 'a:\n  thing:\n    - owner: x\n    - wrong: 1\n    - made\n' }), [
      'a.sls:4:7 error unknown-argument: thing.made has no argument wrong',
    ])
  })

  test('states of a loop stand where the template has them', async () => {
    const text =
      '{% for i in range(2) %}\nx{{ i }}:\n  thing.made:\n    - owner: x\n    - wrong: {{ i }}\n{% endfor %}\n'
    assert.deepEqual(await lint({ 'a.sls': text }), [
      'a.sls:5:7 error unknown-argument: thing.made has no argument wrong',
    ])
  })

  test('families that the tree brings itself are taken as they are', async () => {
    assert.deepEqual(await lint({ 'a.sls': 'a:\n  own.thing:\n    - x: 1\n', '_states/own.ts': '' }), [])
  })
})

describe('names are looked for', () => {
  test('includes', async () => {
    assert.deepEqual(await lint({ 'a.sls': 'include:\n  - b\n  - ..c\n', 'b.sls': 'x: test.nop\n' }), [
      "a.sls:3:5 error bad-include: Attempted relative include of '..c' within SLS 'base:a' goes beyond top level package",
    ])
  })

  test('requisites: in the file and what it includes, then in the tree', async () => {
    const text =
      'x:\n  test.nop:\n    - require:\n      - test: y\n      - test: z\n      - gone\n    - watch_in: [{test: nosuch}]\n'
    assert.deepEqual(
      await lint({ 'a.sls': `include: [b]\n${text}`, 'b.sls': 'y: test.nop\n', 'c/d.sls': 'z: test.nop\n' }),
      [
        "a.sls:6:9 warning unknown-id: require names 'test: z', which c.d has, and that is not included here",
        "a.sls:7:9 error unknown-id: require names 'gone', which no file has",
        "a.sls:8:18 error unknown-id: watch_in names 'test: nosuch', which no file has",
      ],
    )
  })

  test('of a single file nothing is known of the rest of the tree', async () => {
    const files = { 'a.sls': 'x:\n  test.nop:\n    - require: [{test: z}]\n', 'b.sls': 'z: test.nop\n' }
    assert.deepEqual(await lint(files, { paths: ['a.sls'] }), [
      "a.sls:3:17 warning unknown-id: require names 'test: z', which neither this file nor one that it includes has",
    ])
  })

  test('the top file: SLS files, targets, form', async () => {
    const top = "base:\n  '*':\n    - a\n    - nosuch\n    - web.*\n  'a and':\n    - a\n  'x*': a\nprod:\n  '*': [b]\n"
    assert.deepEqual(await lint({ 'top.sls': top, 'a.sls': '' }), [
      'top.sls:4:7 error sls-missing: There is no SLS file nosuch in the environment base',
      'top.sls:5:7 error sls-missing: There is no SLS file web.* in the environment base',
      'top.sls:6:3 error bad-target: the target cannot be understood: at the end a minion is missing (character 6)',
      'top.sls:8:3 error bad-top: Malformed topfile (state declarations not formed as a list)',
    ])
  })

  test('files that no name means', async () => {
    assert.deepEqual(await lint({ 'a.sls': '', 'a/init.sls': '', 'b.c.sls': '' }), [
      'a/init.sls:1:1 warning sls-missing: No name means this file: a.sls comes first',
      'b.c.sls:1:1 warning sls-missing: No name means this file: there is a dot in its path',
    ])
  })
})

describe('files that cannot be rendered', () => {
  test('are told once, wherever they are included', async () => {
    assert.deepEqual(await lint({ 'a.sls': 'include: [c]\n', 'b.sls': 'include: [c]\n', 'c.sls': '\n\n{% if %}\n' }), [
      "c.sls:3:7 error render-failed: Jinja syntax error: Expected an expression, got 'end of statement block'",
    ])
  })

  test('without a pillar, what is not defined may be in it', async () => {
    const files = { 'a.sls': 'x{{ pillar.port }}: test.nop\n' }
    assert.match((await lint(files)).join(), /^a\.sls:1:\d+ error render-failed: Jinja variable /)
    assert.match(
      (await lint(files, { hasPillar: false })).join(),
      /^a\.sls:1:\d+ warning not-rendered: Jinja variable /,
    )
    assert.deepEqual(await lint(files, { pillar: { port: 5 } }), [])
  })

  test('a method of Python 2 is wrong whatever the pillar has', async () => {
    const files = { 'a.sls': '{% for k, v in {}.iteritems() %}{{ k }}: test.nop{% endfor %}\n' }
    assert.match(
      (await lint(files, { hasPillar: false })).join(),
      /error render-failed: .*iteritems.*write \.items\(\)/,
    )
  })

  test('a function that is not here is called one', async () => {
    const files = { 'a.sls': "{{ salt['nope.nope']() }}: test.nop\n" }
    assert.match((await lint(files, { hasPillar: false })).join(), /warning not-rendered: .*no such function is here/)
  })

  test('what the reactor reads and pillars are left alone', async () => {
    const files = {
      'top.sls': 'base: {"*": [a]}\n',
      'a.sls': 'x: test.nop\n',
      'reactor/up.sls': '{% if data.id %}\nup:\n  local.state.apply:\n    - tgt: {{ data.id }}\n{% endif %}\n',
      'pillar/top.sls': 'base: {"*": [users]}\n',
      'pillar/users.sls': 'users: {bob: {uid: 1}}\n',
      'pillars/bob.sls': 'bob: test.nop\n',
    }
    assert.deepEqual(await lint(files), [
      'pillar:1:1 note not-states: This is a pillar, which has no states',
      'reactor/up.sls:1:1 note not-states: The reactor reads this file, which has no states; salt compat looks at it',
    ])
  })

  test('what a renderer refuses is told in one line, with what to do', async () => {
    const files = { 'a.sls': '\0', 'b.sls': '#!mako\nx: test.nop\n', 'c.sls': 'x: {thing.nope: []}\n' }
    assert.deepEqual(await lint(files), [
      'a.sls:1:1 error render-failed: unacceptable character #x0000: control characters are not allowed in "<unicode string>", position 0',
      'b.sls:1:1 error render-failed: The renderer mako is not supported. Instead, write the file as Jinja, which has loops, conditions and macros, too.',
      "c.sls:1:5 error unknown-state: There is no state thing.nope. Did you mean 'thing.made'?",
    ])
  })

  test('functions that look at a host are not run, those that look at values are', async () => {
    const files = {
      'a.sls': 'x{{ salt["cmd.run"]("touch /nope") }}: test.nop\n',
      'b.sls': '{{ salt["test.echo"]("y") }}: test.nop\n',
      'c.sls': '{% import_json "/opt/state.json" as s %}\n',
    }
    assert.deepEqual(await lint(files), [
      'a.sls:1:20 note not-rendered: the template calls cmd.run, which is not run here',
      'c.sls:1:4 note not-rendered: the template reads /opt/state.json of the host, which is not looked at here',
    ])
  })

  test('messages to the log keep no template from being checked', async () => {
    const files = { 'a.sls': '{% do salt["log.debug"]("x" ~ {"a": 1} | yaml) %}a{{ salt.log.error("y") }}: test.no\n' }
    const [finding, ...others] = await lint(files)
    assert.match(finding ?? '', /error unknown-state: There is no state test\.no/)
    assert.deepEqual(others, [])
  })

  test('a grain that only Python Salt has is called one', async () => {
    const files = { 'a.sls': 'python{{ grains.pythonpath[0] }}: test.nop\n' }
    assert.match(
      (await lint(files, { hasPillar: false })).join(),
      /warning not-rendered: .*this grain is not here: write/,
    )
  })

  test('programs are not run', async () => {
    const config = { renderer_blacklist: ['ts'] }
    assert.deepEqual(await lint({ 'a.sls': '#!ts\nexport default {}\n' }, { config }), [
      'a.sls:1:1 note not-rendered: the file is a program, which is not run here (--scripts runs it)',
    ])
  })

  test('YAML, forms and circles have their own codes', async () => {
    const files = {
      'a.sls': 'a: test.nop\na: test.nop\n',
      'b.sls': 'x:\n  test: nop\n',
      'c.sls': 'p:\n  test.nop:\n    - require: [{test: q}]\nq:\n  test.nop:\n    - require: [{test: p}]\n',
      'd.sls': 'include: [e]\nx: test.nop\n',
      'e.sls': 'x: test.nop\n',
    }
    assert.deepEqual(await lint(files), [
      "a.sls:2:1 error render-failed: found conflicting ID 'a'",
      "b.sls:1:1 error bad-form: State 'x' in SLS 'b' is not formed as a list",
      'c.sls:4:1 error cycle: A recursive requisite was found, SLS "c" ID "q" ID "p"',
      "d.sls:2:1 error id-conflict: Detected conflicting IDs, SLS IDs need to be globally unique. The conflicting ID is 'x' and is found in SLS 'base:d' and SLS 'base:e'",
    ])
  })
})

describe('files that include each other', () => {
  const circle = (count: number, body: (index: number) => string): Files =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `f${index}.sls`,
        `include: [f${(index + 1) % count}]\ns${index}:\n  test.nop:\n    - require: [{test: ${body(index)}}]\n`,
      ]),
    )

  test('have what any of them has, and each is looked at', async () => {
    const states = await lint(circle(4, (index) => (index === 2 ? 'gone' : 's3')))
    assert.deepEqual(states, [
      "f2.sls:4:17 error unknown-id: require names 'test: gone', which no file has",
      'f3.sls:2:1 error cycle: A recursive requisite was found, SLS "f3" ID "s3" ID "s3"',
    ])
  })

  test('take time by their number, not by its square', { timeout: 20_000 }, async () => {
    assert.equal((await lint(circle(800, () => 's7'))).length, 1)
  })
})
