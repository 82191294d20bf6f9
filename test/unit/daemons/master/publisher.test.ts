import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import type { Log } from '../../../../src/base/log.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { pack, unpack } from '../../../../src/base/msgpack.ts'
import type { BusEvent } from '../../../../src/bus/event.ts'
import { EventBus } from '../../../../src/bus/event-bus.ts'
import type { JobReturn, PublishItem, PublishRequest } from '../../../../src/client/api.ts'
import { MinionCache } from '../../../../src/daemons/master/minion-cache.ts'
import { MinionSession, MinionSessions } from '../../../../src/daemons/master/minion-sessions.ts'
import { Publisher } from '../../../../src/daemons/master/publisher.ts'
import { JidClock } from '../../../../src/engine/jobs/jid.ts'
import { openJobStore } from '../../../../src/engine/jobs/job-store.ts'
import { jobSignaturePurpose } from '../../../../src/engine/jobs/signature.ts'
import type { CloseReason, RecordChannel } from '../../../../src/wire/channel.ts'
import { temporaryIdentity, verify } from '../../../../src/wire/identity.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'

/** A channel that keeps what is sent. */
class Channel implements RecordChannel {
  readonly peer
  readonly sent: Record<string, unknown>[] = []
  readonly closed: Promise<CloseReason>
  isOpen = true
  readonly isCongested = false
  #end: (reason: CloseReason) => void = () => {}

  constructor(name: string, fingerprint = 'fp') {
    this.peer = { name, role: 'minion', fingerprint }
    this.closed = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  send(record: unknown): boolean {
    // As the other side gets it.
    if (this.isOpen) this.sent.push(unpack(pack(record)) as Record<string, unknown>)
    return this.isOpen
  }

  close(reason: CloseReason = { code: 'closed', message: 'closed' }): void {
    this.isOpen = false
    this.#end(reason)
  }

  onRecord(): void {}
  flush(): void {}
  drain = (): Promise<void> => Promise.resolve()
  relieved = (): Promise<void> => Promise.resolve()
  ping = (): Promise<boolean> => Promise.resolve(this.isOpen)
}

class Fixture {
  readonly clock = new FakeClock()
  readonly identity = temporaryIdentity()
  readonly bus = new EventBus({ clock: this.clock })
  readonly sessions = new MinionSessions()
  readonly cache = new MinionCache(':memory:', { clock: this.clock, log: silentLog })
  readonly store = openJobStore(':memory:', { clock: this.clock, log: silentLog })
  readonly events: BusEvent[] = []
  readonly warnings: string[] = []
  publisher: Publisher

  readonly #pending: number

  constructor(accepted: readonly string[] = ['a', 'b', 'c'], pending = 0) {
    this.#pending = pending
    this.bus.subscribe(
      () => true,
      (item) => {
        if ('events' in item) this.events.push(...item.events)
        return true
      },
    )
    this.publisher = this.#make(accepted)
  }

  #make(accepted: readonly string[]): Publisher {
    const log: Log = { ...silentLog, warning: (message) => void this.warnings.push(message) }
    return new Publisher({
      identity: this.identity,
      clock: this.clock,
      log,
      bus: this.bus,
      store: this.store,
      sessions: this.sessions,
      cache: this.cache,
      jids: new JidClock(this.clock),
      nodegroups: () => ({}),
      reconnectMs: 10_000,
      queueTtlMs: () => 86_400_000,
      accepted: () => accepted,
      pillar: () => undefined,
      pending: () => this.#pending,
    })
  }

  /** As after a restart of the master. */
  restart(): void {
    this.publisher[Symbol.dispose]()
    this.publisher = this.#make(['a', 'b', 'c'])
    this.publisher.resume()
  }

  connect(id: string, running: readonly string[] = []): { channel: Channel; session: MinionSession } {
    const channel = new Channel(id)
    const session = new MinionSession({ id, instance: id, channel, clock: this.clock })
    this.publisher.connected(session, running)
    this.sessions.add(session)
    void channel.closed.then(() => {
      if (this.sessions.remove(session)) this.publisher.disconnected(id)
    })
    return { channel, session }
  }

  publish(more: Partial<PublishRequest> = {}): { jid: string; items: PublishItem[] } {
    const items: PublishItem[] = []
    const request: PublishRequest = {
      tgt: '*',
      tgt_type: 'glob',
      fun: 'test.ping',
      arg: [],
      user: 'root',
      ret: '',
      timeout: 5,
      ...more,
    }
    const job = this.publisher.publish(request, {}, (item) => items.push(item))
    return { jid: job.jid, items }
  }

  tags(): readonly string[] {
    this.bus.flush()
    return this.events.map(({ tag }) => tag)
  }

  statesOf(jid: string): readonly string[] {
    return this.store.outcomes(jid).map(({ id, state }) => `${id} ${state}`)
  }
}

function returnOf(id: string, jid: string): JobReturn {
  return { id, jid, fun: 'test.ping', fun_args: [], return: true, retcode: 0, success: true }
}

const shown = (items: readonly PublishItem[]): readonly string[] =>
  items.map((item) => (item.kind === 'outcome' ? `${item.id} ${item.state}` : item.kind))

describe('publishing', () => {
  it('sends a signed job to the connected targets and ends the others at once', async () => {
    const fixture = new Fixture()
    const a = fixture.connect('a')
    const { jid, items } = fixture.publish()
    assert.deepEqual(shown(items), ['published', 'b not-connected', 'c not-connected'])
    await settle()
    const [record] = a.channel.sent
    assert.ok(record?.body instanceof Uint8Array && record.signature instanceof Uint8Array)
    assert.ok(verify(fixture.identity.publicKeyRaw, jobSignaturePurpose, record.body, record.signature))
    assert.deepEqual(unpack(record.body), {
      jid,
      tgt: '*',
      tgt_type: 'glob',
      fun: 'test.ping',
      arg: [],
      ret: '',
      user: 'root',
      issuedAt: fixture.clock.now(),
      expiresAt: fixture.clock.now() + 30_000,
    })
    fixture.publisher.returned(a.session, returnOf('a', jid))
    assert.deepEqual(shown(items).slice(3), ['a returned'])
    assert.notEqual(fixture.store.get(jid)?.closedAt, undefined)
    assert.deepEqual(fixture.tags(), [
      `salt/job/${jid}/new`,
      `salt/job/${jid}/state/b`,
      `salt/job/${jid}/state/c`,
      `salt/job/${jid}/ret/a`,
    ])
  })

  it('tells of the ids of a list that no accepted key has, and sends them nothing', () => {
    const fixture = new Fixture()
    fixture.connect('a')
    const { jid, items } = fixture.publish({ tgt: ['nosuch', 'a', 'b', '../x'], tgt_type: 'list' })
    assert.deepEqual(shown(items), ['published', 'nosuch denied', 'b not-connected'])
    assert.deepEqual(fixture.store.get(jid)?.minions, ['a', 'b', 'nosuch'])
    assert.throws(() => fixture.publish({ tgt: ['nosuch'], tgt_type: 'list' }), { code: 'no-match' })
  })

  it('says that keys wait when none is accepted yet', () => {
    assert.throws(() => new Fixture([], 2).publish(), { code: 'no-match', hint: /2 keys wait/ })
    assert.throws(() => new Fixture([], 1).publish(), { code: 'no-match', hint: /one key waits/ })
    const isPlain = (error: unknown): boolean => error instanceof SaltError && error.hint === undefined
    assert.throws(() => new Fixture([]).publish(), isPlain)
    assert.throws(() => new Fixture(['a'], 2).publish({ tgt: 'nobody' }), isPlain)
  })

  it('refuses a target that means nobody, and a job that cannot be sent, before anybody hears of it', () => {
    const fixture = new Fixture()
    assert.throws(() => fixture.publish({ tgt: 'nobody' }), { code: 'no-match' })
    assert.throws(() => fixture.publish({ tgt: '' }), { code: 'bad-target' })
    assert.throws(() => fixture.publish({ arg: [() => {}] }), { code: 'bad-arguments' })
    assert.throws(() => fixture.publish({ arg: [Buffer.alloc(33 * 1024 * 1024)] }), { code: 'bad-arguments' })
    assert.deepEqual(fixture.tags(), [])
    assert.deepEqual(fixture.store.list(), [])
    assert.equal(fixture.clock.pending, 0)
  })

  it('refuses a jid that is in use', () => {
    const fixture = new Fixture()
    const { jid } = fixture.publish()
    assert.throws(() => fixture.publish({ jid }), { code: 'bad-arguments' })
  })
})

describe('a return', () => {
  it('counts once', () => {
    const fixture = new Fixture(['a'])
    const { session } = fixture.connect('a')
    const { jid, items } = fixture.publish()
    fixture.publisher.returned(session, returnOf('a', jid))
    fixture.publisher.returned(session, { ...returnOf('a', jid), return: 'again' })
    assert.deepEqual(shown(items), ['published', 'a returned'])
    assert.equal(fixture.tags().filter((tag) => tag.includes('/ret/')).length, 1)
    assert.equal(fixture.store.outcomes(jid)[0]?.ret?.return, true)
  })

  it('that comes late takes the place of the state that was given up', async () => {
    const fixture = new Fixture(['a'])
    const { session } = fixture.connect('a')
    const { jid } = fixture.publish()
    await fixture.clock.advance(5000)
    assert.deepEqual(fixture.statesOf(jid), ['a no-ack'])
    fixture.publisher.returned(session, returnOf('a', jid))
    assert.deepEqual(fixture.statesOf(jid), ['a returned'])
    assert.ok(fixture.tags().includes(`salt/job/${jid}/ret/a`))
  })

  it('that comes again from a minion that did not hear of the first counts once', async () => {
    const fixture = new Fixture(['a', 'b'])
    const { session } = fixture.connect('a')
    const { jid } = fixture.publish()
    for (let time = 0; time < 3; time += 1) fixture.publisher.returned(session, returnOf('a', jid))
    assert.deepEqual(
      fixture.tags().filter((tag) => tag.includes('/ret/')),
      [`salt/job/${jid}/ret/a`],
    )
  })

  it('is acknowledged with the next job, or after a while', async () => {
    const fixture = new Fixture(['a'])
    const { channel, session } = fixture.connect('a')
    const kinds = (): unknown[] => channel.sent.splice(0).map(({ kind }) => kind)
    session.acknowledgeReturn(1)
    session.acknowledgeReturn(2)
    fixture.publish()
    await settle()
    assert.deepEqual(kinds(), ['acknowledge', 'job'])
    fixture.publish()
    await settle()
    assert.deepEqual(kinds(), ['job'])
    session.acknowledgeReturn(3)
    await fixture.clock.advance(1000)
    assert.deepEqual(kinds(), ['acknowledge'])
  })

  it('of a job that never meant the minion is dropped and told', () => {
    const fixture = new Fixture()
    fixture.connect('a')
    const b = fixture.connect('b')
    const { jid } = fixture.publish({ tgt: 'a' })
    fixture.publisher.returned(b.session, returnOf('b', jid))
    fixture.publisher.returned(b.session, returnOf('b', '20200101000000000000'))
    assert.deepEqual(fixture.statesOf(jid), [])
    assert.equal(fixture.warnings.length, 2)
    assert.equal(fixture.tags().filter((tag) => tag === 'salt/drop/return').length, 2)
  })

  it('of work that nobody published is a job of its own', () => {
    const fixture = new Fixture()
    const jid = '20260101000000000099'
    fixture.publisher.returnedUnasked(returnOf('a', jid), 'root')
    assert.deepEqual(fixture.statesOf(jid), ['a returned'])
    assert.notEqual(fixture.store.get(jid)?.closedAt, undefined)
  })

  it('of work that nobody published does not enter the job of somebody else', () => {
    const fixture = new Fixture()
    fixture.connect('a')
    const { jid, items } = fixture.publish({ tgt: 'a' })
    fixture.publisher.returnedUnasked(returnOf('b', jid), 'root')
    assert.deepEqual(fixture.statesOf(jid), [])
    assert.equal(fixture.store.get(jid)?.closedAt, undefined)
    assert.ok(fixture.tags().includes('salt/drop/return'))
    fixture.publisher.returnedUnasked(returnOf('a', jid), 'root')
    assert.deepEqual(shown(items), ['published', 'a returned'])
    assert.deepEqual(fixture.statesOf(jid), ['a returned'])
  })
})

describe('a connection that ends', () => {
  it('before the job was confirmed ends the target at once, and the job is not sent again', async () => {
    const fixture = new Fixture(['a'])
    const first = fixture.connect('a')
    const { items } = fixture.publish()
    first.channel.close()
    await settle(1)
    assert.deepEqual(shown(items), ['published', 'a not-connected'])
    const second = fixture.connect('a')
    assert.deepEqual(second.channel.sent, [])
  })

  it('without the master having noticed, ends it when the minion comes anew', () => {
    const fixture = new Fixture(['a'])
    fixture.connect('a')
    const { items } = fixture.publish()
    const second = fixture.connect('a')
    assert.deepEqual(shown(items), ['published', 'a not-connected'])
    assert.deepEqual(second.channel.sent, [])
  })

  it('while the job runs lets it go on', async () => {
    const fixture = new Fixture(['a'])
    const first = fixture.connect('a')
    const { jid, items } = fixture.publish()
    fixture.publisher.live(jid)?.acknowledged('a')
    first.channel.close()
    await settle(1)
    const second = fixture.connect('a', [jid])
    await fixture.clock.advance(60_000)
    assert.deepEqual(shown(items), ['published'])
    fixture.publisher.returned(second.session, returnOf('a', jid))
    assert.deepEqual(shown(items), ['published', 'a returned'])
  })

  it('and a minion that comes back without the job gets time for its spool, and no more', async () => {
    const fixture = new Fixture(['a'])
    const first = fixture.connect('a')
    const { jid, items } = fixture.publish()
    fixture.publisher.live(jid)?.acknowledged('a')
    first.channel.close()
    await settle(1)
    fixture.connect('a', [])
    await fixture.clock.advance(10_000)
    assert.deepEqual(shown(items), ['published', 'a timeout'])
  })
})

describe('a queued job', () => {
  const queue = 3600

  it('whose confirmation was lost is sent again, and its only return counts', async () => {
    const fixture = new Fixture(['a'])
    const first = fixture.connect('a')
    const { jid, items } = fixture.publish({ queue })
    await settle()
    first.channel.close()
    await settle(1)
    assert.deepEqual(shown(items), ['published', 'a queued'])
    const second = fixture.connect('a')
    await settle()
    assert.deepEqual(second.channel.sent[0]?.body, first.channel.sent[0]?.body)
    fixture.publisher.ranBefore('a', jid)
    fixture.publisher.returned(second.session, returnOf('a', jid))
    assert.deepEqual(fixture.statesOf(jid), ['a returned'])
    assert.notEqual(fixture.store.get(jid)?.closedAt, undefined)
    second.channel.close()
    await settle(1)
    const third = fixture.connect('a')
    await settle()
    assert.deepEqual(third.channel.sent, [])
    assert.equal(fixture.clock.pending, 0)
  })

  it('that the minion has run before, without a return to be had, is told so', async () => {
    const fixture = new Fixture(['a'])
    const { jid } = fixture.publish({ queue })
    fixture.connect('a')
    await settle()
    fixture.publisher.ranBefore('a', jid)
    await fixture.clock.advance(10_000)
    const [outcome] = fixture.store.outcomes(jid)
    assert.deepEqual(outcome, {
      id: 'a',
      state: 'timeout',
      reason: 'the minion has run the job before, and its return did not come',
    })
  })

  it('is not sent again once the minion has confirmed it', async () => {
    const fixture = new Fixture(['a'])
    const { jid } = fixture.publish({ queue })
    const first = fixture.connect('a')
    await settle()
    fixture.publisher.acknowledged('a', jid)
    assert.deepEqual(fixture.statesOf(jid), ['a running'])
    first.channel.close()
    await settle(1)
    const second = fixture.connect('a')
    await settle()
    assert.deepEqual(second.channel.sent, [])
    fixture.restart()
    const third = fixture.connect('a')
    await settle()
    assert.deepEqual(third.channel.sent, [])
    await fixture.clock.advance(10_000)
    assert.deepEqual(fixture.statesOf(jid), ['a timeout'])
  })

  it('that a minion runs already when it comes is not sent', async () => {
    const fixture = new Fixture(['a'])
    const { jid } = fixture.publish({ queue })
    const { channel, session } = fixture.connect('a', [jid])
    await settle()
    assert.deepEqual(channel.sent, [])
    assert.deepEqual(fixture.statesOf(jid), ['a running'])
    fixture.publisher.returned(session, returnOf('a', jid))
    assert.deepEqual(fixture.statesOf(jid), ['a returned'])
  })

  it('waits on when a minion does not confirm it, and takes a late confirmation', async () => {
    const fixture = new Fixture(['a'])
    fixture.connect('a')
    const { jid, items } = fixture.publish({ queue })
    await fixture.clock.advance(5000)
    assert.deepEqual(shown(items), ['published', 'a queued'])
    fixture.publisher.acknowledged('a', jid)
    assert.deepEqual(fixture.statesOf(jid), ['a running'])
    assert.deepEqual(fixture.publisher.live(jid)?.openTargets, ['a'])
  })

  it('ends for its follower when the others have; what becomes of the rest is told while somebody listens', async () => {
    const fixture = new Fixture(['a', 'b'])
    const a = fixture.connect('a')
    const { jid, items } = fixture.publish({ queue })
    assert.deepEqual(fixture.publisher.withdraw(jid, 'root', ['a', 'b']), ['b'])
    fixture.publisher.returned(a.session, returnOf('a', jid))
    assert.deepEqual(shown(items), ['published', 'b queued', 'b withdrawn', 'a returned'])
    assert.notEqual(fixture.store.get(jid)?.closedAt, undefined)
  })

  it('is taken up by a new master, for the time that is left', async () => {
    const fixture = new Fixture(['a', 'b', 'gone'])
    const { jid } = fixture.publish({ queue, arg: [1.5, 'x'], delimiter: '|' })
    await fixture.clock.advance(1_800_000)
    fixture.restart()
    assert.deepEqual(fixture.statesOf(jid), ['a queued', 'b queued', 'gone denied'])
    const a = fixture.connect('a')
    await settle()
    const { body } = a.channel.sent[0] ?? {}
    assert.ok(body instanceof Uint8Array)
    const issuedAt = fixture.clock.now() - 1_800_000
    assert.partialDeepStrictEqual(unpack(body), { jid, delimiter: '|', queue: true, issuedAt, arg: [1.5, 'x'] })
    assert.partialDeepStrictEqual(unpack(body), { expiresAt: issuedAt + 3_600_000 })
    fixture.publisher.refused('a', jid, 'expired', 'late')
    assert.equal(fixture.store.get(jid)?.closedAt, undefined)
    await fixture.clock.advance(1_800_000)
    assert.deepEqual(fixture.statesOf(jid), ['a expired', 'b expired', 'gone denied'])
    assert.notEqual(fixture.store.get(jid)?.closedAt, undefined)
  })

  it('is sent in the order of the jobs, to each minion as it comes', async () => {
    const fixture = new Fixture(['a', 'b'])
    const jids = [1, 2, 3].map((number) => fixture.publish({ queue, arg: [number] }).jid)
    for (const id of ['b', 'a']) {
      const { channel } = fixture.connect(id)
      await settle()
      const got = channel.sent.map(({ body }) => body instanceof Uint8Array && (unpack(body) as { jid: string }).jid)
      assert.deepEqual(got, jids, id)
    }
  })
})

describe('a restart of the master', () => {
  it('takes up the jobs that were open, and shows all their targets to a follower', async () => {
    const fixture = new Fixture()
    const a = fixture.connect('a')
    fixture.connect('b')
    const { jid } = fixture.publish()
    fixture.publisher.live(jid)?.acknowledged('b')
    fixture.publisher.returned(a.session, returnOf('a', jid))
    fixture.restart()
    assert.deepEqual(fixture.publisher.live(jid)?.openTargets, ['b'])
    const items: PublishItem[] = []
    const followed = fixture.publisher.follow(jid, (item) => items.push(item))
    const b = fixture.connect('b', [jid])
    fixture.publisher.returned(b.session, returnOf('b', jid))
    await followed
    assert.deepEqual(shown(items), ['published', 'a returned', 'c not-connected', 'b returned'])
  })

  it('gives up what does not come back', async () => {
    const fixture = new Fixture(['a'])
    fixture.connect('a')
    const { jid } = fixture.publish()
    fixture.restart()
    await fixture.clock.advance(10_000)
    assert.deepEqual(fixture.statesOf(jid), ['a timeout'])
    assert.equal(fixture.publisher.liveJobs().length, 0)
  })
})

describe('a target', () => {
  it('that grants a permission means no minion whose grains are unknown', () => {
    const fixture = new Fixture(['db', 'new', 'web'])
    fixture.cache.set('db', 'fp', { role: 'db' })
    fixture.cache.set('web', 'fp', { role: 'web' })
    const compound = (tgt: string) => ({ tgt, tgt_type: 'compound' })
    assert.deepEqual(fixture.publisher.resolve(compound('not G@role:db')), ['new', 'web'])
    assert.deepEqual(fixture.publisher.resolveKnown(compound('not G@role:db')), ['web'])
    assert.deepEqual(fixture.publisher.resolveKnown(compound('G@role:db')), ['db'])
    assert.deepEqual(fixture.publisher.resolveKnown(compound('not web')), ['db', 'new'])
    assert.deepEqual(fixture.publisher.resolveKnown(compound('not I@secret:yes')), [])
  })
})

describe('the sessions of an id', () => {
  const admitted = (sessions: MinionSessions, fingerprint: string): Channel => {
    const channel = new Channel('a', fingerprint)
    sessions.admit('a', channel)
    return channel
  }

  it('end with its key, those included that have not said hello and those of salt call', async () => {
    const sessions = new MinionSessions()
    const channels = [admitted(sessions, 'old'), admitted(sessions, 'old'), admitted(sessions, 'new')]
    sessions.revoke('a', 'replaced', 'new')
    assert.deepEqual(
      channels.map(({ isOpen }) => isOpen),
      [false, false, true],
    )
    sessions.revoke('a', 'deleted')
    assert.equal(channels[2]?.isOpen, false)
  })

  it('are bounded, and those that ended do not count', async () => {
    const sessions = new MinionSessions()
    const channels = Array.from({ length: 64 }, () => admitted(sessions, 'fp'))
    assert.equal(sessions.isFull('a'), true)
    assert.equal(sessions.isFull('b'), false)
    channels[0]?.close()
    await settle(1)
    assert.equal(sessions.isFull('a'), false)
  })
})
