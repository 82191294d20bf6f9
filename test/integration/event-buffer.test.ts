/** Events of a minion while its master is away, ends in the middle, or is slower than they come; and the options about them. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { EventLoad } from '../../src/client/event-load.ts'
import { connectMinionBus, type MinionBus } from '../../src/client/master-bus.ts'
import type { BusEvents } from '../support/bus-events.ts'
import { Fleet } from '../support/fleet.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'

async function fireAll(bus: MinionBus, tag: string, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 100) {
    const numbers = upTo(Math.min(100, to - n + 1), n)
    await Promise.all(numbers.map((one) => bus.call('fire', { tag: 'fire_master', data: { tag, data: { n: one } } })))
  }
}

/** The numbers under a tag, in the order in which they came. */
function numbersOf(events: BusEvents, tag: RegExp): number[] {
  return events.tagged(tag).map(({ data }) => (data.data as { n: number }).n)
}

const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index)

describe('events while the master is away', () => {
  let fleet: InProcessFleet
  let master: TestMaster
  let web: TestMinion
  before(async () => {
    fleet = new InProcessFleet()
    master = await fleet.startMaster()
    web = await fleet.connect('web', master, 'event_buffer_count: 1000\n')
  })
  after(() => fleet[Symbol.asyncDispose]())

  async function away(): Promise<void> {
    await using bus = await web.bus()
    // What the master has and has not confirmed would count among what is lost.
    await bus.call('fire.master', { load: { tag: 'confirmed', data: {} }, timeout: 5 })
    await master.stop()
    await web.until(({ kind }) => kind === 'waiting')
    web.forget()
  }

  async function back(): Promise<BusEvents> {
    await master.start()
    const events = await master.events()
    await web.connected()
    web.forget()
    return events
  }

  it('come in order when it is back, those of functions as well', async () => {
    await away()
    await using bus = await web.bus()
    await fireAll(bus, 'late', 1, 500)
    const answer = await bus.call('fire.master', { load: { tag: 'late', data: { n: 501 } }, timeout: 5 })
    assert.deepEqual(answer, { isTaken: true, refused: [] })
    await using events = await back()
    await events.until(/^late$/, ({ data }) => (data as { n: number }).n === 501)
    assert.deepEqual(numbersOf(events, /^late$/), upTo(501))
  })

  it('are told as lost by their number where more came than the buffer holds', async () => {
    await away()
    await using bus = await web.bus()
    await fireAll(bus, 'many', 1, 1300)
    await using events = await back()
    await events.until(/^many$/, ({ data }) => (data as { n: number }).n === 1300)
    assert.deepEqual(numbersOf(events, /^many$/), upTo(1000, 301))
    const lost = events.tagged(/^salt\/event\/dropped$/).map(({ data: { _stamp, ...data } }) => data)
    assert.deepEqual(lost, [{ id: 'web', count: 300, reason: 'more events than the buffer of the minion holds' }])
    assert.ok(
      events.seen.findIndex(({ tag }) => tag === 'salt/event/dropped') <
        events.seen.findIndex(({ tag }) => tag === 'many'),
    )
    await web.log.until(/ERROR events were given up: more came than the buffer holds/)
  })

  it('come once and in order where it restarts in the middle', async () => {
    await using bus = await web.bus()
    await using first = await master.events()
    const firing = (async () => {
      for (let round = 0; round < 20; round++) await fireAll(bus, 'cut', round * 45 + 1, round * 45 + 45)
    })()
    await first.until(/^cut$/)
    await master.stop()
    const before = numbersOf(first, /^cut$/)
    await master.start()
    await using second = await master.events()
    await firing
    await bus.call('fire', { tag: 'fire_master', data: { tag: 'cut/end', data: { n: 0 } } })
    await second.until(/^cut\/end$/)
    const later = numbersOf(second, /^cut$/)
    const known = new Set([...before, ...later])
    assert.deepEqual(
      [...known].sort((a, b) => a - b),
      upTo(900),
      'none is missing',
    )
    for (const numbers of [before, later])
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
      )
  })
})

describe('events in the buffer of a minion that is killed', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await Fleet.start({ minions: { alpha: '' } })
  })
  after(() => fleet[Symbol.asyncDispose]())

  it('come when both are back, and salt call leaves its own there', async () => {
    await fleet.master.end('SIGKILL')
    await fleet.minion('alpha').until(/not connected to the master/)
    const sockDir = `${fleet.folder}/root-alpha/var/run/salt/minion`
    {
      await using bus = await connectMinionBus({ sockDir, id: 'alpha' })
      await fireAll(bus, 'kept', 1, 300)
    }
    const call = await fleet.call('alpha', '--no-return-event', 'event.fire_master', '{n: 301}', 'kept')
    assert.deepEqual([call.exitCode, call.stdout], [0, 'local:\n    True\n'], call.stderr)
    await fleet.minion('alpha').end('SIGKILL')
    await fleet.startMaster()
    await using events = await fleet.events()
    await fleet.startMinion('alpha')
    await events.until(/^kept$/, ({ data }) => (data as { n: number }).n === 301)
    assert.deepEqual(numbersOf(events, /^kept$/), upTo(301))
  })

  it('are answered by the master where salt call waits for it', async () => {
    await using events = await fleet.events()
    const taken = await fleet.call('alpha', 'event.fire_master', '{a: 1, b: [x]}', 'my/tag')
    assert.equal(taken.stdout, 'local:\n    True\n', taken.stderr)
    const { data } = await events.until(/^my\/tag$/)
    assert.deepEqual(
      { ...data, _stamp: '' },
      {
        id: 'alpha',
        tag: 'my/tag',
        data: { a: 1, b: ['x'] },
        cmd: '_minion_event',
        _stamp: '',
      },
    )
    const refused = await fleet.call('alpha', 'event.fire_master', '{a: 1}', 'salt/auth')
    assert.equal(refused.stdout, 'local:\n    False\n')
    assert.match(refused.stderr, /The event was refused/)
    const sent = await fleet.call('alpha', 'event.send', 'my/sent', 'a=1', 'with_env=[HOME]')
    assert.equal(sent.stdout, 'local:\n    True\n')
    assert.deepEqual((await events.until(/^my\/sent$/)).data.data, { environ: { HOME: process.env.HOME }, a: 1 })
  })

  it('go to the master over a session of salt call where no minion runs', async () => {
    await fleet.minion('alpha').end()
    await using events = await fleet.events()
    const taken = await fleet.call('alpha', 'event.fire_master', '{a: 1}', 'my/own', 'preload={stage: 2}')
    assert.equal(taken.stdout, 'local:\n    True\n', taken.stderr)
    const { _stamp, ...data } = (await events.until(/^my\/own$/)).data
    assert.deepEqual(data, { id: 'alpha', cmd: '_minion_event', tag: 'my/own', data: { a: 1 }, stage: 2 })
    const local = await fleet.call('alpha', '--local', 'event.fire_master', '{a: 1}', 'my/own')
    assert.equal(local.stdout, 'local:\n    False\n')
  })
})

describe('events for several masters', () => {
  it('come to each of them, to one that was away when it is back', async () => {
    await using fleet = new InProcessFleet()
    const one = await fleet.startMaster()
    const two = await fleet.startMaster('', { name: 'two' })
    const web = await fleet.startMinion('web', [one.port, two.port])
    await web.until(({ kind }, master) => kind === 'connected' && master.endsWith(`:${two.port}`))
    await web.until(({ kind }, master) => kind === 'connected' && master.endsWith(`:${one.port}`))
    await two.stop()
    await web.until(({ kind }, master) => kind === 'waiting' && master.endsWith(`:${two.port}`))
    await using here = await one.events()
    await using bus = await web.bus()
    await fireAll(bus, 'both', 1, 50)
    await here.until(/^both$/, ({ data }) => (data as { n: number }).n === 50)
    await two.start()
    await using there = await two.events()
    await there.until(/^both$/, ({ data }) => (data as { n: number }).n === 50)
    for (const events of [here, there]) assert.deepEqual(numbersOf(events, /^both$/), upTo(50))
  })
})

describe('options about events', () => {
  it('choose tags by minion, as they were last read, and salt call is told', async () => {
    await using fleet = await InProcessFleet.start([], `minion_event_tags: {'web*': ['my/*']}\n`)
    const { master } = fleet
    const web = await fleet.connect('web', master)
    await using events = await master.events()
    await using bus = await web.bus()
    const ask = (tag: string) => bus.call('fire.master', { load: { tag, data: {} }, timeout: 5 })
    assert.deepEqual(await ask('my/a'), { isTaken: true, refused: [] })
    assert.deepEqual(await ask('your/a'), {
      isTaken: false,
      refused: ["minion_event_tags of the master does not name the tag: 'your/a'"],
    })
    await master.reload('')
    assert.equal((await ask('your/a')).isTaken, true)
    await events.until(/^your\/a$/)
    assert.equal(events.tagged(/^your\/a$/).length, 1)
  })

  it('let no larger event of a minion come than the master takes', async () => {
    await using fleet = await InProcessFleet.start([], 'max_event_size: 2000\n')
    const { master } = fleet
    const web = await fleet.connect('web', master)
    await using events = await master.events()
    await using bus = await web.bus()
    const ask = (load: EventLoad) => bus.call('fire.master', { load, timeout: 5 })
    const data = { text: 'x'.repeat(3000) }
    const { isTaken, refused } = await ask({ tag: 'my/large', data })
    assert.deepEqual([isTaken, refused.length], [false, 1])
    assert.match(refused[0] ?? '', /^the data of the event has 30\d\d bytes, more than the 2000 of max_event_size$/)
    const list = await ask({
      events: [
        { tag: 'my/large', data },
        { tag: 'my/small', data: {} },
      ],
    })
    assert.deepEqual([list.isTaken, list.refused.length], [true, 1])
    await events.until(/^my\/small$/)
    assert.deepEqual(
      events.tagged(/^my\//).map(({ tag }) => tag),
      ['my/small'],
    )
  })

  it('add the events of old, and leave out that of the grains', async () => {
    await using fleet = await InProcessFleet.start(
      [],
      'enable_legacy_job_events: true\nminion_data_cache_events: false\n',
    )
    await using events = await fleet.master.events()
    await fleet.connect('web', fleet.master, 'enable_legacy_startup_events: true\nstart_event_grains: [id]\n')
    const start = await events.until(/^salt\/minion\/web\/start$/)
    const legacy = await events.until(/^minion_start$/)
    const plain = { tag: '', _stamp: '' }
    assert.deepEqual({ ...legacy.data, ...plain }, { ...start.data, ...plain })
    assert.match(
      String(legacy.data.data),
      /^Minion web started at [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
    )
    const jid = await fleet.master.begin('web', 'test.ping')
    const { data } = await events.until(new RegExp(`^${jid}$`))
    assert.deepEqual({ ...data, _stamp: '' }, { minions: ['web'], _stamp: '' })
    await events.until(new RegExp(`^salt/job/${jid}/ret/web$`))
    assert.deepEqual(events.tagged(/^minion\/refresh\//), [])
  })

  it('tell of grains, and leave the events of old out, unless they say otherwise', async () => {
    await using fleet = await InProcessFleet.start([])
    await using events = await fleet.master.events()
    await fleet.connect('web', fleet.master)
    const { data } = await events.until(/^minion\/refresh\/web$/)
    assert.equal(data['Minion data cache refresh'], 'web')
    await fleet.master.publish('web', 'test.ping')
    assert.deepEqual(events.tagged(/^(minion_start|\d{20})$/), [])
    events.seen.length = 0
    await fleet.master.publish('web', 'saltutil.refresh_grains')
    await events.until(/^minion\/refresh\/web$/)
  })
})
