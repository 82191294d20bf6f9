import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import type { FunctionDoc } from '../../../../src/engine/catalogue.ts'
import type { CompatReport } from '../../../../src/engine/compat/finding.ts'
import type { Inventory } from '../../../../src/engine/compat/inventory.ts'
import { leftOutModules, substituteOf } from '../../../../src/engine/compat/left-out-modules.ts'
import { reportText } from '../../../../src/engine/compat/report-text.ts'
import { scanTree } from '../../../../src/engine/compat/scan-tree.ts'
import { leftOutOptions } from '../../../../src/engine/compat/substitutes.ts'
import { isAcceptedSaltKey } from '../../../../src/engine/options/accepted-salt-keys.ts'
import { masterTable } from '../../../../src/engine/options/master-table.ts'
import { minionTable } from '../../../../src/engine/options/minion-table.ts'
import { option } from '../../../../src/engine/options/option.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'

interface Tree {
  readonly files: Readonly<Record<string, string>>
  /** As printed, without the path of the folder. */
  readonly report: readonly string[]
}

const tree: Tree = JSON.parse(readFileSync(new URL('../../../cases/compat/tree.json', import.meta.url), 'utf8'))

const doc = (args: readonly string[], takesMore = false): FunctionDoc => ({
  doc: '',
  args: Object.fromEntries(args.map((name) => [name, {}])),
  returns: {},
  examples: [],
  ...(takesMore ? { extra: {} } : {}),
})
const docs = (...names: readonly string[]): ReadonlyMap<string, FunctionDoc> =>
  new Map(names.map((name) => [name, doc([])]))

const options = {
  interface: option(s.string(), '', ''),
  file_roots: option(s.any(), {}, ''),
  pillar_roots: option(s.any(), {}, ''),
  timeout: option(s.seconds(), 5, ''),
  custom_options: option(s.array(s.string()), [], ''),
  state_output: option(s.string(), '', '', {
    refuse: (value) => (value === 'loud' ? { reason: 'must not be loud', hint: 'Be quiet.' } : undefined),
  }),
}

const inventory: Inventory = {
  states: new Map([
    ['test.nop', doc(['name'], true)],
    ['test.succeed_with_changes', doc(['name'])],
    ['test.configurable_test_state', doc(['name', 'changes', 'result', 'comment', 'warnings'])],
    ['module.run', doc(['name'], true)],
    ['salt.function', doc(['name', 'tgt'])],
    ['salt.runner', doc(['name'], true)],
    ['salt.state', doc(['name', 'tgt', 'sls', 'batch'])],
  ]),
  functions: docs('test.ping', 'pillar.get', 'grains.filter_by', 'network.ip_addrs', 'state.apply', 'disk.usage'),
  runners: docs('state.orchestrate', 'manage.up'),
  wheels: docs('key.accept'),
  hasRenderer: (name) => ['jinja', 'yaml', 'json'].includes(name),
  hasFilter: (name) => name === 'first',
  hasTest: (name) => name === 'odd',
  options: {
    master: options,
    minion: { ...options, grains: option(s.any(), {}, ''), master: option(s.any(), '', '') },
  },
}

function scan(files: Readonly<Record<string, string>>): CompatReport {
  using folder = new ConfigFolder()
  for (const [path, text] of Object.entries(files)) folder.write(path, text.replaceAll('FOLDER', folder.path))
  const report = scanTree([folder.path], inventory)
  return JSON.parse(JSON.stringify(report).replaceAll(`${folder.path}/`, ''))
}

describe('what works of an existing tree', () => {
  it('is said of each place', () => {
    assert.deepEqual(reportText(scan(tree.files)).split('\n'), tree.report)
  })

  it('is all of a tree that has nothing else', () => {
    const report = scan({ 'a.sls': 'x:\n  test.nop: []\n', minion: 'timeout: 5\n' })
    assert.deepEqual(report.findings, [])
    assert.deepEqual(report.counts.state, { used: 1, working: 1 })
    assert.match(reportText(report), /^2 files\n[\s\S]*Everything that was looked at will work\.$/)
  })

  it('includes the kinds of targets in top files', () => {
    const text =
      "base:\n  'os:Debian':\n    - match: grain\n    - web\n  'a:b':\n    - match: data\n  'x:y':\n    - {match: 'grains'}\n  'z':\n    - match: {{ kind }}\n    # - match: nothing\n"
    for (const file of ['salt/top.sls', 'pillar/top.sls']) {
      const report = scan({ [file]: text })
      assert.deepEqual(
        report.findings.map(({ line, kind, name, instead }) => [line, kind, name, instead]),
        [
          [6, 'target', 'data', 'put the value into a grain (grains.set), and match: grain'],
          [8, 'target', 'grains', 'match: grain'],
        ],
      )
      assert.deepEqual(report.counts.target, { used: 3, working: 1 })
    }
  })

  for (const [name, text, expected] of [
    ['a fault in a template', '{% if %}\n', [[1, 'template', 'jinja']]],
    ['an unknown filter', 'x:\n  test.nop:\n    - a: {{ 1 | nosuch }}\n', [[3, 'filter', 'nosuch']]],
    ['a state in short form', 'x: nosuch.state\n', [[1, 'state', 'nosuch.state']]],
    ['a state in braces', 'x: {nosuch.state: [{name: y}]}\n', [[1, 'state', 'nosuch.state']]],
    ['a function in brackets', 'x: {nosuch: [state, {name: y}]}\n', [[1, 'state', 'nosuch.state']]],
    ['a requisite in braces', 'x: {test.succeed_with_changes: [{require: [{test: {{ y }}}]}]}\n', []],
    [
      'an unknown argument in brackets',
      'x:\n  test.succeed_with_changes: [{nam: y}]\n',
      [[2, 'argument', 'test.succeed_with_changes nam']],
    ],
    ['a state without arguments', 'x:\n  nosuch.state\n', [[2, 'state', 'nosuch.state']]],
    ['a quoted id', '"x: y":\n  nosuch.state: []\n', [[2, 'state', 'nosuch.state']]],
    ['items at the depth of their key', 'x:\n  nosuch.state:\n  - name: y\n', [[2, 'state', 'nosuch.state']]],
    ['a function as an item', 'x:\n  nosuch:\n    - state\n    - name: y\n', [[2, 'state', 'nosuch.state']]],
    ['deep indentation', 'x:\n      nosuch.state:\n            - name: y\n', [[2, 'state', 'nosuch.state']]],
    ['a comment', '# x:\n#   nosuch.state\nx:\n  test.nop # nosuch.state\n', []],
    ['a block of text', 'x:\n  test.nop:\n    - a: |\n        y:\n          nosuch.state: []\n', []],
    ['text of a template', '{% raw %}\nx:\n  nosuch.state: []\n{% endraw %}\n', []],
    ['a comment of a template', "{# {{ salt['nosuch.fun']() }} #}\nx:\n  test.nop\n", []],
    ['a name that a template makes', 'x:\n  {{ y }}.installed: []\n  pkg.{{ z }}: []\n', []],
    ['a function in a condition', "{% if salt['nosuch.fun']() %}\n{% endif %}\n", [[1, 'function', 'nosuch.fun']]],
    [
      'a function on the second line of a tag',
      "{% set x = [\n  salt['nosuch.fun']()] %}\n",
      [[2, 'function', 'nosuch.fun']],
    ],
    ['a function as attributes', '{{ salt.nosuch.fun(1) }}\n', [[1, 'function', 'nosuch.fun']]],
    ['a renderer that is no renderer', '#!jinja|yamml\nx:\n  test.nop\n', [[1, 'renderer', 'yamml']]],
    [
      'a requisite is an argument of all',
      'x:\n  test.succeed_with_changes:\n    - require_in:\n      - test: y\n    - order: 1\n',
      [],
    ],
    [
      'an unknown argument',
      'x:\n  test.succeed_with_changes:\n    - nam: y\n',
      [[3, 'argument', 'test.succeed_with_changes nam']],
    ],
    ['line ends of Windows', 'x:\r\n  nosuch.state:\r\n    - name: y\r\n', [[2, 'state', 'nosuch.state']]],
    [
      'sources that cannot be fetched',
      "x:\n  test.nop:\n    - source: ftp://h/a # ftp://no\n    - source:\n      - salt://a\n      - 'S3://b/c'\n    - sources:\n      - a: swift://d/e\n    - cmd: curl ftp://h/a\n",
      [
        [3, 'source', 'ftp://h/a'],
        [6, 'source', 'S3://b/c'],
        [8, 'source', 'swift://d/e'],
      ],
    ],
    [
      'sources of functions in templates',
      "{{ salt['test.ping']('ftp://x') }}\n{# salt['cp.x']('s3://x') #}\n{{ salt['cp.get_url']('s3://b/c', '') }}\n",
      [
        [3, 'function', 'cp.get_url'],
        [3, 'source', 's3://b/c'],
      ],
    ],
    ['an empty file', '', []],
    ['no YAML at all', '{ [ : - ]\n\t\u0000\n', []],
  ] as const) {
    it(name, () => {
      const { findings } = scan({ 'a.sls': text })
      assert.deepEqual(
        findings.map(({ line, kind, name: found }) => [line, kind, found]),
        expected,
      )
    })
  }

  it('is told of a file that is no mapping of options, and of one that is no YAML', () => {
    const { findings } = scan({ master: '- a\n', minion: 'a: [\n' })
    assert.deepEqual(
      findings.map(({ file, kind, what }) => [file, kind, what]),
      [
        ['master', 'file', 'the file is no mapping of options'],
        ['minion', 'file', findings[1]?.what ?? ''],
      ],
    )
  })

  it('is told of each item of a list that is wrong by itself, where it stands', () => {
    const { findings } = scan({ master: 'custom_options:\n  - fine\n  - [1]\n  - fine too\n  - {}\n' })
    assert.deepEqual(
      findings.map(({ line, name }) => [line, name]),
      [
        [3, 'custom_options'],
        [5, 'custom_options'],
      ],
    )
  })

  it('is told of a value that an option refuses', () => {
    const [finding] = scan({ master: 'interface: x\nstate_output: loud\n' }).findings
    assert.deepEqual(finding, {
      file: 'master',
      line: 2,
      level: 'unsupported',
      kind: 'option',
      name: 'state_output',
      what: 'state_output must not be loud',
      instead: 'Be quiet.',
    })
  })

  it('cannot be said of a path that is not there', () => {
    assert.throws(() => scanTree(['/nonexistent/tree'], inventory), { code: 'usage' })
  })
})

describe('what is left out on purpose', () => {
  it('has a way round, each name once', () => {
    const names = leftOutModules.flatMap(({ names: some }) => some)
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    )
    for (const { subject, instead } of leftOutModules) assert.ok(subject !== '' && instead !== '', subject)
  })

  it('is found by the name of a module', () => {
    assert.equal(substituteOf('boto3_route53')?.subject, 'Amazon Web Services')
    assert.equal(substituteOf('file'), undefined)
  })

  it('names options of Salt that do nothing here', () => {
    for (const key of Object.keys(leftOutOptions)) {
      assert.ok(isAcceptedSaltKey(key), `${key} is accepted`)
      assert.ok(!Object.hasOwn(masterTable, key) && !Object.hasOwn(minionTable, key), `${key} does nothing`)
    }
  })
})
