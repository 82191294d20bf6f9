import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pack } from '../../../../src/base/msgpack.ts'
import type { BusEvent } from '../../../../src/bus/event.ts'
import { EventBus } from '../../../../src/bus/event-bus.ts'
import { MinionEvents } from '../../../../src/daemons/master/minion-events.ts'
import { compileMinionEventTags } from '../../../../src/engine/authorization/minion-event-tags.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

class Scene {
  readonly clock = new FakeClock()
  readonly log = new RecordedLog()
  readonly seen: BusEvent[] = []
  readonly events: MinionEvents
  tags: unknown

  constructor() {
    const bus = new EventBus({ clock: this.clock })
    bus.subscribe(
      () => true,
      (item) => {
        if ('events' in item) this.seen.push(...item.events)
        return true
      },
    )
    this.events = this.restart(bus)
  }

  restart(bus: EventBus): MinionEvents {
    const { clock, log } = this
    return new MinionEvents({ bus, clock, log: log.log, tags: () => compileMinionEventTags(this.tags) })
  }

  /** Records with these numbers, all of the one epoch. */
  async take(seqs: readonly number[], { id = 'web1', epoch = 1, acknowledged = 0, after = (seqs[0] ?? 1) - 1 } = {}) {
    const events = seqs.map((seq) => [seq, pack({ tag: `my/${seq}`, data: {} })])
    return this.events.take(id, { epoch, acknowledged, after, events })
  }

  async told(): Promise<string[]> {
    await settle(1)
    return this.seen.map(({ tag, data }) => (tag === 'salt/event/dropped' ? `${data.id} lost ${data.count}` : tag))
  }
}

describe('the events of minions', () => {
  it('are fired under the id of the session, and refused by name', async () => {
    const scene = new Scene()
    const answer = await scene.events.fire('web1', {
      events: [
        { tag: 'my/tag', data: { a: 1 }, id: 'web2' },
        { tag: 'salt/key', data: {} },
        { tag: 'salt/minion/web2/start', data: {} },
        { events: [{ tag: 'b', data: {} }], pretag: 'salt/job' },
        {},
      ],
    })
    assert.equal(answer.fired, 2)
    assert.deepEqual(answer.refused, [
      "tags that begin with 'salt/key' are the master's own: 'salt/key'",
      "the tag is another minion's, of 'web2': 'salt/minion/web2/start'",
      "tags that begin with 'salt/job' are the master's own: 'salt/job/b'",
      'there is neither a tag nor a list of events',
    ])
    assert.deepEqual(await scene.told(), ['my/tag', 'b'])
    assert.equal(scene.seen[0]?.data.id, 'web1')
    assert.equal(scene.log.lines.length, 1, 'many refusals are not a line each')
    assert.match(scene.log.lines[0] ?? '', /^WARNING refused events of a minion id=web1 count=1 reason=tags that begin/)
    scene.events[Symbol.dispose]()
    assert.match(scene.log.lines[1] ?? '', /id=web1 count=3 reason=there is neither/)
  })

  it('are those that minion_event_tags names, as it is now', async () => {
    const scene = new Scene()
    scene.tags = { 'web*': ['my/*'] }
    const events = [{ tag: 'my/a' }, { tag: 'your/a' }]
    assert.deepEqual(await scene.events.fire('web1', { events }), {
      fired: 1,
      refused: ["minion_event_tags of the master does not name the tag: 'your/a'"],
    })
    assert.equal((await scene.events.fire('db', { events })).fired, 0)
    scene.tags = undefined
    assert.equal((await scene.events.fire('db', { events })).fired, 2)
  })

  it('are fired once each, in order, however often they are sent', async () => {
    const scene = new Scene()
    assert.deepEqual(await scene.take([1, 2, 3]), { taken: 3, refused: [] })
    await scene.take([1, 2, 3, 4])
    await scene.take([4, 5], { acknowledged: 3 })
    await scene.take([1, 2], { id: 'web2' })
    assert.deepEqual(await scene.told(), ['my/1', 'my/2', 'my/3', 'my/4', 'my/5', 'my/1', 'my/2'])
  })

  it('begin anew with an epoch, and an old one goes on where it was', async () => {
    const scene = new Scene()
    await scene.take([1, 2])
    await scene.take([1], { epoch: 2 })
    await scene.take([2, 3])
    assert.deepEqual(await scene.told(), ['my/1', 'my/2', 'my/1', 'my/3'])
  })

  it('that will never come are told with their number', async () => {
    const scene = new Scene()
    await scene.take([4, 5], { after: 0 })
    await scene.take([4, 5, 9], { after: 0 })
    await scene.take([20], { id: 'web2', acknowledged: 17, after: 17 })
    assert.deepEqual(await scene.told(), ['web1 lost 3', 'my/4', 'my/5', 'web1 lost 3', 'my/9', 'web2 lost 2', 'my/20'])
    assert.deepEqual(scene.seen[0]?.data.reason, 'more events than the buffer of the minion holds')
  })

  it('are not lost by a master that knows nothing of those before', async () => {
    const scene = new Scene()
    await scene.take([501, 502], { acknowledged: 500, after: 500 })
    assert.deepEqual(await scene.told(), ['my/501', 'my/502'])
  })

  it('are not taken before their turn', async () => {
    const scene = new Scene()
    await scene.take([1])
    await assert.rejects(scene.take([3], { after: 2 }), { code: 'overloaded' })
    await scene.take([2, 3])
    assert.deepEqual(await scene.told(), ['my/1', 'my/2', 'my/3'])
  })

  it('of a record that cannot be read or may not be fired are refused with its number', async () => {
    const scene = new Scene()
    const events = [
      [1, Buffer.from([0xc1])],
      [2, pack('words')],
      [3, pack({ tag: 'salt/run/1', data: {} })],
      [4, pack({ tag: 'a\n\nb', data: {} })],
      [5, pack({ tag: 'fine', data: {} })],
    ]
    const answer = await scene.events.take('web1', { epoch: 1, acknowledged: 0, after: 0, events })
    assert.deepEqual(
      answer.refused.map(({ seq, tag }) => [seq, tag]),
      [
        [1, ''],
        [2, ''],
        [3, 'salt/run/1'],
        [4, 'a··b'],
      ],
    )
    assert.equal(answer.taken, 5)
    assert.deepEqual(await scene.told(), ['fine'])
  })

  it('that make no sense are refused as a whole', async () => {
    const { events } = new Scene()
    for (const params of [
      {},
      { events: [] },
      { epoch: 1, acknowledged: 0, after: -1, events: [] },
      { epoch: 0.5, acknowledged: 0, after: 0, events: [] },
      { epoch: 1, acknowledged: 0, after: 0, events: [[1, 'text']] },
      { epoch: 1, acknowledged: 0, after: 0, events: [['1', pack({})]] },
    ]) {
      await assert.rejects(async () => events.take('web1', params), { code: 'bad-arguments' })
    }
    await assert.rejects(async () => events.fire('web1', { events: 'a' }), { code: 'bad-arguments' })
    await assert.rejects(async () => events.fire('web1', { events: ['a'] }), { code: 'bad-arguments' })
  })

  it('come in between those of a minion that floods, whose requests are bounded', async () => {
    const scene = new Scene()
    const list = Array.from({ length: 20_000 }, () => ({ tag: 'flood', data: { text: 'x'.repeat(80) } }))
    const flood = Array.from({ length: 20 }, async () => scene.events.fire('web1', { events: [{ events: list }] }))
    const results = Promise.allSettled(flood)
    await scene.events.fire('web2', { events: [{ tag: 'quiet' }] })
    await settle(1)
    const before = scene.seen.findIndex(({ tag }) => tag === 'quiet')
    assert.ok(before >= 0 && before < 2000, `${before} events of the flood came first`)
    const ended = await results
    const refused = ended.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
    assert.ok(refused.length > 5 && refused.length < 15, `${refused.length} requests were refused`)
    assert.deepEqual([...new Set(refused)], ['overloaded'])
    await settle(1)
    assert.equal(scene.seen.length, 20_000 * (20 - refused.length) + 1)
    assert.equal((await scene.events.fire('web1', { events: [{ tag: 'later' }] })).fired, 1)
  })

  it('may be very many small requests', async () => {
    const scene = new Scene()
    const list = Array.from({ length: 1000 }, () => ({ tag: 'list', data: {} }))
    const all = [scene.events.fire('web1', { events: [{ events: list }] })]
    for (let count = 0; count < 1000; count++) all.push(scene.events.fire('web1', { events: [{ tag: 'small' }] }))
    await Promise.all(all)
    assert.deepEqual(new Set((await scene.told()).slice(0, 1000)), new Set(['list']))
    assert.equal(scene.seen.length, 2000)
  })
})
