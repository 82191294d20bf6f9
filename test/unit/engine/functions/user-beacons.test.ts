/** Beacons of the user's own, at work on a clock that the test moves. */
import assert from 'node:assert/strict'
import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../../../src/base/clock.ts'
import type { BeaconDefinition } from '../../../../src/engine/beacon.ts'
import { Beacons, type FiredEvent } from '../../../../src/engine/beacons/beacons.ts'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { loadUserBeacons } from '../../../../src/engine/functions/user-registries.ts'
import { UserRegistry } from '../../../../src/engine/functions/user-registry.ts'
import type { ConfigView } from '../../../../src/engine/plugin.ts'
import { beaconRegistry } from '../../../../src/plugins/registry.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'
import { FunctionHost } from '../../../support/function-host.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'
import { Changes } from '../../../support/waiting.ts'

/** A minion's beacons, with files of the user's own as if they were synced. */
class Rig implements AsyncDisposable {
  readonly clock = new FakeClock()
  readonly log = new RecordedLog()
  readonly fired: FiredEvent[] = []
  readonly folder: ConfigFolder
  readonly beacons: Beacons
  readonly #registry = new UserRegistry<BeaconDefinition>(beaconRegistry)
  readonly #changes = new Changes()

  private constructor(files: Readonly<Record<string, string>>, used?: Clock) {
    const placed = Object.entries(files).map(([name, text]) => [`extmods/beacons/${name}`, text])
    this.folder = new ConfigFolder(Object.fromEntries(placed))
    for (const [name, text] of Object.entries(files)) if (text.startsWith('#!')) chmodSync(this.file(name), 0o700)
    const host = new FunctionHost({ grains: { os: 'Debian' } })
    const { log } = this
    const clock = used ?? this.clock
    this.beacons = new Beacons({
      id: 'web',
      registry: this.#registry.loaders,
      clock,
      log: log.log,
      grains: () => ({}),
      context: (signal, wake) => ({
        ...createFunctionContext({ ...host.inputs, signal, log: log.log }).context,
        ...{ clock, signal, wake, config: this.#config },
      }),
      isApplyingStates: () => false,
      deliver: (events) => {
        this.fired.push(...events)
        this.#changes.happened()
      },
      where: () => undefined,
    })
  }

  /** @param clock In place of the one that the test moves. */
  static async with(files: Readonly<Record<string, string>>, clock?: Clock): Promise<Rig> {
    const rig = new Rig(files, clock)
    await rig.load()
    await rig.beacons.start()
    return rig
  }

  get #config(): ConfigView {
    const all = { cachedir: this.folder.path, k: 'v' }
    return { all, get: (name) => Object.entries(all).find(([key]) => key === name)?.[1] }
  }

  file(name: string): string {
    return this.folder.file(`extmods/beacons/${name}`)
  }

  async load(): Promise<boolean> {
    const isNew = await loadUserBeacons(this.#registry, { id: 'web', config: this.#config, log: this.log.log })
    if (isNew) await this.beacons.replace({})
    return isNew
  }

  /** Moves on until so many events were told. */
  async until(count: number): Promise<readonly FiredEvent[]> {
    await this.clock.advance(0)
    await this.#changes.until(
      () => (this.fired.length >= count ? this.fired : undefined),
      () => `it told ${JSON.stringify(this.fired)}, and logged ${this.log.lines.join('\n')}`,
    )
    // The next look is planned once this one is over.
    await settle()
    return this.fired
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.beacons[Symbol.asyncDispose]()
    this.folder[Symbol.dispose]()
  }
}

const counting = `
export const doc = 'Counts.'
export const interval = 5
let reads = 0
export function validate(config) {
  if (config.from === undefined) return [false, 'from is missing']
  return [true, 'fine']
}
export async function beacon(config, state, ctx) {
  reads += 1
  state.count = (state.count ?? config.from) + 1
  state.seen = (state.seen ?? new Map()).set(state.count, ctx.id)
  return [
    { tag: 'a', count: state.count, reads, seen: state.seen.size, echo: await ctx.salt('test.echo', [ctx.grains.os]) },
    { at: new Date(0), k: ctx.config.get('k') },
  ]
}
`

test('it is asked at its interval, knows what it knew, and tells events as all others do', async () => {
  await using rig = await Rig.with({ 'counting.js': counting })
  assert.equal((await rig.beacons.available()).includes('counting'), true)
  await rig.beacons.replace({ opts: { counting: [{ from: 1 }] } })
  await rig.until(2)
  await rig.clock.advance(5000)
  const [first, dated, second] = await rig.until(4)
  const common = { reads: 1, echo: 'Debian', id: 'web' }
  assert.deepEqual(first, { tag: 'salt/beacon/web/counting/a', data: { count: 2, seen: 1, ...common } })
  assert.deepEqual(dated, {
    tag: 'salt/beacon/web/counting/',
    data: { at: '1970-01-01T00:00:00.000Z', k: 'v', id: 'web' },
  })
  assert.deepEqual(second?.data, { count: 3, seen: 2, ...common, reads: 2 })
})

test('it takes the options that all beacons have', async () => {
  const same = 'export const beacon = (config) => [{ is: config.is, all: Object.keys(config) }]'
  await using rig = await Rig.with({ 'same.js': same })
  const common = { beacon_module: 'same', interval: 2 }
  await rig.beacons.replace({
    opts: {
      often: { ...common, is: 1 },
      once: { ...common, is: 2, onchangeonly: true },
      off: { ...common, enabled: false },
    },
  })
  await rig.until(2)
  await rig.clock.advance(2000)
  const tags = (await rig.until(3)).map(({ tag }) => tag.split('/')[3])
  assert.deepEqual(tags.sort(), ['often', 'often', 'once'])
  assert.deepEqual(rig.fired[0]?.data.all, ['is'])
})

test('its own check says what is wrong with a configuration', async () => {
  await using rig = await Rig.with({
    'counting.js': counting,
    'strict.js': `export const options = { path: s.path('P') }; export const validate = ({ path }) => path === '/' ? 'not that one' : undefined; export const beacon = () => []`,
    'sour.js': `export function validate() { throw new Error('no idea') }\nexport const beacon = () => []`,
    'odd.js': 'export const validate = () => false; export const beacon = () => []',
  })
  const faults = async (name: string, raw: unknown) => (await rig.beacons.faults(name, raw)).join('; ')
  assert.equal(await faults('counting', { from: 1 }), '')
  assert.equal(await faults('counting', {}), 'beacons.counting: from is missing')
  assert.equal(await faults('strict', { path: '/etc' }), '')
  assert.equal(await faults('strict', { path: '/' }), 'beacons.strict: not that one')
  assert.match(await faults('strict', {}), /beacons\.strict\.path is missing/)
  assert.match(
    await faults('strict', { path: '/etc', pth: 1 }),
    /pth is not an option of this beacon\. Did you mean 'path'/,
  )
  assert.match(await faults('sour', {}), /^beacons\.sour: no idea \(.*sour\.js:1\)$/)
  assert.equal(await faults('odd', {}), 'beacons.odd: its configuration is not valid')
  await rig.beacons.replace({ opts: { counting: {} } })
  await rig.log.until(/ERROR a beacon is wrong, and is not used .*from is missing/)
})

for (const [what, body, pattern] of [
  ['throws', `throw new TypeError('no sensor')`, /no sensor \(.*bad\.js:1\)/],
  ['gives no list', `return { a: 1 }`, /it must give a list of events, but gave \{"a":1\}/],
  ['gives a list of other things', `return [1]`, /each a mapping, but gave 1/],
  ['gives a tag that is none', `return [{ tag: [] }]`, /each with a text for its tag, but gave \[\]/],
  ['gives too many', `return Array.from({ length: 1001 }, () => ({}))`, /and 1000 at most, but gave 1001/],
  ['gives what has no end', `const a = {}; a.a = a; return [a]`, /circular/],
  ['keeps too much', `state.all = 'x'.repeat(2_000_000); return []`, /its state has \d+ bytes/],
  ['keeps what cannot be kept', `state.fun = () => 1; return []`, /could not be cloned/],
  ['ends its thread', `process.exit(4)`, /its thread ended with code 4/],
] as const) {
  test(`one that ${what} has failed, and is disabled in the end`, async () => {
    await using rig = await Rig.with({ 'bad.js': `export function beacon(config, state) { ${body} }` })
    await rig.beacons.replace({ opts: { bad: [{ interval: 1 }] } })
    await rig.clock.advance(0)
    for (let failures = 1; failures < 5; failures++) {
      await rig.log.until(new RegExp(`a beacon failed .*failures=${failures}`))
      // The next look is planned once this one is over.
      await settle()
      await rig.clock.advance(1000)
    }
    const [told] = await rig.until(1)
    assert.equal(told?.tag, 'salt/beacon/web/bad/disabled')
    assert.match(String(told?.data.reason), pattern)
  })
}

test('one that never answers is ended in time, and asked again', async () => {
  await using rig = await Rig.with({
    'stuck.js': `export function beacon(config, state, ctx) { ctx.log.info('begun'); for (;;); }`,
  })
  await rig.beacons.replace({ opts: { stuck: [{ interval: 1 }] } })
  await rig.clock.advance(0)
  await rig.log.until(/begun/)
  await rig.clock.advance(30_000)
  assert.match(await rig.log.until(/a beacon failed .*failures=1/), /did not answer within 30 seconds/)
  rig.log.lines.length = 0
  await settle()
  await rig.clock.advance(1000)
  await rig.log.until(/begun/)
})

test('nothing to tell may be told by nothing', async () => {
  const calm =
    'export function beacon(config, state) { state.n = (state.n ?? 0) + 1; if (state.n > 1) return [{ n: state.n }] }'
  await using rig = await Rig.with({ 'calm.js': calm }, systemClock)
  await rig.beacons.replace({ opts: { calm: { interval: 0.01 } } })
  assert.equal((await rig.until(1))[0]?.data.n, 2)
  assert.doesNotMatch(rig.log.lines.join(), /failed/)
})

test('a file that changes begins its beacons anew, and no other change does', async () => {
  await using rig = await Rig.with({ 'counting.js': counting })
  await rig.beacons.replace({ opts: { counting: { from: 1 } } })
  await rig.until(2)
  assert.equal(await rig.load(), false)
  assert.equal(rig.fired.length, 2)
  writeFileSync(rig.file('counting.js'), counting.replace("tag: 'a'", "tag: 'b'"))
  assert.equal(await rig.load(), true)
  const [, , anew] = await rig.until(4)
  assert.deepEqual([anew?.tag, anew?.data.count], ['salt/beacon/web/counting/b', 2])
})

test('a file that a link leads to is seen to change, too', async () => {
  await using rig = await Rig.with({ 'counting.js': counting })
  const elsewhere = rig.folder.file('elsewhere.js')
  writeFileSync(elsewhere, counting)
  rmSync(rig.file('counting.js'))
  symlinkSync(elsewhere, rig.file('counting.js'))
  assert.equal(await rig.load(), true)
  assert.equal(await rig.load(), false)
  writeFileSync(elsewhere, `${counting} `)
  assert.equal(await rig.load(), true)
})

for (const [what, text, pattern] of [
  ['throws when it is loaded', 'throw new Error("not today")', /not today/],
  ['has no function', 'export const a = 1', /It has no function beacon\(config, state\)/],
  [
    'has an interval that is none',
    'export const interval = "often"; export const beacon = () => []',
    /Its interval must/,
  ],
] as const) {
  test(`one that ${what} is told, cannot be used, and can when it is mended`, async () => {
    await using rig = await Rig.with({ 'bad.js': text })
    await rig.log.until(/ERROR A user plugin of beacons cannot be loaded/)
    assert.equal((await rig.beacons.available()).includes('bad'), false)
    assert.match((await rig.beacons.faults('bad', {})).join(), pattern)
    await rig.beacons.replace({ opts: { bad: {} } })
    writeFileSync(rig.file('bad.js'), 'export const beacon = () => [{ well: true }]')
    await rig.load()
    assert.equal((await rig.until(1))[0]?.data.well, true)
  })
}

const program = `#!/bin/sh
read -r told
case "$told" in
  *broken*) echo 'no sensor' >&2; exit 3 ;;
  *wordy*) echo 'all is well' ;;
  *'"state": {}'*) echo '{"events": [{"tag": "x", "n": 1}], "state": {"n": 1}}' ;;
  *) printf '[{"told": %s}]' "$told" ;;
esac
`

test('an executable is told its configuration and what it wants to know again, and prints events', async () => {
  const description = { doc: 'D.', interval: 3, needs: 'grains', options: { properties: { a: { type: 'integer' } } } }
  await using rig = await Rig.with({ prog: program, 'prog.json': JSON.stringify(description) })
  assert.match((await rig.beacons.faults('prog', { a: 'x' })).join(), /beacons\.prog\.a must be/)
  await rig.beacons.replace({ opts: { prog: { a: 1 } } })
  await rig.until(1)
  await rig.clock.advance(3000)
  const [first, second] = await rig.until(2)
  assert.deepEqual(first, { tag: 'salt/beacon/web/prog/x', data: { n: 1, id: 'web' } })
  const told = { fun: 'beacon', config: { a: 1 }, state: { n: 1 }, id: 'alpha', grains: { os: 'Debian' } }
  assert.deepEqual(second?.data.told, told)
})

for (const [what, pattern] of [
  ['broken', /prog\.beacon failed with code 3: no sensor/],
  ['wordy', /prog\.beacon must print JSON, but printed "all is well\\n"/],
] as const) {
  test(`an executable fails: ${what}`, async () => {
    await using rig = await Rig.with({ prog: program, 'prog.json': '{}' })
    await rig.beacons.replace({ opts: { prog: { how: what } } })
    await rig.clock.advance(0)
    assert.match(await rig.log.until(/a beacon failed/), pattern)
  })
}
