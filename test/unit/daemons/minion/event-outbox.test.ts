import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { pack, unpack } from '../../../../src/base/msgpack.ts'
import type { MasterCalls, MasterLinkMethods } from '../../../../src/client/master-link.ts'
import { EventOutbox, type RefusedEvent } from '../../../../src/daemons/minion/event-outbox.ts'
import { RecordSpool } from '../../../../src/engine/outlet/record-spool.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

type Request = MasterLinkMethods['fire.numbered']['params']

/** A session whose master answers when the test says so. */
class FakeSession {
  readonly requests: Request[] = []
  readonly #open: { resolve(): void; reject(error: Error): void }[] = []
  readonly #end = Promise.withResolvers<void>()
  readonly ended = this.#end.promise
  refuses: (load: unknown) => string | undefined = () => undefined

  readonly call = (async (_method: string, request: Request) => {
    this.requests.push(request)
    await new Promise<void>((resolve, reject) => this.#open.push({ resolve, reject }))
    const refused = request.events.flatMap(([seq, load]) => {
      const reason = this.refuses(unpack(load))
      return reason === undefined ? [] : [{ seq, tag: 'a', reason }]
    })
    return { taken: request.events.at(-1)?.[0] ?? 0, refused }
  }) as MasterCalls['call']

  /** The numbers of each request. */
  get seqs(): number[][] {
    return this.requests.map(({ events }) => events.map(([seq]) => seq))
  }

  async answer(count = 1): Promise<void> {
    for (const { resolve } of this.#open.splice(0, count)) resolve()
    await settle()
  }

  async fail(): Promise<void> {
    this.#open.shift()?.reject(new SaltError('overloaded', 'not now'))
    await settle()
  }

  async end(): Promise<void> {
    this.#end.resolve()
    for (const { reject } of this.#open.splice(0)) reject(new SaltError('session-closed', 'it ended'))
    await settle()
  }
}

let folder: string
let clock: FakeClock
let refused: RefusedEvent[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'))
  clock = new FakeClock()
  refused = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(maximumRecords = 100_000): EventOutbox {
  const { log } = new RecordedLog()
  const spool = new RecordSpool(join(folder, 'events.db'), { clock, log, what: 'the buffer', maximumRecords })
  return new EventOutbox({ spool, clock, log, onRefused: (event) => refused.push(event) })
}

async function begin(outbox: EventOutbox): Promise<FakeSession> {
  const session = new FakeSession()
  outbox.begin(session, session.ended)
  await settle()
  return session
}

const load = pack({ tag: 'a', data: {} })
const large = pack({ tag: 'a', data: 'x'.repeat(300_000) })

describe('the outbox of events', () => {
  it('sends in order what comes, together what comes together, and keeps it until it is taken', async () => {
    using outbox = open()
    const session = await begin(outbox)
    assert.deepEqual(session.requests, [])
    for (let count = 0; count < 3; count++) outbox.add(load)
    await settle()
    outbox.add(load)
    await settle()
    assert.deepEqual(session.seqs, [[1, 2, 3], [4]])
    assert.deepEqual(
      session.requests.map(({ acknowledged, after }) => [acknowledged, after]),
      [
        [0, 0],
        [0, 3],
      ],
    )
    assert.equal(outbox.counters.waiting, 4)
    await session.answer(2)
    assert.equal(outbox.counters.waiting, 0)
  })

  it('has four requests on their way at most, and a large one alone', async () => {
    using outbox = open()
    for (let count = 0; count < 2600; count++) outbox.add(load)
    outbox.add(large)
    outbox.add(load)
    const session = await begin(outbox)
    assert.deepEqual(
      session.seqs.map(({ length }) => length),
      [500, 500, 500, 500],
    )
    await session.answer(4)
    assert.deepEqual(
      session.seqs.slice(4).map(({ length }) => length),
      [500, 100],
    )
    await session.answer(1)
    assert.equal(session.requests.length, 6, 'the large one waits for those before it')
    await session.answer(1)
    assert.deepEqual(session.seqs.slice(6), [[2601]])
    await session.answer(1)
    assert.deepEqual(session.seqs.slice(7), [[2602]])
  })

  it('keeps what comes while there is no session, over a restart, and sends the rest again in the next', async () => {
    {
      using outbox = open()
      for (let count = 0; count < 600; count++) outbox.add(load)
      assert.equal(await outbox.answer(1, 1000), undefined, 'there is nobody to answer')
      const session = await begin(outbox)
      await session.answer(1)
      await session.end()
      assert.equal(outbox.isConnected, false)
      assert.equal(outbox.counters.waiting, 100)
      outbox.add(load)
    }
    using outbox = open()
    const session = await begin(outbox)
    assert.deepEqual(session.seqs, [Array.from({ length: 101 }, (_, index) => 501 + index)])
    assert.deepEqual([session.requests[0]?.acknowledged, session.requests[0]?.after], [500, 500])
  })

  it('sends again what was not taken, when all is answered that was on its way, and later each time', async () => {
    using outbox = open()
    for (let count = 0; count < 1200; count++) outbox.add(load)
    const session = await begin(outbox)
    await session.answer(1)
    await session.fail()
    await clock.advance(5000)
    assert.equal(session.requests.length, 3)
    await session.answer(1)
    assert.equal(outbox.counters.waiting, 700, 'what was taken out of turn does not count')
    await clock.advance(999)
    assert.equal(session.requests.length, 3)
    await clock.advance(1)
    assert.deepEqual(
      session.seqs.slice(3).map((seqs) => [seqs[0], seqs.length]),
      [
        [501, 500],
        [1001, 200],
      ],
    )
    await session.fail()
    await session.fail()
    await clock.advance(1999)
    assert.equal(session.requests.length, 5)
    await clock.advance(1)
    assert.equal(session.requests.length, 7)
    await session.answer(2)
    assert.equal(outbox.counters.waiting, 0)
  })

  it('tells the master by its numbers what was given up', async () => {
    using outbox = open(3)
    const session = await begin(outbox)
    outbox.add(load)
    await settle()
    await session.answer()
    await session.end()
    for (let count = 0; count < 10; count++) outbox.add(load)
    const [request] = (await begin(outbox)).requests
    assert.deepEqual([request?.acknowledged, request?.after], [1, 1])
    assert.deepEqual(
      request?.events.map(([seq]) => seq),
      [9, 10, 11],
    )
  })

  it('passes on what the master says to a record, if it does in time', async () => {
    using outbox = open()
    const session = await begin(outbox)
    session.refuses = (one) => ((one as { data: unknown }).data === 'bad' ? 'it is bad' : undefined)
    const bad = outbox.answer(outbox.add(pack({ tag: 'a', data: 'bad' })), 1000)
    const fine = outbox.answer(outbox.add(load), 1000)
    await settle()
    await session.answer()
    assert.deepEqual(await bad, [{ seq: 1, tag: 'a', reason: 'it is bad' }])
    assert.deepEqual(await fine, [])
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['it is bad'],
    )
    const late = outbox.answer(outbox.add(load), 1000)
    await clock.advance(1000)
    assert.equal(await late, undefined)
    const cut = outbox.answer(outbox.add(load), 1000)
    await session.end()
    assert.equal(await cut, undefined)
  })

  it('lets what waits go before the end, while somebody takes it', async () => {
    using outbox = open()
    const session = await begin(outbox)
    outbox.add(load)
    let isDrained = false
    const drained = outbox.drain(1000).then(() => {
      isDrained = true
    })
    await settle()
    assert.equal(isDrained, false)
    await session.answer()
    await drained
    outbox.add(load)
    const inVain = outbox.drain(1000)
    await clock.advance(1000)
    await inVain
    await session.end()
    await outbox.drain(1_000_000)
  })

  it('waits until the master has what was given before, and not for what comes after', async () => {
    using outbox = open()
    await outbox.taken(1_000_000)
    outbox.add(load)
    await outbox.taken(1_000_000)
    const session = await begin(outbox)
    outbox.add(load)
    let isTaken = false
    const taken = outbox.taken(1000).then(() => {
      isTaken = true
    })
    await settle()
    outbox.add(load)
    await settle()
    await session.answer(1)
    assert.equal(isTaken, false, 'the first is, the second is not')
    await session.answer(1)
    await taken
    assert.equal(outbox.counters.waiting, 1)
    const inVain = outbox.taken(1000)
    await clock.advance(1000)
    await inVain
    const broken = outbox.taken(1_000_000)
    await session.end()
    await broken
  })
})
