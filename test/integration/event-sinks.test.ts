/** Sinks of a running master: from its bus to files. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { Fleet } from '../support/fleet.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

interface Line {
  readonly tag: string
  readonly data: Readonly<Record<string, unknown>>
}

function linesOf(path: string): Line[] {
  if (!fs.existsSync(path)) return []
  const lines = fs.readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}

const numbers = (path: string): unknown[] => linesOf(path).map(({ data }) => data.number)

/** Fires numbered events in their order. */
async function fire(master: Pick<TestMaster, 'bus'>, from: number, to: number, tag = 'my/event'): Promise<void> {
  await using bus = await master.bus()
  for (let number = from; number <= to; number++) await bus.call('fire', { tag, data: { number } })
}

it('a master leads events to a sink and to event_return, and empties them when it stops', async () => {
  await using fleet = new InProcessFleet()
  const [sink, all] = ['sink.jsonl', 'all.jsonl'].map((name) => join(fleet.folder, name))
  const master = await fleet.startMaster(
    `event_sinks:\n  pings:\n    tag: salt/job/*/ret/*\n    fun: test.*\n    fields: [data.id, data.return]\n    backend: file\n    flush: 3600\n    options: {path: ${sink}, fsync: never}\n` +
      `event_return: file\nfile.path: ${all}\nevent_return_blacklist: [salt/auth]\n`,
  )
  await fleet.connect('web1', master)
  await master.publish('web1', 'test.ping')
  await master.running.drain(10_000)
  assert.deepEqual(
    linesOf(sink ?? '').map(({ data: { id, return: value, ...rest } }) => [id, value, Object.keys(rest)]),
    [['web1', true, ['_stamp']]],
  )
  const tags = linesOf(all ?? '').map(({ tag }) => tag.replace(/\d{20}/, 'JID'))
  for (const tag of ['salt/minion/web1/start', 'salt/job/JID/new', 'salt/job/JID/ret/web1'])
    assert.ok(tags.includes(tag), `${tag} among ${tags}`)
  assert.ok(!tags.includes('salt/auth'))
  await using bus = await master.bus()
  const { return: status } = await bus.call('runner', { fun: 'sinks.status', arg: [], user: 'tester' })
  const { 'sink pings': pings, 'event_return file': stored } = status as Record<string, Record<string, unknown>>
  assert.deepEqual([pings?.returner, pings?.delivered, pings?.waiting, pings?.state], ['file', 1, 0, 'idle'])
  assert.equal(stored?.dropped, 0)
})

it('a reload changes sinks without a gap, and a wrong one changes nothing', async () => {
  await using fleet = new InProcessFleet()
  const path = (name: string): string => join(fleet.folder, name)
  const sink = (name: string, more = ''): string =>
    `event_sinks:\n  mine:\n    tag: my/*\n    prio: 1\n    backend: file\n    options: {path: ${path(name)}}\n${more}`
  const master = await fleet.startMaster(sink('one'))
  await fire(master, 1, 3)
  await assert.rejects(master.reload(`${sink('two')}    fields: [id]\n`), (error: Error & { where?: string }) => {
    assert.match(error.message, /event_sinks → "mine" → "fields" → item 1: an event has no 'id'/)
    assert.match(error.where ?? '', /etc\/master:\d+$/)
    return true
  })
  await fire(master, 4, 5)
  await master.reload(sink('two'))
  await fire(master, 6, 8)
  await master.running.drain(10_000)
  assert.deepEqual([...numbers(path('one')), ...numbers(path('two'))], [1, 2, 3, 4, 5, 6, 7, 8])
  await master.reload('')
  await fire(master, 9, 9)
  await master.running.drain(10_000)
  assert.ok(!numbers(path('two')).includes(9))
})

it('a master does not start with a sink that cannot work, and says where', async () => {
  await using fleet = new InProcessFleet()
  const cases: readonly (readonly [configuration: string, message: RegExp, where: RegExp])[] = [
    ['event_sinks:\n  a: {backend: fil}\n', /no returner 'fil'.*file/, /:6$/],
    ['event_sinks:\n  a: {tag: x}\n', /there is no backend/, /:6$/],
    ['event_sinks:\n  a:\n    backend: file\n    options: {pat: /x}\n', /no option 'pat'/, /:8$/],
    ['event_sinks:\n  a:\n    backend: file\n    tag: "re:("\n', /not a valid regular expression/, /:8$/],
    ['event_sinks:\n  a: {backend: file, btach: 5}\n', /btach/, /:6$/],
    ['event_sinks:\n  a: {backend: file, batch: 0}\n', /batch must be/, /:6$/],
    ['event_sinks:\n  a: {backend: master_bus}\n', /takes no events/, /:6$/],
    ['event_return: nowhere\n', /no returner 'nowhere'/, /:5$/],
    ['event_return: file\nevent_return_whitelist: ["salt/(+"]\n', /event_return_whitelist → item 1/, /:6$/],
  ]
  for (const [configuration, message, where] of cases) {
    await assert.rejects(fleet.startMaster(configuration), (error: Error & { code?: string; where?: string }) => {
      assert.equal(error.code, 'configuration', configuration)
      assert.match(error.message, message, configuration)
      assert.match(error.where ?? '', where, `${configuration} ${error.message}`)
      return true
    })
  }
})

it('what waits for a dead backend survives kill -9 of the master', async () => {
  const path = (fleet: Fleet): string => join(fleet.folder, 'root/var/cache/salt/master/out.jsonl')
  await using fleet = await Fleet.start({
    master: `event_sinks:\n  mine:\n    tag: my/*\n    prio: 1\n    backend: file\n    spool_events: 500\n    options: {path: out.jsonl}\n`,
  })
  // While a folder is in its place, the backend takes nothing.
  fs.mkdirSync(path(fleet))
  await using drops = await fleet.events()
  await fire(fleet, 1, 700)
  const lost = await drops.until(/^salt\/drop\/sink$/)
  assert.deepEqual([lost.data.outlet, lost.data.reason], ['sink mine', 'too many wait'])
  const sum = (): number => drops.tagged(/^salt\/drop\/sink$/).reduce((all, { data }) => all + Number(data.count), 0)
  await drops.until(/^salt\/drop\/sink$/, () => sum() === 200)
  await fleet.master.end('SIGKILL')
  fs.rmdirSync(path(fleet))
  await fleet.startMaster()
  await fire(fleet, 701, 701)
  // Ending, it delivers what waits.
  await fleet.master.end()
  assert.deepEqual(
    numbers(path(fleet)),
    Array.from({ length: 501 }, (_, index) => index + 201),
  )
})

it('a minion has sinks for its own bus', async () => {
  await using fleet = await InProcessFleet.start([])
  const path = join(fleet.folder, 'minion.jsonl')
  const sinks = `event_sinks:\n  mine:\n    tag: my/*\n    backend: file\n    options: {path: ${path}}\n`
  const minion = await fleet.startMinion('web1', [fleet.master.port], sinks)
  await using bus = await minion.bus()
  await bus.call('fire', { tag: 'my/event', data: { number: 1 } })
  await bus.call('fire', { tag: 'other', data: { number: 2 } })
  await minion.running.drain(5000)
  assert.deepEqual(numbers(path), [1])
  const { outlets } = (await bus.call('status', null)) as { outlets?: readonly { name: string; delivered: number }[] }
  assert.deepEqual(
    outlets?.map(({ name, delivered }) => [name, delivered]),
    [['sink mine', 1]],
  )
})
