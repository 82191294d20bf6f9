/** What is configured of a beacon, in all forms, and what is wrong with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import { parseYaml } from '../../../../src/base/yaml.ts'
import { defineBeacon, looking } from '../../../../src/engine/beacon.ts'
import { moduleOf, rawOption, readBeacon } from '../../../../src/engine/beacons/beacon-config.ts'

const base = { name: 'sample', doc: 'A sample.', intervalSeconds: 1, examples: [] }
const open = () => looking(async () => [])

const closed = defineBeacon({
  ...base,
  options: {
    files: s.withDefault(s.record(s.union([s.object({ hash: s.string() }), s.null()])), {}),
    level: s.optional(s.integer()),
  },
  faults: ({ level }) => (level === 13 ? ['13 brings bad luck'] : []),
  open,
})
const free = defineBeacon({ ...base, options: {}, extra: s.literal(['running', 'stopped']), open })

const standard = {
  name: 'sample',
  module: 'sample',
  isEnabled: true,
  intervalMs: undefined,
  rules: { onchangeonly: false, emitatstartup: true, delayMs: 0 },
  pausesForStates: false,
  runsOnce: false,
  options: { files: {}, level: undefined },
  extra: {},
}

const right = [
  { yaml: '[]' },
  { yaml: '{}' },
  { yaml: '' },
  { yaml: '[{level: 5}]', options: { files: {}, level: 5 } },
  { yaml: '{level: "5"}', options: { files: {}, level: 5 } },
  { yaml: '[{level: 5, enabled: false}]', options: { files: {}, level: 5 }, isEnabled: false },
  { yaml: '[{level: 5}, {level: 6}]', options: { files: {}, level: 6 } },
  { yaml: '{interval: 0.5}', intervalMs: 500 },
  { yaml: '{interval: 0}' },
  { yaml: '[{disable_during_state_run: True}, {run_once: true}]', pausesForStates: true, runsOnce: true },
  {
    yaml: '{onchangeonly: true, emitatstartup: false, delay: 2}',
    rules: { onchangeonly: true, emitatstartup: false, delayMs: 2000 },
  },
  { yaml: '[{beacon_module: other}]', module: 'other' },
  {
    yaml: '{files: {/a: null, /b: {hash: x}}}',
    options: { files: { '/a': null, '/b': { hash: 'x' } }, level: undefined },
  },
  {
    yaml: '{files: [{/a: null}, {/b: {hash: x}}]}',
    options: { files: { '/a': null, '/b': { hash: 'x' } }, level: undefined },
  },
]

for (const { yaml, ...expected } of right) {
  test(`takes ${yaml === '' ? 'nothing' : yaml}`, () => {
    const { config, problems } = readBeacon('sample', parseYaml(yaml), closed)
    assert.deepEqual(problems, [])
    assert.deepEqual(config, { ...standard, ...expected })
  })
}

const wrong = [
  { yaml: 'text', at: ['sample'], says: 'beacons.sample must be a mapping' },
  { yaml: '[text]', at: ['sample', 0], says: 'beacons.sample[0] must be a mapping' },
  { yaml: '{level: much}', at: ['sample', 'level'], says: "beacons.sample.level must be an integer, not 'much'" },
  {
    yaml: '[{level: 1}, {enabled: maybe}]',
    at: ['sample', 1, 'enabled'],
    says: "beacons.sample.enabled must be true or false, not 'maybe'",
  },
  {
    yaml: '{interval: -1}',
    at: ['sample', 'interval'],
    says: 'beacons.sample.interval must be a number of seconds, not -1',
  },
  {
    yaml: '[{levle: 1}]',
    at: ['sample', 0, 'levle'],
    says: "beacons.sample.levle is not an option of this beacon. Did you mean 'level'?",
  },
  {
    yaml: '{onchangeonyl: true}',
    at: ['sample', 'onchangeonyl'],
    says: "beacons.sample.onchangeonyl is not an option of this beacon. Did you mean 'onchangeonly'?",
  },
  { yaml: '{files: {/a: {}}}', at: ['sample', 'files', '/a', 'hash'], says: 'beacons.sample.files./a.hash is missing' },
  { yaml: '{level: 13}', at: ['sample'], says: 'beacons.sample: 13 brings bad luck' },
]

for (const { yaml, at, says } of wrong) {
  test(`refuses ${yaml}`, () => {
    const { problems } = readBeacon('sample', parseYaml(yaml), closed)
    assert.deepEqual(problems, [{ path: at, message: says }])
  })
}

test('takes options of any name where the beacon does', () => {
  const { config, problems } = readBeacon('sample', parseYaml('[{sshd: stopped}, {interval: 2}]'), free)
  assert.deepEqual([config.extra, config.intervalMs, problems], [{ sshd: 'stopped' }, 2000, []])
  const faults = readBeacon('sample', parseYaml('[{sshd: gone}]'), free).problems
  assert.match(faults[0]?.message ?? '', /beacons.sample.sshd must be one of 'running', 'stopped', not 'gone'/)
})

test('tells single options of an entry that is not checked', () => {
  assert.equal(moduleOf('own', [{ a: 1 }, { beacon_module: 'ps' }]), 'ps')
  assert.equal(moduleOf('own', 'nonsense'), 'own')
  assert.equal(moduleOf('own', { beacon_module: 5 }), 'own')
  assert.equal(rawOption([{ enabled: true }, { enabled: false }], 'enabled'), false)
  assert.equal(rawOption(undefined, 'enabled'), undefined)
})
