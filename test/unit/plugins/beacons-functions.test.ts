/** The module `beacons`, with beacons behind it as a minion has them. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { s } from '../../../src/base/schema.ts'
import { parseYaml } from '../../../src/base/yaml.ts'
import { type BeaconContext, defineBeacon, looking } from '../../../src/engine/beacon.ts'
import { BeaconDesk } from '../../../src/engine/beacons/beacon-requests.ts'
import { type BeaconMapping, Beacons } from '../../../src/engine/beacons/beacons.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FunctionHost } from '../../support/function-host.ts'

const folder = fs.mkdtempSync(join(tmpdir(), 'salt-beacons-'))
after(() => fs.rmSync(folder, { recursive: true, force: true }))
let folders = 0

const ps = defineBeacon({
  name: 'ps',
  doc: 'A sample.',
  options: { level: s.optional(s.integer()) },
  intervalSeconds: 1,
  examples: [],
  open: () => looking(async () => []),
})

interface Setting {
  readonly opts?: BeaconMapping
  readonly pillar?: BeaconMapping
  /** No minion runs. */
  readonly alone?: boolean
  /** The file cannot be written. */
  readonly isLocked?: boolean
}

class Rig {
  readonly configDir = join(folder, String(++folders))
  readonly saved = join(this.configDir, 'minion.d', 'beacons.conf')
  readonly fired: string[] = []
  readonly beacons: Beacons
  readonly host: FunctionHost

  constructor({ opts = {}, pillar = {}, alone = false, isLocked = false }: Setting = {}) {
    fs.mkdirSync(this.configDir)
    if (isLocked) fs.writeFileSync(join(this.configDir, 'minion.d'), 'no folder')
    this.beacons = new Beacons({
      id: 'web',
      registry: { ps: async () => ps, load: async () => ({ ...ps, name: 'load' }) },
      clock: new FakeClock(),
      log: silentLog,
      grains: () => ({}),
      context: () => ({}) as BeaconContext,
      isApplyingStates: () => false,
      deliver: () => {},
      where: () => undefined,
    })
    void this.beacons.replace({ opts, pillar })
    const desk = new BeaconDesk({
      beacons: this.beacons,
      savedPath: () => this.saved,
      log: silentLog,
      fire: (tag, data) => this.fired.push(`${tag} ${JSON.stringify(data)}`),
    })
    const manage = alone
      ? () => Promise.reject(new SaltError('minion-unreachable', 'no minion answers'))
      : desk.manage.bind(desk)
    this.host = new FunctionHost({
      config: { config_dir: this.configDir, default_include: 'minion.d/*.conf' },
      services: { beacons: { manage } },
    })
  }

  async call(...words: readonly string[]): Promise<unknown> {
    const [fun = '', ...args] = words
    return (await this.host.type(`beacons.${fun}`, ...args)).return
  }

  get configured(): BeaconMapping {
    return this.beacons.sources.opts
  }

  get file(): unknown {
    return fs.existsSync(this.saved) ? parseYaml(fs.readFileSync(this.saved, 'utf8')) : undefined
  }
}

const old = { ps: [{ level: 1 }] }

interface Case extends Setting {
  readonly words: readonly string[]
  readonly result: Readonly<Record<string, unknown>> | string | readonly string[]
  /** What is configured afterwards, where it is not what was before. */
  readonly leaves?: BeaconMapping
  /** Whether the file has that, too; it has, unless this is false. */
  readonly saves?: boolean
  readonly fires?: string
}

const done = (comment: string, changes: unknown = {}) => ({ result: true, comment, changes })
const failed = (comment: string) => ({ result: false, comment, changes: {} })

const cases: readonly Case[] = [
  { words: ['list'], opts: old, result: 'beacons:\n  ps:\n  - level: 1\n' },
  { words: ['list', 'return_yaml=False'], opts: old, pillar: { load: [] }, result: { load: [], ps: [{ level: 1 }] } },
  { words: ['list', 'return_yaml=False', 'include_pillar=False'], opts: old, pillar: { load: [] }, result: old },
  { words: ['list', 'return_yaml=False', 'include_opts=False'], opts: old, pillar: { load: [] }, result: { load: [] } },
  { words: ['list'], result: { beacons: {} }, fires: '/salt/minion/minion_beacons_list_complete' },
  {
    words: ['list_available'],
    result: 'beacons:\n- load\n- ps\n',
    fires: '/salt/minion/minion_beacons_list_available_complete {"complete":true,"beacons":["load","ps"]}',
  },
  { words: ['list_available', 'return_yaml=False'], result: ['load', 'ps'] },
  {
    words: ['add', 'ps', '[{level: 2}]'],
    result: done('Added beacon: ps.', { ps: 'added' }),
    leaves: { ps: [{ level: 2 }] },
    fires: '/salt/minion/minion_beacon_add_complete {"complete":true,"comment":"Added new beacon item ps"',
  },
  {
    words: ['add', 'ps', '{}', 'persist=False'],
    result: done('Added beacon: ps.', { ps: 'added' }),
    leaves: { ps: {} },
    saves: false,
  },
  {
    words: ['add', 'own', '[{beacon_module: ps}]'],
    result: done('Added beacon: own.', { own: 'added' }),
    leaves: { own: [{ beacon_module: 'ps' }] },
  },
  { words: ['add', 'ps', '[]', 'test=True'], result: done('Beacon: ps would be added.') },
  { words: ['add', 'ps', '[]'], opts: old, result: failed('Beacon ps is already configured.') },
  { words: ['add', 'ps', '[]'], pillar: old, result: failed('Beacon ps is already configured.') },
  { words: ['add', 'sp', '[]'], result: failed('Beacon "sp" is not available.') },
  {
    words: ['add', 'ps', '[{lvel: 1}]'],
    result: failed(
      "Beacon ps configuration invalid, not adding.\nbeacons.ps.lvel is not an option of this beacon. Did you mean 'level'?",
    ),
    fires: '/salt/minion/minion_beacon_validation_complete {"complete":true,"valid":false,"vcomment":"beacons.ps.lvel',
  },
  {
    words: ['modify', 'ps', '[{level: 2}]'],
    opts: old,
    result: done('Modified beacon: ps.', { diff: '--- \n+++ \n@@ -1 +1 @@\n-level:1\n+level:2\n' }),
    leaves: { ps: [{ level: 2 }] },
    fires: '/salt/minion/minion_beacon_modify_complete',
  },
  { words: ['modify', 'ps', '[{level: 1}]'], opts: old, result: done('Job ps in correct state') },
  { words: ['modify', 'ps', '[]'], result: failed('Beacon ps is not configured.') },
  {
    words: ['modify', 'ps', '[{level: x}]'],
    opts: old,
    result: failed("Beacon ps configuration invalid, not modifying.\nbeacons.ps.level must be an integer, not 'x'"),
  },
  {
    words: ['modify', 'ps', '[{level: 2}]'],
    pillar: old,
    result: failed('Cannot modify beacon item ps, it is configured in pillar.'),
  },
  {
    words: ['modify', 'ps', '[]', 'test=True'],
    opts: old,
    result: done('Beacon: ps would be modified.', { diff: '--- \n+++ \n@@ -1 +0,0 @@\n-level:1\n' }),
  },
  {
    words: ['delete', 'ps'],
    opts: old,
    result: done('Deleted beacon: ps.', { ps: 'removed' }),
    leaves: {},
    fires:
      '/salt/minion/minion_beacon_delete_complete {"complete":true,"comment":"Deleting beacon item ps","beacons":{}}',
  },
  { words: ['delete', 'ps'], result: done('Deleted beacon: ps.'), leaves: {} },
  { words: ['delete', 'ps', 'test=True'], opts: old, result: done('Beacon: ps would be deleted.') },
  { words: ['delete', 'ps'], pillar: old, result: failed('Cannot delete beacon item ps, it is configured in pillar.') },
  {
    words: ['disable'],
    opts: old,
    result: done('Disabled beacons on minion.', { beacons: 'disabled' }),
    leaves: { ...old, enabled: false },
    fires: '/salt/minion/minion_beacons_disabled_complete',
  },
  {
    words: ['enable'],
    opts: { enabled: false },
    result: done('Enabled beacons on minion.', { beacons: 'enabled' }),
    leaves: { enabled: true },
    fires: '/salt/minion/minion_beacons_enabled_complete',
  },
  { words: ['enable', 'test=True'], result: done('Beacons would be enabled.') },
  {
    words: ['disable_beacon', 'ps'],
    opts: old,
    result: done('Disabled beacon ps on minion.', { ps: 'disabled' }),
    leaves: { ps: [{ level: 1 }, { enabled: false }] },
    fires: '/salt/minion/minion_beacon_disabled_complete {"complete":true,"comment":"Disabling beacon item ps"',
  },
  {
    words: ['enable_beacon', 'ps'],
    opts: { ps: [{ enabled: false }, { level: 1 }] },
    result: done('Enabled beacon ps on minion.', { ps: 'enabled' }),
    leaves: { ps: [{ enabled: true }, { level: 1 }] },
    fires: '/salt/minion/minion_beacon_enabled_complete',
  },
  {
    words: ['disable_beacon', 'ps'],
    opts: { ps: { level: 1 } },
    result: done('Disabled beacon ps on minion.', { ps: 'disabled' }),
    leaves: { ps: { level: 1, enabled: false } },
  },
  { words: ['enable_beacon', 'ps'], result: failed('Beacon ps is not currently configured.') },
  { words: ['enable_beacon', ''], result: failed('Beacon name is required.') },
  {
    words: ['enable_beacon', 'ps'],
    pillar: old,
    result: failed('Cannot enable beacon item ps, it is configured in pillar.'),
  },
  { words: ['disable_beacon', 'ps', 'test=True'], result: done('Beacon ps would be disabled.') },
  {
    words: ['reset'],
    opts: { ...old, enabled: false },
    result: { result: true, comment: 'Beacon configuration reset.' },
    leaves: {},
    fires: '/salt/minion/minion_beacon_reset_complete {"complete":true,"comment":"Beacon Reset","beacons":{}}',
  },
  { words: ['reset', 'test=True'], opts: old, result: { result: true, comment: 'Beacons would be reset.' } },
  { words: ['add', 'ps', '[]'], alone: true, result: failed('Failed to add beacon ps: no minion answers') },
  { words: ['save'], alone: true, result: failed('Failed to save beacons: no minion answers') },
]

for (const { words, result, leaves, saves = true, fires, ...setting } of cases) {
  const what = Object.entries(setting).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  test(`beacons.${words.join(' ')}${what.join('')}`, async () => {
    const rig = new Rig(setting)
    assert.deepEqual(await rig.call(...words), result)
    assert.deepEqual(rig.configured, leaves ?? setting.opts ?? {})
    assert.deepEqual(rig.file, leaves === undefined || !saves ? undefined : { beacons: leaves })
    if (fires !== undefined)
      assert.ok(
        rig.fired.some((line) => line.startsWith(fires)),
        rig.fired.join('\n'),
      )
  })
}

test('beacons.save keeps what is configured, for its owner alone', async () => {
  const rig = new Rig({ opts: old, pillar: { load: [] } })
  assert.deepEqual(await rig.call('save'), { result: true, comment: `Beacons saved to ${rig.saved}.` })
  assert.deepEqual(rig.file, { beacons: old })
  assert.equal(fs.statSync(rig.saved).mode & 0o777, 0o600)
})

test('a change that cannot be saved is made all the same, and says so', async () => {
  const rig = new Rig({ isLocked: true })
  const added = (await rig.call('add', 'ps', '[]')) as Record<string, unknown>
  assert.equal(added.result, true)
  assert.match(String(added.comment), /^Added beacon: ps. But they could not be saved: /)
  assert.deepEqual(rig.configured, { ps: [] })
  assert.partialDeepStrictEqual(await rig.call('save'), { result: false })
})

test('what is no request is refused', async () => {
  const rig = new Rig()
  const manage = rig.host.inputs.services?.beacons?.manage
  for (const [given, message] of [
    [{ func: 'nonsense' }, /the beacons know no 'nonsense'/],
    ['text', /must be a mapping/],
    [{ func: 'add', name: 'ps', beacon_data: 'text' }, /beacon_data must be a mapping, or a list of mappings/],
    [{ func: 'delete' }, /name must be text/],
    [{ func: 'toString' }, /the beacons know no 'toString'/],
  ] as const) {
    await assert.rejects(async () => await manage?.(given as never), message)
  }
  assert.deepEqual(rig.configured, {})
})
