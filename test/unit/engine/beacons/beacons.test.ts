/** Beacons at work on a clock that the test moves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import { type BeaconDefinition, type BeaconEvent, defineBeacon } from '../../../../src/engine/beacon.ts'
import { type BeaconMapping, Beacons, type FiredEvent } from '../../../../src/engine/beacons/beacons.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

const second = 1000
const minute = 60 * second

type Read = () => Promise<readonly BeaconEvent[]> | readonly BeaconEvent[]

class Rig implements AsyncDisposable {
  readonly clock = new FakeClock()
  readonly log = new RecordedLog()
  /** `TAG@seconds since the start` */
  readonly told: string[] = []
  readonly fired: FiredEvent[] = []
  readonly beacons: Beacons
  /** What the beacon `sample` does when it is read. */
  read: Read = () => [{ tag: 'x', data: { n: 1 } }]
  reads = 0
  opened = 0
  closed = 0
  isApplying = false
  wake: () => void = () => {}
  readonly #start = this.clock.monotonic()

  constructor(intervalSeconds = 10) {
    const sample = this.#sample(intervalSeconds)
    const registry = {
      sample: async () => sample,
      faulty: () => Promise.reject(new Error('it is no module')),
      elsewhere: async () => ({ ...sample, available: () => 'it is only for others' }),
    }
    this.beacons = new Beacons({
      id: 'web',
      registry,
      clock: this.clock,
      log: this.log.log,
      grains: () => ({}),
      context: (signal, wake) => {
        this.wake = wake
        const absent = () => Promise.reject(new Error('no beacon here asks for it'))
        const { clock, log } = this
        const config = { get: () => undefined, all: {} }
        return {
          id: 'web',
          grains: {},
          config,
          log: log.log,
          clock,
          signal,
          exec: absent,
          salt: absent,
          at: String,
          wake,
        }
      },
      isApplyingStates: () => this.isApplying,
      deliver: (events) => {
        this.fired.push(...events)
        const at = (this.clock.monotonic() - this.#start) / second
        this.told.push(...events.map(({ tag }) => `${tag}@${at}`))
      },
      where: (path) => `minion:${path.join('.')}`,
    })
  }

  #sample(intervalSeconds: number): BeaconDefinition {
    return defineBeacon({
      name: 'sample',
      doc: 'A sample.',
      options: { level: s.optional(s.integer()) },
      intervalSeconds,
      examples: [],
      open: () => {
        this.opened += 1
        return {
          read: async () => {
            this.reads += 1
            return await this.read()
          },
          [Symbol.asyncDispose]: async () => {
            this.closed += 1
          },
        }
      },
    })
  }

  async start(opts: BeaconMapping): Promise<void> {
    await this.beacons.replace({ opts })
    await this.beacons.start()
    await this.advance(0)
  }

  async advance(ms: number): Promise<void> {
    await settle()
    await this.clock.advance(ms)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const end = this.beacons[Symbol.asyncDispose]()
    await this.advance(minute)
    await end
  }
}

const at = (...seconds: number[]): string[] => seconds.map((one) => `salt/beacon/web/sample/x@${one}`)

test('a beacon is read at the start and at its interval', async () => {
  await using rig = new Rig()
  await rig.start({ sample: [] })
  await rig.advance(25 * second)
  assert.deepEqual(rig.told, at(0, 10, 20))
  assert.deepEqual(rig.fired[0], { tag: 'salt/beacon/web/sample/x', data: { n: 1, id: 'web' } })
})

test('a configured interval counts', async () => {
  await using rig = new Rig()
  await rig.start({ sample: [{ interval: 4 }] })
  await rig.advance(9 * second)
  assert.deepEqual(rig.told, at(0, 4, 8))
})

test('a slow read is not begun twice', async () => {
  await using rig = new Rig()
  rig.read = () => new Promise((resolve) => rig.clock.after(15 * second, () => resolve([{ tag: 'x', data: {} }])))
  await rig.start({ sample: [] })
  await rig.advance(31 * second)
  assert.deepEqual([rig.told, rig.reads], [at(15, 30), 3])
})

test('a beacon that watches is read when it asks, and what comes at once together', async () => {
  await using rig = new Rig(0)
  rig.read = () => []
  await rig.start({ sample: [] })
  await rig.advance(minute)
  assert.equal(rig.reads, 1)
  rig.read = () => [{ tag: 'x', data: {} }]
  for (let n = 0; n < 100; n++) rig.wake()
  await rig.advance(second)
  assert.deepEqual([rig.told, rig.reads], [at(60.05), 2])
  rig.read = () => {
    if (rig.reads === 3) rig.wake()
    return []
  }
  rig.wake()
  await rig.advance(second)
  assert.equal(rig.reads, 4, 'what happens during a read is read, too')
})

test('a beacon that watches keeps a configured interval', async () => {
  await using rig = new Rig(0)
  await rig.start({ sample: [{ interval: 10 }] })
  rig.wake()
  await rig.advance(9 * second)
  assert.equal(rig.reads, 1)
  await rig.advance(second)
  assert.equal(rig.reads, 2)
})

test('a beacon is read once where that is wanted', async () => {
  await using rig = new Rig()
  await rig.start({ sample: [{ run_once: true }] })
  await rig.advance(minute)
  assert.deepEqual(rig.told, at(0))
})

test('a change that must last is looked for in time', async () => {
  await using rig = new Rig()
  let n = 1
  rig.read = () => [{ tag: 'x', data: { n } }]
  await rig.start({ sample: [{ onchangeonly: true }, { delay: 3 }] })
  n = 2
  await rig.advance(minute)
  assert.deepEqual(rig.told, at(0, 13))
})

test('nothing is told of what happens while states are applied', async () => {
  await using rig = new Rig()
  rig.isApplying = true
  await rig.start({ sample: [{ disable_during_state_run: true }] })
  await rig.advance(second)
  rig.isApplying = false
  await rig.advance(10 * second)
  assert.deepEqual([rig.told, rig.reads], [at(10), 2])
})

const failing = [
  { name: 'throws', read: () => Promise.reject(new Error('no luck')), forMs: 45 * second, reason: /no luck/ },
  {
    name: 'hangs',
    read: () => new Promise<readonly BeaconEvent[]>(() => {}),
    forMs: 6 * minute,
    reason: /has not answered for 60 seconds/,
  },
]

for (const { name, read, forMs, reason } of failing) {
  test(`a beacon that ${name} is disabled, and begins anew when it is asked to`, async () => {
    await using rig = new Rig()
    rig.read = read
    await rig.start({ sample: [] })
    await rig.advance(forMs)
    const [told] = rig.fired
    assert.equal(told?.tag, 'salt/beacon/web/sample/disabled')
    assert.partialDeepStrictEqual(told?.data, { id: 'web', beacon: 'sample', failures: 5 })
    assert.match(String(told?.data.reason), reason)
    assert.match(String(told?.data.hint), /salt 'web' beacons.enable_beacon sample/)
    const { reads } = rig
    await rig.advance(10 * minute)
    rig.read = () => [{ tag: 'x', data: {} }]
    await rig.beacons.replace({})
    await rig.advance(minute)
    assert.deepEqual([rig.reads, rig.fired.length], [reads, 1], 'it stays disabled')
    const anew = rig.beacons.replace({}, (name) => name === 'sample')
    await rig.advance(second * 6)
    await anew
    await rig.advance(second)
    assert.equal(rig.fired[1]?.tag, 'salt/beacon/web/sample/x')
  })
}

test('failures count only in a row, and a watching beacon is tried again', async () => {
  await using rig = new Rig(0)
  rig.read = () => {
    if (rig.reads % 5 !== 0) throw new Error('not yet')
    return [{ tag: 'x', data: {} }]
  }
  await rig.start({ sample: [] })
  await rig.advance(10 * second)
  assert.deepEqual(rig.told, at(4))
  rig.wake()
  await rig.advance(10 * second)
  assert.equal(rig.told.length, 2)
})

test('a wrong entry says where, and hinders nothing', async () => {
  await using rig = new Rig()
  const opts = { sampel: [], faulty: {}, elsewhere: [], own: [{ beacon_module: 'sample' }, { lvel: 1 }], sample: null }
  await rig.start(opts)
  assert.deepEqual(rig.told, at(0))
  const wrong = 'ERROR a beacon is wrong, and is not used'
  const lines = rig.log.lines.filter((line) => line.startsWith(wrong)).map((line) => line.slice(wrong.length + 1))
  assert.deepEqual(lines, [
    "beacon=sampel reason=beacons.sampel is no beacon of this program, nor one of your own that is here. Did you mean 'sample'? where=minion:beacons.sampel",
    'beacon=faulty reason=beacons.faulty cannot be loaded where=minion:beacons.faulty',
    'beacon=elsewhere reason=beacons.elsewhere cannot be used here: it is only for others where=minion:beacons.elsewhere',
    "beacon=own reason=beacons.own.lvel is not an option of this beacon. Did you mean 'level'? where=minion:beacons.own.1.lvel",
  ])
  assert.deepEqual(await rig.beacons.available(), ['sample'])
})

test('only what was changed begins anew', async () => {
  await using rig = new Rig()
  await rig.start({ sample: [], two: [{ beacon_module: 'sample' }] })
  assert.equal(rig.opened, 2)
  await rig.beacons.replace({ opts: { sample: [], two: [{ beacon_module: 'sample' }, { level: 1 }] } })
  await rig.advance(0)
  assert.deepEqual([rig.opened, rig.closed], [3, 1])
  await rig.beacons.replace({ opts: { sample: [], enabled: false } })
  assert.deepEqual([rig.opened, rig.closed], [3, 3])
  rig.told.length = 0
  await rig.advance(minute)
  assert.deepEqual(rig.told, [])
  await rig.beacons.replace({
    opts: { sample: [{ enabled: false }] },
    pillar: { sample: [], three: [{ beacon_module: 'sample' }] },
  })
  await rig.advance(0)
  assert.deepEqual(rig.told, ['salt/beacon/web/three/x@60'])
})
