/** Events that go from a minion to the bus of its master: who may fire what, and what becomes of it when something is in the way. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { BusEvent } from '../../src/bus/event.ts'
import type { MinionBus } from '../../src/client/master-bus.ts'
import { BusEvents } from '../support/bus-events.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'

type Data = Readonly<Record<string, unknown>>

function withoutStamp({ data: { _stamp, ...data } }: BusEvent): Data {
  return data
}

describe('an event for the masters', () => {
  let fleet: InProcessFleet
  let master: TestMaster
  let web: TestMinion
  let bus: MinionBus
  let events: BusEvents
  let local: BusEvents

  before(async () => {
    fleet = new InProcessFleet()
    master = await fleet.startMaster()
    events = await master.events()
    mkdirSync(join(fleet.folder, 'modules'))
    writeFileSync(
      join(fleet.folder, 'modules', 'own.ts'),
      `export const own = defineModule({
        name: 'own',
        doc: 'Events of a module of the user.',
        functions: {
          told: fn({
            doc: 'Tell the masters, by a function and by hand.',
            args: { tag: s.string('The tag') },
            returns: s.any(),
            examples: [],
            async run(ctx, { tag }) {
              await ctx.emit('fire_master', { data: { by: 'hand' }, tag: tag + '/hand' })
              return ctx.salt('event.fire_master', [{ by: 'module' }, tag])
            },
          }),
          wrong: fn({ doc: 'Throw.', returns: s.any(), examples: [], run() { throw new RangeError('too far') } }),
        },
      })`,
    )
    web = await fleet.connect('web', master, `module_dirs: ['${fleet.folder}']\n`)
    bus = await web.bus()
    local = await BusEvents.of(await web.bus())
  })
  after(async () => {
    for (const one of [events, local, bus]) await one?.[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
  })

  const fire = (data: Data, tag = 'fire_master') => bus.call('fire', { tag, data })
  /** What came under a tag, when all that was fired before has come, too. */
  let count = 0
  const cameUnder = async (tag: RegExp): Promise<Data[]> => {
    count += 1
    await fire({ tag: `end/${count}`, data: {} })
    await events.until(new RegExp(`^end/${count}$`))
    return events.tagged(tag).map(withoutStamp)
  }

  it('comes from any program on the bus of the minion, as the whole load', async () => {
    await fire({ tag: 'my/single', data: { drop: 'drip' }, id: 'other', events: null, pretag: null })
    assert.deepEqual(await cameUnder(/^my\/single$/), [
      { id: 'web', cmd: '_minion_event', pretag: null, data: { drop: 'drip' }, tag: 'my/single' },
    ])
  })

  it('comes in a list, each under its own tag, and again under the pretag', async () => {
    const list = ['drap', 'drep', 'drip'].map((message) => ({ message, tag: 'bucket' }))
    await fire({ id: 'web', events: list, tag: null, pretag: null, data: null })
    assert.deepEqual(
      await cameUnder(/^bucket$/),
      list.map((item) => ({ ...item, id: 'web' })),
    )
    await fire({ events: [{ tag: 'deep', data: { a: 1, id: 'forged' } }], pretag: 'pre' })
    assert.deepEqual(await cameUnder(/^(pre\/)?deep$/), Array(2).fill({ a: 1, id: 'web' }))
  })

  it('comes from functions of a job, and from modules of the user', async () => {
    const [fired, sent, own] = [
      await master.publish('web', 'event.fire_master', [{ a: 1 }, 'job/fired']),
      await master.publish('web', 'event.send', ['job/sent', { a: 1 }, { __kwarg__: true, with_grains: ['id'], b: 2 }]),
      await master.publish('web', 'own.told', ['job/own']),
    ]
    for (const outcome of [fired, sent, own]) assert.equal(outcome.web?.ret?.return, true, JSON.stringify(outcome))
    const load = { id: 'web', cmd: '_minion_event', pretag: null }
    assert.deepEqual(await cameUnder(/^job\/(fired|sent|own)/), [
      { ...load, data: { a: 1 }, tag: 'job/fired' },
      { ...load, data: { grains: { id: 'web' }, b: 2, a: 1 }, tag: 'job/sent' },
      { ...load, data: { by: 'hand' }, tag: 'job/own/hand' },
      { ...load, data: { by: 'module' }, tag: 'job/own' },
    ])
  })

  it('shows a preload beside the data, but for what the session says', async () => {
    const preload = { id: 'forged', cmd: 'forged', stage: 3 }
    await master.publish('web', 'event.fire_master', [{ a: 1 }, 'my/preload', { __kwarg__: true, preload }])
    assert.deepEqual(await cameUnder(/^my\/preload$/), [
      { stage: 3, id: 'web', cmd: '_minion_event', data: { a: 1 }, tag: 'my/preload' },
    ])
  })

  it('is refused by name under a tag that is not the minion’s, and says so on its bus', async () => {
    const refused = [
      ['salt/job/20260102030405060708/ret/other', /begin with 'salt\/job'/],
      ['salt/minion/other/start', /another minion's, of 'other'/],
      ['20260102030405060708', /a job id/],
      ['a\n\nb', /a line break/],
      ['y'.repeat(65_536), /longer than 1024/],
    ] as const
    for (const [tag, reason] of refused) {
      local.seen.length = 0
      await fire({ tag, data: {} })
      const { data } = await local.until(/^salt\/event\/refused$/)
      assert.match(String(data.reason), reason)
      assert.deepEqual([data.id, String(data.tag).slice(0, 10)], ['web', tag.replaceAll('\n', '·').slice(0, 10)])
    }
    assert.deepEqual(await cameUnder(/^(salt\/job\/.*\/ret\/other|salt\/minion\/other\/start|2026.*|a.*b|y+)$/), [])
    assert.equal((await master.publish('web', 'event.fire_master', [{}, 'salt/key'])).web?.ret?.return, false)
    assert.match(web.log.matching(/not for the masters/)[0] ?? '', /^WARNING .*id=web count=1 reason=/)
  })

  it('is refused in part where a list has tags of others, and the rest comes', async () => {
    local.seen.length = 0
    await fire({ events: [{ tag: 'part/a' }, { tag: 'salt/auth' }, 'words', { tag: 'part/b' }] })
    assert.equal((await cameUnder(/^part\//)).length, 2)
    await local.until(/^salt\/event\/refused$/, ({ reason }) => /must be a mapping/.test(String(reason)))
    assert.deepEqual(
      local.tagged(/^salt\/event\/refused$/).map(({ data }) => [data.tag, data.master]),
      [
        ['salt/auth', `127.0.0.1:${master.port}`],
        ['', `127.0.0.1:${master.port}`],
      ],
    )
  })

  it('is refused when it is too large, or names nothing', async () => {
    for (const [data, reason] of [
      [{}, /neither a tag nor a list/],
      [{ data: { a: 1 } }, /neither a tag nor a list/],
    ] as const) {
      local.seen.length = 0
      await fire(data)
      assert.match(String((await local.until(/^salt\/event\/refused$/)).data.reason), reason)
    }
    const big = fire({ tag: 'big', data: 'x'.repeat(1_048_576) })
    await assert.rejects(big, { code: 'bad-arguments', message: /more than the 1048576 of max_event_size/ })
    assert.deepEqual(await cameUnder(/^big$/), [])
    const large = { tag: 'large', data: { text: 'x'.repeat(900_000) } }
    await fire(large)
    assert.equal((await cameUnder(/^large$/)).length, 1)
  })

  it('of a function that throws is _salt_error, on both buses', async () => {
    await master.publish('web', 'own.wrong')
    const { data } = await local.until(/^_salt_error$/)
    const told = await events.until(/^_salt_error$/)
    const { message } = data
    assert.match(String(message), /^RangeError: too far \(.*own\.ts:15\)$/)
    assert.deepEqual([data.args, (data.job as Data).fun], [[message], 'own.wrong'])
    assert.deepEqual([told.data.id, (told.data.data as Data).message], ['web', message])
  })

  it('does not go to the master by event.fire, and a refresh can be asked for by one', async () => {
    await master.publish('web', 'event.fire', [{ a: 1 }, 'here/only'])
    await local.until(/^here\/only$/)
    local.seen.length = 0
    await fire({}, 'module_refresh')
    assert.deepEqual(withoutStamp(await local.until(/^\/salt\/minion\/minion_mod_complete$/)), { complete: true })
    assert.deepEqual(await cameUnder(/^here\/only$/), [])
  })

  it('comes of a flood, all in order, while others are served', async () => {
    const db = await fleet.connect('db', master)
    await using flood = await BusEvents.of(await master.bus())
    const events = Array.from({ length: 500 }, (_, index) => ({ tag: 'flood', data: { index } }))
    for (let round = 0; round < 40; round++) await fire({ events })
    const outcome = await master.publish('db', 'test.ping')
    assert.equal(outcome.db?.ret?.return, true)
    await fire({ tag: 'flood/end', data: {} })
    await flood.until(/^flood\/end$/)
    const indices = flood.tagged(/^flood$/).map(({ data }) => data.index)
    assert.deepEqual(
      indices,
      Array.from({ length: 20_000 }, (_, index) => index % 500),
    )
    await db.stop()
  })
})
