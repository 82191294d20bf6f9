/** `SaltEvent`, `MasterEvent` and `MinionEvent`, as other people's programs use them. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { BusEvent, BusGap } from '../../src/bus/event.ts'
import { MasterEvent, MinionEvent, SaltEvent, type SaltEventOptions, type TagFilter } from '../../src/client/library.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'

let fleet: InProcessFleet
let master: TestMaster
let minion: TestMinion
let sockDir = ''
before(async () => {
  fleet = new InProcessFleet()
  master = await fleet.startMaster()
  minion = await fleet.connect('web1', master)
  sockDir = master.options.paths.sock_dir
})
after(() => fleet[Symbol.asyncDispose]())

const bare = (event: BusEvent | undefined): unknown => {
  if (event === undefined) return undefined
  const { _stamp, ...data } = event.data
  assert.match(String(_stamp), /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}$/)
  return [event.tag, data]
}

describe('iterEvents', () => {
  it('yields what is fired, by both spellings of the folder', async () => {
    await using listener = new MasterEvent(sockDir)
    await using emitter = new SaltEvent('master', { sock_dir: sockDir })
    const events = listener.iterEvents({ tag: 'mytag' })
    await events.ready
    const payload = { 'sample-msg': 'this is a test', deep: [1, 1.5, null, { ü: true }] }
    assert.equal(await emitter.fireEvent(payload, 'other'), true)
    await emitter.fireEvent(payload, 'mytag/1')
    await emitter.fireEvent({}, 'mytag/2')
    const seen: BusEvent[] = []
    for await (const event of events) {
      seen.push(event)
      if (seen.length === 2) break
    }
    assert.deepEqual(seen.map(bare), [
      ['mytag/1', payload],
      ['mytag/2', {}],
    ])
    assert.ok((seen[1]?.seq ?? 0) > (seen[0]?.seq ?? 0))
  })

  const filters: readonly (readonly [TagFilter, readonly string[]])[] = [
    [{ tag: 'm/a' }, ['m/a', 'm/ab/c']],
    [{ tag: 'm/a', match: 'startswith' }, ['m/a', 'm/ab/c']],
    [{ tag: '/c', match: 'endswith' }, ['m/ab/c']],
    [{ tag: 'b/', match: 'find' }, ['m/ab/c']],
    [{ tag: 'm/(a|x)$', match: 'regex' }, ['m/a']],
    [{ tag: 'm/*/c', match: 'fnmatch' }, ['m/ab/c']],
    [{ tag: 'm/?', match: 'glob' }, ['m/a', 'm/b']],
  ]
  for (const [filter, expected] of filters) {
    it(`matches ${filter.tag} by ${filter.match ?? 'default'}`, async () => {
      await using bus = new MasterEvent(sockDir)
      const stop = new AbortController()
      const events = bus.iterEvents({ ...filter, signal: stop.signal })
      await events.ready
      const since = events.position?.seq ?? 0
      for (const tag of ['m/a', 'm/ab/c', 'm/b', 'other']) await bus.fireEvent({}, tag)
      // What was delivered before it arrives before it.
      const last = bus.iterEvents({ tag: 'm/b', since })
      await last.next()
      stop.abort()
      const tags = (await Array.fromAsync(events)).map(({ tag }) => tag)
      assert.deepEqual(tags, expected)
    })
  }

  it('resumes behind an event', async () => {
    await using bus = new MasterEvent(sockDir)
    const first = bus.iterEvents({ tag: 'since/' })
    await first.ready
    for (const n of [1, 2, 3]) await bus.fireEvent({ n }, `since/${n}`)
    const one = await first.next()
    const seq = one.done ? 0 : one.value.seq
    const later = bus.iterEvents({ tag: 'since/', since: seq })
    assert.equal((await later.take(5000))?.tag, 'since/2')
    const position = { seq: seq + 1, instance: first.position?.instance ?? '' }
    assert.equal((await bus.iterEvents({ tag: 'since/', since: position }).take(5000))?.tag, 'since/3')
  })

  it('tells that a position is one from before a restart', async () => {
    const gaps: BusGap[] = []
    await using bus = new MasterEvent({ sockDir, onGap: (gap) => gaps.push(gap) })
    const events = bus.iterEvents({ since: { seq: 3, instance: 'another' }, gaps: true })
    const item = await events.take(5000)
    assert.ok(item !== undefined && 'gap' in item)
    assert.equal(item.gap.restarted, true)
    assert.deepEqual(gaps, [item.gap])
  })

  it('outlives a restart of the daemon', async () => {
    await using own = new InProcessFleet()
    const daemon = await own.startMaster()
    const states: string[] = []
    await using bus = new MasterEvent({
      sockDir: daemon.options.paths.sock_dir,
      onState: ({ kind }) => states.push(kind),
    })
    const events = bus.iterEvents({ tag: 'mytag', gaps: true })
    await events.ready
    await bus.fireEvent({ n: 1 }, 'mytag')
    await daemon.stop()
    await daemon.start()
    await using other = new MasterEvent(daemon.options.paths.sock_dir)
    await other.fireEvent({ n: 2 }, 'mytag')
    const [first, gap, second] = [await events.take(9000), await events.take(9000), await events.take(9000)]
    assert.deepEqual(
      [first, second].map((item) => item !== undefined && 'data' in item && item.data.n),
      [1, 2],
    )
    assert.ok(gap !== undefined && 'gap' in gap && gap.gap.restarted === true)
    assert.deepEqual(states.filter((kind, index) => kind !== states[index - 1]).slice(0, 3), [
      'connected',
      'waiting',
      'connected',
    ])
  })
})

describe('getEvent', () => {
  it('answers the next event of the tag, and nothing when none comes in time', async () => {
    await using bus = new MasterEvent(sockDir)
    const waiting = bus.getEvent({ tag: 'get/1', wait: 0 })
    await bus.subscribe('get/1')
    await bus.fireEvent({ n: 1 }, 'get/1')
    assert.deepEqual(bare(await waiting), ['get/1', { n: 1 }])
    assert.equal(await bus.getEvent({ tag: 'get/1', wait: 0.05 }), undefined)
    assert.equal(await bus.getEvent({ tag: 'get/1', noBlock: true }), undefined)
  })

  it('misses nothing that was fired since subscribe, whatever its tag', async () => {
    await using bus = new MasterEvent(sockDir)
    await bus.fireEvent({}, 'job/before')
    await bus.subscribe('nothing/of/this')
    await bus.fireEvent({ n: 1 }, 'job/1/ret')
    await bus.fireEvent({ n: 2 }, 'job/2/ret')
    await bus.fireEvent({ n: 3 }, 'job/3/ret')
    assert.deepEqual(bare(await bus.getEvent({ tag: 'job/' })), ['job/1/ret', { n: 1 }])
    assert.deepEqual(bare(await bus.getEvent({ tag: 'job/3' })), ['job/3/ret', { n: 3 }])
    assert.deepEqual(bare(await bus.getEvent({ tag: 'job/2', noBlock: true })), ['job/2/ret', { n: 2 }])
    bus.unsubscribe('nothing/of/this')
  })

  it('waits 5 seconds by default, as Salt does', async (context) => {
    await using bus = new MasterEvent(sockDir)
    await bus.subscribe('never')
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const waiting = bus.getEvent({ tag: 'never' })
    let isOver = false
    void waiting.then(() => {
      isOver = true
    })
    await Promise.resolve()
    context.mock.timers.tick(4999)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isOver, false)
    context.mock.timers.tick(1)
    assert.equal(await waiting, undefined)
  })

  it('refuses a time that is none', async () => {
    await using bus = new MasterEvent(sockDir)
    await assert.rejects(bus.getEvent({ wait: -1 }), { code: 'usage' })
  })
})

describe('the bus of a minion', () => {
  it('needs the folder and the id, or only the folder where the minion is alone', async () => {
    const folder = minion.options.paths.sock_dir
    await using bus = new MinionEvent({ sockDir: folder, id: 'web1' })
    await using emitter = new SaltEvent('minion', { sock_dir: folder, id: 'web1' })
    await using alone = new MinionEvent(folder)
    await bus.subscribe()
    await emitter.fireEvent({ n: 1 }, 'mytag')
    await alone.fireEvent({ n: 2 }, 'mytag')
    assert.deepEqual(bare(await bus.getEvent()), ['mytag', { n: 1 }])
    assert.deepEqual(bare(await bus.getEvent()), ['mytag', { n: 2 }])
    await using wrong = new MinionEvent({ sockDir: folder, id: 'web2' })
    await assert.rejects(wrong.connect(), { code: 'minion-unreachable' })
  })

  it('asks for an id where several minions share the folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'salt-several-'))
    try {
      writeFileSync(join(folder, 'minion_0123456789_bus.ipc'), '')
      writeFileSync(join(folder, 'minion_abcdef0123_bus.ipc'), '')
      await using bus = new MinionEvent(folder)
      await assert.rejects(bus.connect(), { code: 'usage', hint: 'Say the id of one.' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('hands an event on to the master under Salt’s tag and in its form', async () => {
    await using bus = new MinionEvent({ sockDir: minion.options.paths.sock_dir, id: 'web1' })
    await bus.subscribe('fire_master')
    await bus.fireMaster({ message: 'hello' }, 'mytag')
    const payload = { id: 'web1', tag: 'mytag', data: { message: 'hello' }, events: null, pretag: null }
    assert.deepEqual(bare(await bus.getEvent({ tag: 'fire_master' })), ['fire_master', payload])
    await assert.rejects(bus.fireMaster({}, ''), { code: 'bad-arguments' })
    await assert.rejects(bus.fireMaster([] as never, 'mytag'), { code: 'bad-arguments' })
    await using other = new MasterEvent(sockDir)
    await assert.rejects(other.fireMaster({}, 'mytag'), { code: 'usage' })
  })
})

describe('bad input', () => {
  it('refuses data and tags that cannot be', async () => {
    await using bus = new MasterEvent(sockDir)
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    const cases: readonly (readonly [unknown, unknown])[] = [
      [[1], 'tag'],
      [null, 'tag'],
      ['text', 'tag'],
      [{ run: () => {} }, 'tag'],
      [{ big: 2n ** 80n }, 'tag'],
      [cyclic, 'tag'],
      [{}, ''],
      [{}, 'two\nlines'],
      [{}, 'x'.repeat(65_536)],
      [{}, 5],
    ]
    for (const [data, tag] of cases) {
      await assert.rejects(bus.fireEvent(data as never, tag as never), { code: 'bad-arguments' }, String(tag))
    }
    assert.equal(await bus.fireEvent({}, 'well'), true)
  })

  it('refuses patterns that cannot be, and goes on', async () => {
    await using bus = new MasterEvent(sockDir)
    for (const filter of [
      { tag: '[', match: 'regex' },
      { tag: 'x', match: 'soundslike' },
    ] as TagFilter[]) {
      await assert.rejects(bus.iterEvents(filter).next(), { code: 'usage' })
      await assert.rejects(bus.getEvent(filter), { code: 'usage' })
      await assert.rejects(bus.subscribe(filter.tag, filter.match), { code: 'usage' })
    }
    assert.throws(() => new SaltEvent('syndic' as never, sockDir), { code: 'usage' })
    await bus.fireEvent({}, 'well')
  })

  it('says that no daemon runs, at once', async () => {
    await using bus = new MasterEvent(join(fleet.folder, 'nowhere'))
    for (const attempt of [bus.connect(), bus.fireEvent({}, 'x'), bus.getEvent(), bus.iterEvents().next()]) {
      await assert.rejects(attempt, { code: 'master-unreachable' })
    }
    await using own = new MinionEvent({ sockDir: join(fleet.folder, 'nowhere'), id: 'x' })
    await assert.rejects(own.getEvent(), { code: 'minion-unreachable' })
  })

  /** Each with the key file of a master that runs, changed by the test. */
  async function withKey(change: (path: string) => void, options: Partial<SaltEventOptions> = {}): Promise<unknown> {
    const path = join(sockDir, 'bus.key')
    const key = readFileSync(path)
    try {
      change(path)
      await using bus = new MasterEvent({ sockDir, ...options })
      return await bus.fireEvent({}, 'x').catch((error) => error.code)
    } finally {
      writeFileSync(path, key)
      chmodSync(path, 0o600)
    }
  }

  it('refuses a key that others may read, another key, and one that is none', async () => {
    assert.equal(await withKey((path) => chmodSync(path, 0o640)), 'key-permissions')
    assert.equal(await withKey((path) => chmodSync(path, 0o604), { waitForDaemon: true }), 'key-permissions')
    assert.equal(await withKey((path) => writeFileSync(path, randomBytes(32))), 'key-invalid')
    assert.equal(await withKey((path) => writeFileSync(path, 'short')), 'key-invalid')
    assert.equal(await withKey(() => {}), true)
  })
})

describe('a program that begins before the daemon', () => {
  it('waits for it where it is asked to', async () => {
    await using own = new InProcessFleet()
    const daemon = await own.startMaster()
    await daemon.stop()
    await using bus = new MasterEvent({ sockDir: daemon.options.paths.sock_dir, waitForDaemon: true })
    const events = bus.iterEvents({ tag: 'salt/' })
    const fired = bus.fireEvent({ n: 1 }, 'salt/mine')
    assert.equal(await bus.getEvent({ wait: 0.05 }), undefined)
    await daemon.start()
    assert.equal(await fired, true)
    await events.ready
    assert.equal((await events.take(9000))?.tag, 'salt/mine')
  })

  it('can be ended while it waits', async () => {
    const stop = new AbortController()
    const bus = new MasterEvent({ sockDir: join(fleet.folder, 'nowhere'), waitForDaemon: true })
    const next = bus.iterEvents({ signal: stop.signal }).next()
    stop.abort()
    assert.deepEqual(await next, { done: true, value: undefined })
    const other = bus.iterEvents().next()
    const fired = assert.rejects(bus.fireEvent({}, 'x'), { code: 'cancelled' })
    await bus.close()
    await fired
    assert.deepEqual(await other, { done: true, value: undefined })
    await assert.rejects(bus.connect(), { code: 'session-closed' })
  })
})
