import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { s } from '../../../src/base/schema.ts'
import { EventBus } from '../../../src/bus/event-bus.ts'
import { JobReturners, type JobReturnersParts, type ReturnOrder } from '../../../src/daemons/job-returners.ts'
import { Outlets } from '../../../src/daemons/outlets.ts'
import { defineReturner, type ReturnerDefinition, type ReturnerRegistry } from '../../../src/engine/returner.ts'
import { multiReturner } from '../../../src/plugins/returners/multi-returner.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { FakeReturner } from '../../support/fake-returner.ts'
import { RecordedLog } from '../../support/recorded-log.ts'
import { eventDelivery, returnDelivery } from '../../support/returner-world.ts'

const place = { shown: 'the job', where: undefined }

function definition(name: string, backend: FakeReturner, opened: Record<string, unknown>[] = []): ReturnerDefinition {
  return defineReturner({
    name,
    doc: '',
    options: { [`${name}_host`]: s.optional(s.string()), shared: s.optional(s.string()) },
    takes: ['return'],
    examples: [],
    open(_context, options) {
      opened.push(options)
      return backend.open()
    },
  })
}

/** Two returners, `a` and `b`, and what stands for both. */
class World implements AsyncDisposable {
  readonly folder: ConfigFolder
  readonly clock = new FakeClock()
  readonly log = new RecordedLog()
  readonly a = new FakeReturner()
  readonly b = new FakeReturner()
  /** Resolves when `a` is loaded. */
  loading: Promise<void> = Promise.resolve()
  readonly opened: Record<string, unknown>[] = []
  readonly refused: { readonly returner: string; readonly error: SaltError }[] = []
  readonly outlets: Outlets
  readonly returners: JobReturners

  constructor(folder: ConfigFolder, config: Record<string, unknown> = {}, more: Partial<JobReturnersParts> = {}) {
    this.folder = folder
    const { clock, log } = this
    const bus = new EventBus({ clock, maximumEventSize: 1_000_000 })
    this.outlets = new Outlets({ clock, log: log.log, bus, folder: this.path })
    const registry: ReturnerRegistry = {
      a: () => this.loading.then(() => definition('a', this.a, this.opened)),
      b: async () => definition('b', this.b, this.opened),
      multi_returner: async () => multiReturner,
    }
    this.returners = new JobReturners({
      registry,
      outlets: this.outlets,
      folder: this.path,
      clock,
      log: log.log,
      source: () => ({ all: config }),
      surroundings: () => ({
        id: 'me',
        role: 'minion',
        config: { all: config, get: (name) => config[name] },
        log: log.log,
        clock,
        fireMaster: async () => {},
      }),
      refused: (returner, _delivery, error) => this.refused.push({ returner, error }),
      ...more,
    })
  }

  get path(): string {
    return this.folder.file('outlets')
  }

  get files(): readonly string[] {
    return readdirSync(this.path).filter((file) => file.endsWith('.way'))
  }

  async put(order: Partial<ReturnOrder>, jid = '20261121025504701682'): Promise<void> {
    await this.returners.put(returnDelivery({ jid }), { names: 'a', origin: 'master', place, ...order })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.returners[Symbol.asyncDispose]()
    await this.outlets[Symbol.asyncDispose]()
  }
}

describe('the returners of jobs', () => {
  it('have one outlet for each way to name one', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder, { 'p.a.a_host': 'there' })
    await world.put({})
    await world.put({})
    await world.a.untilArrived(2)
    assert.equal(world.files.length, 1)
    await world.put({ profile: 'p' })
    await world.put({ kwargs: { a_host: 'here' } })
    await world.put({ origin: 'other master' })
    await world.a.untilArrived(5)
    assert.equal(world.files.length, 4)
    assert.deepEqual(world.opened.map(({ a_host }) => a_host).sort(), ['here', 'there', undefined, undefined])
  })

  it('take of the arguments what each has; one that none has is a fault of all', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder)
    await world.put({ names: 'a,b', kwargs: { a_host: 'x', shared: 'y' } })
    await Promise.all([world.a.untilArrived(1), world.b.untilArrived(1)])
    const opened = world.opened.map((options) => JSON.stringify(options)).sort()
    assert.deepEqual(opened, ['{"a_host":"x","shared":"y"}', '{"shared":"y"}'])
    await world.put({ names: 'a,b', kwargs: { a_hots: 'x' } })
    assert.deepEqual(world.refused.map(({ returner, error }) => `${returner}: ${error.code}`).sort(), [
      'a: configuration',
      'b: configuration',
    ])
    const ofA = world.refused.find(({ returner }) => returner === 'a')
    assert.match(ofA?.error.message ?? '', /the job: the returner a has no option 'a_hots'.*'a_host'/)
  })

  it('stand alone behind a name for several: one that fails is tried again by itself', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder, { multi_returner: ['a', 'b'] })
    world.a.openFault = new Error('away')
    await world.put({ names: 'multi_returner' })
    await world.b.untilArrived(1)
    await world.log.until(/takes no deliveries/)
    await settle()
    world.a.openFault = undefined
    await world.clock.advance(1000)
    await world.a.untilArrived(1)
    assert.equal(world.b.arrived.length, 1)
  })

  it('refuse a name for several that means itself, and what they do not take', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder, { multi_returner: ['a', 'multi_returner'] })
    await world.put({ names: 'multi_returner' })
    assert.match(world.refused[0]?.error.message ?? '', /multi_returner stands for itself/)
    await world.returners.put(eventDelivery(), { names: 'a', origin: 'master', place })
    assert.match(world.refused[1]?.error.message ?? '', /a takes no events/)
  })

  it('are bounded: an idle one makes room, and where none is idle a further one is refused', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder, {}, { maximumOutlets: 2 })
    await world.put({ profile: 'one' })
    await world.put({ profile: 'two' })
    await world.a.untilArrived(2)
    await settle()
    world.a.openFault = new Error('away')
    await world.put({ profile: 'three' })
    await world.log.until(/takes no deliveries/)
    await world.put({ profile: 'four' })
    await settle()
    assert.equal(world.files.length, 2)
    await world.put({ profile: 'five' })
    assert.equal(world.refused[0]?.error.code, 'overloaded')
  })

  it('are closed when nobody has used them for long, with their files', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder, {}, { idleMs: 1000 })
    await world.put({})
    await world.a.untilArrived(1)
    await settle()
    await world.clock.advance(1000)
    await world.clock.advance(1000)
    await settle()
    assert.deepEqual(readdirSync(world.path), [])
    await world.put({})
    await world.a.untilArrived(2)
  })

  it('go on where a former process ended, with the options of then', async () => {
    using folder = new ConfigFolder()
    {
      await using before = new World(folder)
      before.a.openFault = new Error('away')
      await before.put({ kwargs: { a_host: 'here' } })
      await before.put({ kwargs: { a_host: 'here' } }, '20261121025504701683')
      await before.log.until(/takes no deliveries/)
    }
    assert.equal(statSync(folder.file('outlets')).mode & 0o777, 0o700)
    await using after = new World(folder)
    for (const file of after.files) assert.equal(statSync(join(after.path, file)).mode & 0o777, 0o600)
    await after.returners.resume()
    const arrived = await after.a.untilArrived(2)
    assert.deepEqual(
      arrived.map((delivery) => delivery.kind === 'return' && delivery.ret.jid),
      ['20261121025504701682', '20261121025504701683'],
    )
    assert.deepEqual(after.opened, [{ a_host: 'here' }])
  })

  it('tell of a file that cannot be read, and leave it', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder)
    await world.put({})
    const file = join(world.path, 'returner-a-broken.way')
    writeFileSync(file, 'no way')
    await world.returners.resume()
    assert.equal(world.log.matching(/ERROR deliveries for a returner wait and cannot be taken up.*broken/).length, 1)
    assert.equal(readFileSync(file, 'utf8'), 'no way')
  })

  it('say that one has refused a return, however late another one begins', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder)
    world.b.onDeliver = () => {
      throw new SaltError('bad-arguments', 'never')
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    world.loading = promise
    const delivering = world.returners.deliver(returnDelivery(), { names: 'a,b', origin: '', place }, 5000)
    await world.log.until(/ERROR a delivery was given up/)
    resolve()
    assert.deepEqual(
      (await delivering).map(({ returner, state }) => [returner, state]),
      [
        ['a', 'delivered'],
        ['b', 'refused'],
      ],
    )
  })

  it('say what has become of a return', async () => {
    using folder = new ConfigFolder()
    await using world = new World(folder)
    world.b.onDeliver = () => {
      throw new SaltError('bad-arguments', 'never')
    }
    const order = { names: 'a,b,c', origin: '', place }
    const reports = await world.returners.deliver(returnDelivery(), order, 5000)
    assert.deepEqual(
      reports.map(({ returner, state }) => [returner, state]),
      [
        ['a', 'delivered'],
        ['b', 'refused'],
        ['c', 'refused'],
      ],
    )
    world.a.openFault = new Error('away')
    world.a.onDeliver = () => {
      throw new Error('away')
    }
    const [report] = await world.returners.deliver(returnDelivery(), { ...order, names: 'a' }, 5000)
    assert.deepEqual(report, { returner: 'a', state: 'waiting', reason: 'away' })
  })
})
