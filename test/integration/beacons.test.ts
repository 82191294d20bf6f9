/** Beacons of minions, as they tell their masters. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isRecord } from '../../src/base/narrow.ts'
import type { BusEvent, EventData } from '../../src/bus/event.ts'
import type { BeaconAnswer, BeaconRequest } from '../../src/client/minion-requests.ts'
import { loadMinionOptions } from '../../src/engine/options/minion-options.ts'
import { BusEvents } from '../support/bus-events.ts'
import { InProcessFleet, type TestMinion } from '../support/in-process-fleet.ts'
import { run } from '../support/program.ts'

/** A fleet whose master is watched from its start on. */
async function startFleet() {
  const fleet = await InProcessFleet.start([])
  const events = await fleet.master.events()
  const end = fleet[Symbol.asyncDispose].bind(fleet)
  const watched = join(fleet.folder, 'watched')
  mkdirSync(watched)
  return Object.assign(fleet, {
    events,
    watched,
    async [Symbol.asyncDispose]() {
      await events[Symbol.asyncDispose]()
      await end()
    },
  })
}

/** What a minion said, whichever form the master gives it. */
function saidBy({ data }: BusEvent): EventData {
  return data.cmd === '_minion_event' && isRecord(data.data) ? data.data : data
}

async function manage(minion: TestMinion, request: BeaconRequest): Promise<BeaconAnswer> {
  await using bus = await minion.bus()
  return await bus.call('beacons', request)
}

async function namesOn(minion: TestMinion): Promise<string[]> {
  return Object.keys((await manage(minion, { func: 'list' })).beacons ?? {})
}

const atOnce = '[{beacon_module: ps}, {processes: {no-such-process: stopped}}]'
const never = 'ps: [{processes: {no-such-process: running}}]'

describe('beacons', () => {
  it('tell the master and the minion of what happens', async () => {
    await using fleet = await startFleet()
    const { master, events, watched } = fleet
    const file = join(watched, 'notes')
    const configuration = `beacons:\n  file:\n    - files: [${file}]\n    - emitatstartup: false\n  gone:\n    - beacon_module: ps\n    - processes: {no-such-process: stopped}\n`
    const web = await fleet.connect('web', master, configuration)
    await using own = await BusEvents.of(await web.bus())
    const first = await events.until(/^salt\/beacon\/web\/gone\/$/)
    assert.partialDeepStrictEqual(saidBy(first), { id: 'web', 'no-such-process': 'Stopped' })
    assert.match(String(first.data._stamp), /^\d{4}-\d\d-\d\dT/)
    writeFileSync(file, 'new')
    const told = await events.until(/^salt\/beacon\/web\/file\//, (data) => JSON.stringify(data).includes('"size":3'))
    assert.equal(told.tag, `salt/beacon/web/file/${file}`)
    assert.partialDeepStrictEqual(saidBy(told), { id: 'web', path: file, exists: true, size: 3 })
    const mirrored = await own.until(/^salt\/beacon\/web\/file\//, ({ size }) => size === 3)
    assert.partialDeepStrictEqual(mirrored.data, { id: 'web', path: file })
  })

  it('are wrong each for itself, and say where', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    const entries = [
      '  psx: []',
      '  load:',
      '    - averges: {1m: [0, 1]}',
      '  ps: [{processes: {no-such-process: stopped}}]',
      '  diskusage: [{/: much}]',
      '  inotify: text',
    ]
    const web = await fleet.connect('web', master, `beacons:\n${entries.join('\n')}\n`)
    await events.until(/^salt\/beacon\/web\/ps\/$/)
    const at = (line: string) =>
      `where=.*minion:${
        readFileSync(join(web.folder, 'etc', 'minion'), 'utf8')
          .split('\n')
          .indexOf(line) + 1
      }`
    await web.log.until(new RegExp(`beacon=psx .*Did you mean 'ps'.*${at('  psx: []')}`))
    await web.log.until(
      new RegExp(`averges is not an option.*Did you mean 'averages'.*${at('    - averges: {1m: [0, 1]}')}`),
    )
    await web.log.until(/beacons.diskusage.\/ must match/)
    await web.log.until(/beacons.inotify must be a mapping/)
  })

  it('go on where a name makes no tag, and count it', async () => {
    await using fleet = await startFleet()
    const { master, events, watched } = fleet
    const folder = join(watched, ...Array.from({ length: 5 }, () => 'x'.repeat(250)))
    mkdirSync(folder, { recursive: true })
    const files = `{${folder}: {mask: [create]}, ${watched}: {mask: [create]}}`
    const web = await fleet.connect('web', master, `beacons: {inotify: [{files: ${files}}], first: ${atOnce}}\n`)
    await using own = await BusEvents.of(await web.bus())
    await events.until(/^salt\/beacon\/web\/first\/$/)
    writeFileSync(join(folder, 'deep'), '')
    await own.until(/^salt\/drop\/beacon$/, ({ count }) => count === 1)
    writeFileSync(join(watched, 'flat'), '')
    const told = await events.until(/^salt\/beacon\/web\/inotify\//)
    assert.partialDeepStrictEqual(saidBy(told), { path: join(watched, 'flat'), change: 'IN_CREATE' })
  })

  it('are disabled when they fail again and again, and can be enabled', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    // No name of a file may be as long.
    const broken = `[{files: [/${'x'.repeat(300)}]}, {beacon_module: file}, {interval: 0.01}]`
    const web = await fleet.connect('web', master, `beacons: {broken: ${broken}, ${never}}\n`)
    const disabled = /^salt\/beacon\/web\/broken\/disabled$/
    const first = await events.until(disabled)
    const data = saidBy(first)
    assert.partialDeepStrictEqual(data, { id: 'web', beacon: 'broken', failures: 5 })
    assert.match(String(data.reason), /ENAMETOOLONG/)
    assert.match(String(data.hint), /salt 'web' beacons.enable_beacon broken/)
    await web.log.until(/a beacon was disabled: it failed too often beacon=broken .*beacons.enable_beacon broken/)
    const enabled = await master.publish('web', 'beacons.enable_beacon', ['broken'])
    assert.partialDeepStrictEqual(enabled.web?.ret?.return, { comment: 'Enabled beacon broken on minion.' })
    await master.publish('web', 'beacons.modify', ['ps', [{ processes: { 'no-such-process': 'stopped' } }]])
    await events.until(/^salt\/beacon\/web\/ps\/$/)
    await events.until(disabled, ({ _stamp }) => _stamp !== first.data._stamp)
  })

  it('are changed by a job, by salt call and by an event, and the changes survive a restart', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    const configuration = `beacons: {${never}}\n`
    const web = await fleet.connect('web', master, configuration)
    const data = [{ processes: { 'no-such-process': 'stopped' } }, { beacon_module: 'ps' }]
    const added = await master.publish('web', 'beacons.add', ['gone', data])
    assert.deepEqual(added.web?.ret?.return, {
      result: true,
      comment: 'Added beacon: gone.',
      changes: { gone: 'added' },
    })
    await events.until(/^salt\/beacon\/web\/gone\/$/)
    const call = async (...words: string[]): Promise<unknown> => {
      const { stdout } = await run('source', [
        'call',
        '--local',
        '-c',
        join(web.folder, 'etc'),
        '--out',
        'json',
        ...words,
      ])
      return JSON.parse(stdout).local
    }
    const modified = await call(
      'beacons.modify',
      'gone',
      "[{'processes': {'other': 'stopped'}}, {'beacon_module': 'ps'}]",
    )
    assert.partialDeepStrictEqual(modified, { result: true, comment: 'Modified beacon: gone.' })
    await events.until(/^salt\/beacon\/web\/gone\/$/, (told) => JSON.stringify(told).includes('"other":"Stopped"'))
    await using bus = await web.bus()
    await using own = await BusEvents.of(await web.bus())
    await bus.call('fire', { tag: 'manage_beacons', data: { func: 'delete', name: 'ps' } })
    const { data: told } = await own.until(/^\/salt\/minion\/minion_beacon_delete_complete$/)
    assert.partialDeepStrictEqual(told, { complete: true, comment: 'Deleting beacon item ps' })
    await bus.call('fire', { tag: 'manage_beacons', data: { func: 'nonsense' } })
    await web.log.until(/a request to the beacons was refused/)
    assert.deepEqual(await namesOn(web), ['gone'])
    assert.ok(existsSync(join(web.folder, 'etc', 'minion.d', 'beacons.conf')))
    await web.stop()
    await (await web.start([master.port], configuration)).connected()
    assert.deepEqual((await manage(web, { func: 'list' })).beacons, {
      gone: [{ processes: { other: 'stopped' } }, { beacon_module: 'ps' }],
    })
  })

  it('are taken up from the configuration while the minion runs', async () => {
    await using fleet = await startFleet()
    const web = await fleet.connect('web', fleet.master, `beacons: {${never}}\n`)
    const file = join(web.folder, 'etc', 'minion')
    writeFileSync(file, readFileSync(file, 'utf8').replace('running}', 'stopped}'))
    await web.running.reload(await loadMinionOptions({ configDir: join(web.folder, 'etc') }))
    await fleet.events.until(/^salt\/beacon\/web\/ps\/$/)
  })
})
