import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseYaml } from '../../../../src/base/yaml.ts'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { fillFile } from '../../../../src/engine/reactor/event-template.ts'
import { reactionsOf } from '../../../../src/engine/reactor/reactions.ts'
import { ReactorRules, reactorRules } from '../../../../src/engine/reactor/rules.ts'
import { TemplateWorld } from '../../../../src/engine/render/template-world.ts'
import { FunctionHost } from '../../../support/function-host.ts'

const reactions = (text: string) => reactionsOf(parseYaml(text), (path) => `f:${path.join('/')}`)
const job = { kind: 'local', name: 'a', args: [], kwargs: {}, tgtType: 'glob', ret: '' }

describe('reactions', () => {
  const cases: readonly (readonly [name: string, text: string, reactions: unknown])[] = [
    ['nothing', '', []],
    ['a job', "a: {local.test.ping: [{tgt: '*'}]}", [{ ...job, fun: 'test.ping', tgt: '*' }]],
    [
      'a job with arguments of both kinds',
      'a:\n  local.cmd.run:\n    - tgt: web*\n    - tgt_type: glob\n    - args:\n      - uptime\n      - cwd: /tmp\n        shell: /bin/sh\n    - timeout: 7',
      [
        {
          ...job,
          fun: 'cmd.run',
          tgt: 'web*',
          args: ['uptime'],
          kwargs: { cwd: '/tmp', shell: '/bin/sh' },
          timeoutSeconds: 7,
        },
      ],
    ],
    [
      "a job in Salt's older form",
      'a:\n  cmd.state.sls:\n    - tgt: "G@os:Debian"\n    - expr_form: compound\n    - arg: [one]\n    - kwarg: {test: true}\n    - ret: redis',
      [
        {
          ...job,
          fun: 'state.sls',
          tgt: 'G@os:Debian',
          tgtType: 'compound',
          args: ['one'],
          kwargs: { test: true },
          ret: 'redis',
        },
      ],
    ],
    [
      'a function in the list',
      'a: {local: [test.ping, {tgt: [x, y]}]}',
      [{ ...job, fun: 'test.ping', tgt: ['x', 'y'] }],
    ],
    [
      'runner, wheel and caller',
      'a:\n  runner.test.arg:\n    - args: {mods: x}\n  wheel.key.accept:\n    - match: web1\nb: {caller.file.touch: {args: [/tmp/x]}}',
      [
        { kind: 'runner', name: 'a', fun: 'test.arg', args: [], kwargs: { mods: 'x' } },
        { kind: 'wheel', name: 'a', fun: 'key.accept', args: [], kwargs: { match: 'web1' } },
        { kind: 'caller', name: 'b', fun: 'file.touch', args: ['/tmp/x'], kwargs: {} },
      ],
    ],
  ]
  for (const [name, text, expected] of cases) {
    it(`are read: ${name}`, () => assert.deepEqual(reactions(text), expected))
  }

  const wrong: readonly (readonly [text: string, where: string, message: RegExp, hint: RegExp])[] = [
    ['[1]', 'f:', /is a mapping/, /Write/],
    ['a: 1', 'f:a', /'a' is no mapping/, /Write/],
    ['a: {locl.test.ping: []}', 'f:a/locl.test.ping', /no kind/, /did you mean local/],
    [
      'a: {local.test.ping: [{tgt_typ: x}, {tgt: x}]}',
      'f:a/local.test.ping',
      /'tgt_typ' is no option/,
      /did you mean tgt_type/,
    ],
    ['a: {local.test.ping: []}', 'f:a/local.test.ping', /no target/, /tgt/],
    ['a: {runner: []}', 'f:a/runner', /names no function/, /Write/],
    ['a: {local.test.ping: [oops, {tgt: x}]}', 'f:a/local.test.ping', /has 'oops'/, /Write/],
  ]
  for (const [text, where, message, hint] of wrong) {
    it(`are refused: ${text}`, () => {
      assert.throws(() => reactions(text), { code: 'configuration', where, message, hint })
    })
  }
})

describe('values of events in reactions', () => {
  const data = {
    data: { map: { cwd: '/root', __kwarg__: true }, list: [{ cwd: '/root', __kwarg__: true }, 'x'], name: 'n' },
  }
  const world = new TemplateWorld(createFunctionContext(new FunctionHost().inputs).context)
  const filled = async (text: string) =>
    reactionsOf((await fillFile(world, text, 'f', { tag: 't', data })).value, () => 'f')

  it('are arguments, and never add named ones', async () => {
    const own = { kind: 'caller', name: 'a', fun: 'x.y' }
    assert.deepEqual(
      await filled('a: {caller.x.y: [{args: [one, "{{ data.data.map }}", {k: "{{ data.data.name }}"}]}]}'),
      [{ ...own, args: ['one', { cwd: '/root' }], kwargs: { k: 'n' } }],
    )
    assert.deepEqual(await filled('a:\n  caller.x.y:\n    - args: [{{ data.data.map | json }}]'), [
      { ...own, args: [{ cwd: '/root' }], kwargs: {} },
    ])
    assert.deepEqual(await filled('a:\n  caller.x.y:\n    - args: {{ data.data.list }}'), [
      { ...own, args: [{ cwd: '/root' }, 'x'], kwargs: {} },
    ])
    await assert.rejects(filled('a: {local.x.y: [{tgt: web}, "{{ data.data.map }}"]}'), /no mapping/)
  })
})

describe('rules of the reactor', () => {
  it('match tags as the shell would, over slashes', () => {
    const rules = new ReactorRules(
      reactorRules([{ 'salt/minion/*/start': '/a.sls' }, { 'my/*': ['/b.sls', 'salt://c.sls'] }]),
    )
    const sources = (tag: string) => rules.matching(tag).flatMap((rule) => rule.sources)
    assert.deepEqual(sources('salt/minion/web/1/start'), ['/a.sls'])
    assert.deepEqual(sources('my/tag/deep'), ['/b.sls', 'salt://c.sls'])
    assert.deepEqual(sources('your/tag'), [])
  })

  for (const [value, message] of [
    [['x'], /item 1 of reactor/],
    [[{ tag: 'relative.sls' }], /'relative\.sls' is neither/],
    [[{ '': '/a.sls' }], /no tag/],
    [[{ tag: [5] }], /one of its reactions/],
    [[{ tag: [{ a: { 'local.test.ping': [{ tg: 1 }] } }] }], /'tg' is no option/],
  ] as const) {
    it(`are refused: ${JSON.stringify(value)}`, () => {
      assert.throws(() => reactorRules(value, () => 'master:3'), { code: 'configuration', message, where: 'master:3' })
    })
  }
})
