/** Sinks of a bus, with backends that a test takes away. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { s } from '../../../src/base/schema.ts'
import type { BusEvent } from '../../../src/bus/event.ts'
import { EventBus } from '../../../src/bus/event-bus.ts'
import { EventSinks } from '../../../src/daemons/event-sinks.ts'
import { Outlets } from '../../../src/daemons/outlets.ts'
import type { OutletStatus } from '../../../src/engine/outlet/outlet.ts'
import { type Delivery, defineReturner, type ReturnerRegistry } from '../../../src/engine/returner.ts'
import type { EventSinksOptions } from '../../../src/engine/sinks/sink-options.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { FakeReturner } from '../../support/fake-returner.ts'
import { RecordedLog } from '../../support/recorded-log.ts'

/** A daemon's bus with sinks; `one` and `two` are backends. */
class World implements AsyncDisposable {
  readonly log = new RecordedLog()
  readonly bus: EventBus
  readonly outlets: Outlets
  readonly sinks: EventSinks
  readonly seen: BusEvent[] = []
  readonly opened: unknown[] = []

  constructor(folder: string, clock: FakeClock, backends: Readonly<Record<string, FakeReturner>>) {
    this.bus = new EventBus({ clock })
    this.bus.subscribe(
      (tag) => tag.startsWith('salt/'),
      (item) => {
        if ('events' in item) this.seen.push(...item.events)
        return true
      },
    )
    const { bus, log } = this
    this.outlets = new Outlets({ clock, log: log.log, bus, folder })
    const registry: ReturnerRegistry = Object.fromEntries(
      Object.entries(backends).map(([name, backend]) => [name, async () => this.#definition(name, backend)]),
    )
    const config = { get: () => undefined, all: {} }
    const surroundings = {
      id: 'here',
      role: 'master',
      config,
      log: log.log,
      clock,
      fireMaster: async () => {},
    } as const
    this.sinks = new EventSinks({ bus, log: log.log, outlets: this.outlets, registry, surroundings })
  }

  async configure(sinks: EventSinksOptions, all: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await (
      await this.sinks.prepare({
        values: { event_sinks: sinks },
        view: { all, get: (name) => all[name] },
        where: () => undefined,
      })
    )()
  }

  /** Fires and lets all come to rest. */
  async fire(tag: string, from: number, to = from): Promise<void> {
    for (let number = from; number <= to; number++) this.bus.fire(tag, { number, minion: `m${number % 3}` })
    await settle()
  }

  status(name: string): OutletStatus | undefined {
    return this.outlets.status().find((status) => status.name === name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sinks[Symbol.asyncDispose]()
    await this.outlets[Symbol.asyncDispose]()
  }

  #definition(name: string, backend: FakeReturner) {
    return defineReturner({
      name,
      doc: '',
      options: { host: s.optional(s.string()), password: s.optional(s.secret()) },
      takes: ['event'],
      examples: [],
      open: (_context, options) => {
        this.opened.push({ host: options.host, password: options.password?.reveal() })
        return backend.open()
      },
    })
  }
}

let folder: string
let clock: FakeClock
let one: FakeReturner
let two: FakeReturner

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'sinks-'))
  clock = new FakeClock()
  one = new FakeReturner()
  two = new FakeReturner()
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const world = (): World => new World(join(folder, 'outlets'), clock, { one, two })
const numbers = (deliveries: readonly Delivery[]): unknown[] =>
  deliveries.map((delivery) =>
    delivery.kind === 'event' ? (delivery.event.data.number ?? delivery.event.tag) : undefined,
  )
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const away = (): never => {
  throw new Error('connection refused')
}

describe('event sinks', () => {
  it('lose nothing and change no order when a server dies for a minute under load, and no other sink waits', async () => {
    await using here = world()
    await here.configure({
      a: { tag: 'my/*', backend: 'one', batch: 20 },
      b: { tag: 'my/*', backend: 'two', batch: 20 },
    })
    let fired = 0
    const load = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second++) {
        await here.fire('my/event', fired + 1, fired + 50)
        fired += 50
        await clock.advance(1000)
      }
    }
    await load(5)
    let attempts = 0
    one.onDeliver = (batch) => {
      attempts += 1
      // It takes the first of these batches, and dies before it says so.
      if (attempts === 1) one.batches.push(batch)
      away()
    }
    await load(60)
    assert.deepEqual(numbers(two.arrived), range(1, 3250), 'the other sink did not wait')
    assert.equal(here.status('sink a')?.state, 'retrying')
    one.onDeliver = () => {}
    await load(5)
    await clock.advance(120_000)
    await one.untilArrived(3520)
    const arrived = numbers(one.arrived)
    assert.equal(arrived.length, 3520, '20 came twice')
    assert.deepEqual(
      [...new Set(arrived)].sort((x, y) => Number(x) - Number(y)),
      range(1, 3500),
    )
    for (const minion of [0, 1, 2]) {
      const own = arrived.map(Number).filter((number) => number % 3 === minion)
      const firsts = own.filter((number, index) => own.indexOf(number) === index)
      assert.deepEqual(
        firsts,
        [...firsts].sort((x, y) => x - y),
        `in order for m${minion}`,
      )
    }
    const outlets = here.seen.filter(({ tag }) => tag.startsWith('salt/outlet/'))
    assert.deepEqual(
      outlets.map(({ tag, data }) => [tag, data.outlet, data.message]),
      [
        ['salt/outlet/fault', 'sink a', 'connection refused'],
        ['salt/outlet/well', 'sink a', ''],
      ],
    )
    assert.equal(here.status('sink a')?.dropped, 0)
  })

  it('deliver what waits at the flush time, with no further traffic', async () => {
    await using here = world()
    await here.configure({ a: { backend: 'one', flush: 10 }, b: { backend: 'two' } })
    await here.fire('my/event', 1)
    await clock.advance(1000)
    assert.deepEqual([numbers(one.arrived), numbers(two.arrived)], [[], [1]])
    await clock.advance(9000)
    assert.deepEqual(numbers(one.arrived), [1])
  })

  it('count what goes beyond the bound, tell it, and do not swallow their own words', async () => {
    await using here = world()
    one.onDeliver = away
    await here.configure({
      a: { backend: 'one', prio: 1, spool_events: 10 },
      b: { tag: 'salt/*', backend: 'two', prio: 1 },
    })
    for (let second = 0; second < 20; second++) {
      await here.fire('my/event', second * 10 + 1, second * 10 + 10)
      await clock.advance(1000)
    }
    const drops = here.seen.filter(({ tag }) => tag === 'salt/drop/sink')
    assert.equal(
      drops.reduce((sum, { data }) => sum + Number(data.count), 0),
      190,
    )
    assert.ok(drops.length <= 21, `${drops.length} events, one a second`)
    assert.ok(drops.every(({ data }) => data.outlet === 'sink a' && data.reason === 'too many wait'))
    assert.equal(here.status('sink a')?.dropped, 190)
    one.onDeliver = () => {}
    await clock.advance(60_000)
    assert.deepEqual(numbers(one.arrived), range(191, 200), 'none of them is about the sink itself')
    const told = two.arrived.map((delivery) => (delivery.kind === 'event' ? delivery.event.tag : ''))
    assert.deepEqual([told.includes('salt/drop/sink'), told.includes('salt/outlet/fault')], [true, true])
  })

  it('give each its own credentials, and make a sink anew when these change', async () => {
    await using here = world()
    const all = { 'one.host': 'db1', two: { host: 'db2' } }
    const sinks = (password: string): EventSinksOptions => ({
      a: { backend: 'one', prio: 1, options: { password } },
      b: { backend: 'one', prio: 1, options: { host: 'other', password: 'b' } },
    })
    await here.configure(sinks('a'), all)
    await here.fire('my/event', 1)
    assert.deepEqual(here.opened, [
      { host: 'db1', password: 'a' },
      { host: 'other', password: 'b' },
    ])
    await here.configure(sinks('a'), all)
    await here.fire('my/event', 2)
    assert.equal(here.opened.length, 2, 'nothing has changed')
    await here.configure(sinks('new'), all)
    await here.fire('my/event', 3)
    assert.deepEqual(here.opened.slice(2), [{ host: 'db1', password: 'new' }])
    assert.deepEqual(numbers(one.arrived), [1, 1, 2, 2, 3, 3])
  })

  it('miss nothing between an old and a new configuration', async () => {
    await using here = world()
    await here.configure({ a: { backend: 'one' } })
    here.bus.fire('my/event', { number: 1 })
    const changing = here.configure({ a: { backend: 'two' } })
    for (const number of range(2, 9)) {
      here.bus.fire('my/event', { number })
      await new Promise((resolve) => setImmediate(resolve))
    }
    await changing
    await here.outlets.drain(1000)
    assert.deepEqual([...numbers(one.arrived), ...numbers(two.arrived)], range(1, 9))
  })

  it('keep what waits for a sink that is no longer configured, and say so', async () => {
    await using here = world()
    one.onDeliver = away
    await here.configure({ a: { backend: 'one' }, b: { tag: 'my/*', backend: 'two' } })
    await here.fire('my/event', 1)
    await here.outlets.drain(1000)
    await here.configure({})
    assert.match(here.log.matching(/no longer configured/).join(), /sink-a\.db waiting=1/)
    assert.deepEqual(
      fs.readdirSync(join(folder, 'outlets')).filter((name) => name.endsWith('.db')),
      ['sink-a.db'],
    )
    one.onDeliver = () => {}
    await here.configure({ a: { backend: 'one' } })
    await settle()
    assert.deepEqual(numbers(one.arrived), [1])
  })

  it('are refused before anything changes', async () => {
    await using here = world()
    await here.configure({ a: { backend: 'one', prio: 1 } })
    const bad: readonly EventSinksOptions[] = [
      { a: { backend: 'three' } },
      { a: { backend: 'one', options: { hots: 'x' } } },
      { a: { backend: 'one', options: { host: ['x'] } } },
      { b: { backend: 'two' }, a: { backend: 'one', tag: [] } },
    ]
    for (const sinks of bad)
      await assert.rejects(here.configure(sinks), { code: 'configuration', message: /event_sinks → "a"/ })
    await here.fire('my/event', 1)
    assert.deepEqual(numbers(one.arrived), [1])
  })
})
