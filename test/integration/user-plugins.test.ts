/** Returners and beacons of the user's own, from the file roots of a master to what they do on a minion. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { isRecord } from '../../src/base/narrow.ts'
import type { BusEvent, EventData } from '../../src/bus/event.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { run } from '../support/program.ts'

/** Tells each return on the bus of the master, and there in the log what happens to it. */
const teller = `
export async function returner(ret, { tag }, ctx) {
  if (ret.return === 'never') return impossible('it takes no such thing')
  if (ret.return === 'broken' && ctx.config.get('mended') === undefined) throw new Error('nobody listens')
  await ctx.emit(tag, { ret })
}
export async function event_return(events, { tag }, ctx) {
  for (const { tag: about } of events) await ctx.emit(tag, { about })
}
`
const teaser = `
export const interval = 0.1
export function beacon({ size, fail }, state) {
  if (fail) throw new Error('no sensor')
  state.n = (state.n ?? 0) + 1
  return state.n > 1 ? [] : [{ tag: 'first', text: 'x'.repeat(size ?? 1) }]
}
`

/** A fleet whose master has these files in its file roots. */
async function startFleet(files: Readonly<Record<string, string>>, configuration = '') {
  const fleet = await InProcessFleet.start([])
  const { master } = fleet
  const roots = join(fleet.folder, 'srv')
  await master.stop()
  await master.start(`file_roots: {base: [${roots}]}\nfile_ignore_glob: []\n${configuration}`)
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(roots, name)), { recursive: true })
    writeFileSync(join(roots, name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return Object.assign(fleet, { write, roots })
}

async function call(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  return Object.values(await master.publish('*', fun, arg))[0]?.ret?.return
}

function saidBy({ data }: BusEvent): EventData {
  return data.cmd === '_minion_event' && isRecord(data.data) ? data.data : data
}

/** `RETURN` of a return that the teller told. */
const toldIn = (event: BusEvent): unknown => {
  const { ret } = saidBy(event)
  return isRecord(ret) ? ret.return : undefined
}

describe('a returner of the user', () => {
  it('gets what jobs, the configuration and the schedule give it', async () => {
    await using fleet = await startFleet({ '_returners/teller.js': teller })
    const { master } = fleet
    const schedule = `schedule: {beat: {function: test.echo, args: [beat], seconds: 1, returner: teller, return_kwargs: {tag: planned}}}`
    const configuration = `return: teller\nteller.tag: always\n${schedule}\n`
    const one = await fleet.connect('one', master, configuration)
    await one.log.until(/WARNING a returner is not here yet.*returner=teller/)
    await using events = await master.events()
    assert.deepEqual(await call(master, 'saltutil.sync_returners'), ['returners.teller'])
    assert.deepEqual(await call(master, 'sys.list_returners', 'teller'), ['teller'])
    await master.publish('*', 'test.echo', ['for a job'], { ret: 'teller', ret_kwargs: { tag: 'asked' } })
    assert.equal(toldIn(await events.until(/^asked$/)), 'for a job')
    assert.equal(toldIn(await events.until(/^planned$/)), 'beat')
    await master.publish('*', 'test.echo', ['every one'])
    await events.until(/^always$/, (data) => JSON.stringify(data).includes('every one'))
    // It is there from the start on, for the next minion on this host.
    await one.stop()
    one.forget()
    await one.start([master.port], configuration)
    await one.connected()
    await master.publish('*', 'test.echo', ['again'])
    await events.until(/^always$/, (data) => JSON.stringify(data).includes('again'))
  })

  it('that fails is tried again, and tells; what it never takes is given up, and told', async () => {
    await using fleet = await startFleet({ '_returners/teller.js': teller })
    const { master } = fleet
    const one = await fleet.connect('one', master, 'teller.tag: told\n')
    await using events = await master.events()
    await using own = await one.events()
    await call(master, 'saltutil.sync_returners')
    const order = { ret: 'teller' }
    await master.publish('*', 'test.echo', ['never'], order)
    await own.until(/^salt\/drop\/returner$/, ({ reason }) => reason === 'refused by the backend')
    await master.publish('*', 'test.echo', ['broken'], order)
    const fault = await own.until(/^salt\/outlet\/fault$/)
    assert.match(String(fault.data.message), /nobody listens \(.*teller\.js:4\)/)
    fleet.write('_returners/teller.js', teller.replace('throw new Error', 'console.log'))
    assert.deepEqual(await call(master, 'saltutil.sync_all'), {
      ...{ modules: [], grains: [], states: [], returners: ['returners.teller'], beacons: [], output: [], utils: [] },
    })
    assert.equal(toldIn(await events.until(/^told$/)), 'broken')
    await own.until(/^salt\/outlet\/well$/)
  })

  it('that cannot be loaded keeps no minion from starting, and loses nothing', async () => {
    await using fleet = await startFleet({ '_returners/teller.js': 'throw new Error("not today")' })
    const { master } = fleet
    const configuration = 'return: [teller]\nteller.tag: told\nevent_sinks: {s: {backend: teller, tag: mine}}\n'
    const one = await fleet.connect('one', master, 'teller.tag: told\n')
    await call(master, 'saltutil.sync_returners')
    await one.stop()
    one.forget()
    await one.start([master.port], configuration)
    await one.connected()
    await using events = await master.events()
    await master.publish('*', 'test.echo', ['kept'])
    await one.log.until(/WARNING a backend takes no deliveries.*teller\.js:1: not today/)
    fleet.write('_returners/teller.js', teller)
    await call(master, 'saltutil.sync_returners')
    await events.until(/^told$/, (data) => JSON.stringify(data).includes('kept'))
  })

  it('works for `salt call`, beside a minion and without one', async () => {
    const writer = `import { appendFileSync } from 'node:fs'\nexport const returner = (ret, { path }) => appendFileSync(path, ret.return + '\\n')\n`
    await using fleet = await startFleet({ '_returners/writer.js': writer })
    const out = join(fleet.folder, 'out')
    const one = await fleet.connect('one', fleet.master, `writer.path: ${out}\n`)
    const salt = (...words: string[]) => run('source', ['call', '-c', join(one.folder, 'etc'), ...words])
    const own = await one.events()
    await salt('saltutil.sync_returners')
    // The minion that runs here loads it as well.
    await own.until(/^\/salt\/minion\/minion_mod_complete$/)
    assert.equal((await salt('--return', 'writer', 'test.echo', 'with')).exitCode, 0)
    await own[Symbol.asyncDispose]()
    await one.stop()
    assert.equal((await salt('--local', '--return', 'writer', 'test.echo', 'without')).exitCode, 0)
    assert.deepEqual(readFileSync(out, 'utf8').trim().split('\n'), ['with', 'without'])
  })

  it('takes events of a master, which syncs it for itself', async () => {
    await using fleet = await startFleet({ '_returners/teller.js': teller })
    const { master } = fleet
    await using bus = await master.bus()
    const answer = await bus.call('runner', { fun: 'saltutil.sync_returners', arg: [], user: 'root' })
    assert.deepEqual(answer.return, ['returners.teller'])
    await master.reload(`event_sinks: {mine: {backend: teller, tag: 'a/*'}}\nteller.tag: told\n`)
    await using events = await master.events()
    await bus.call('fire', { tag: 'a/b', data: {} })
    assert.equal((await events.until(/^told$/)).data.about, 'a/b')
  })
})

describe('a beacon of the user', () => {
  it('tells as soon as it is synced, and no more when it is gone', async () => {
    await using fleet = await startFleet({ '_beacons/teaser.js': teaser })
    const { master } = fleet
    const one = await fleet.connect(
      'one',
      master,
      'beacons: {teaser: [], faulty: [{beacon_module: teaser}, {fail: true}]}\n',
    )
    await one.log.until(/a beacon is wrong.*teaser is no beacon/)
    await using events = await master.events()
    assert.deepEqual(await call(master, 'saltutil.sync_beacons'), ['beacons.teaser'])
    const told = await events.until(/^salt\/beacon\/one\/teaser\/first$/)
    assert.partialDeepStrictEqual(saidBy(told), { text: 'x', id: 'one' })
    const disabled = await events.until(/^salt\/beacon\/one\/faulty\/disabled$/)
    assert.match(String(saidBy(disabled).reason), /no sensor/)
    const available = await call(master, 'beacons.list_available', false)
    assert.equal(Array.isArray(available) && available.includes('teaser'), true)
    rmSync(join(fleet.roots, '_beacons/teaser.js'))
    await call(master, 'saltutil.sync_beacons')
    await one.log.until(/beacon=faulty.*is no beacon/)
  })

  it('begins anew on `saltutil.refresh_beacons`, and an event that is too large is told as such', async () => {
    const many =
      "export const beacon = () => Array.from({ length: 10 }, (_, n) => ({ tag: 'x', n, text: 'x'.repeat(20_000) }))"
    await using fleet = await startFleet({ '_beacons/teaser.js': teaser, '_beacons/many.js': many })
    const { master } = fleet
    const one = await fleet.connect(
      'one',
      master,
      'max_event_size: 100000\nbeacons: {many: [], big: [{beacon_module: teaser}, {size: 200000}], faulty: [{beacon_module: teaser}, {fail: true}]}\n',
    )
    await using events = await master.events()
    await using own = await one.events()
    await call(master, 'saltutil.sync_beacons')
    const refused = await own.until(/^salt\/event\/refused$/)
    assert.partialDeepStrictEqual(refused.data, { tag: 'salt/beacon/one/big/first' })
    await events.until(/^salt\/beacon\/one\/many\/x$/, (data) => JSON.stringify(data).includes('"n":9'))
    await events.until(/^salt\/beacon\/one\/faulty\/disabled$/)
    events.seen.length = 0
    assert.equal(await call(master, 'saltutil.refresh_beacons'), true)
    await events.until(/^salt\/beacon\/one\/faulty\/disabled$/)
  })
})
