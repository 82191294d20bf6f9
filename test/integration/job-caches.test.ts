import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { asSaltError } from '../../src/base/errors.ts'
import { isRecord } from '../../src/base/narrow.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

async function runner(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  await using bus = await master.bus()
  return (await bus.call('runner', { fun, arg, user: 'tester' })).return
}

function source(name: string): Record<string, unknown> {
  return { __kwarg__: true, ext_source: name }
}

describe('job caches of the master', () => {
  it('get jobs and returns, and are read for what the master has forgotten', async () => {
    await using fleet = new InProcessFleet()
    const database = `sqlite.database: ${join(fleet.folder, 'jobs-elsewhere.db')}\n`
    const configuration = `master_job_cache: sqlite\n${database}`
    const master = await fleet.startMaster(configuration)
    await fleet.connect('one', master)
    const jid = '20260102030405060708'
    const outcomes = await master.publish('*', 'test.echo', ['kept'], { jid })
    assert.equal(outcomes.one?.state, 'returned')
    await master.running.drain(8000)
    const job = await runner(master, 'jobs.list_job', jid, source('sqlite'))
    assert.ok(isRecord(job))
    assert.deepEqual(job.Minions, ['one'])
    assert.deepEqual(await runner(master, 'jobs.lookup_jid', jid, source('sqlite')), { one: 'kept' })
    const listed = await runner(master, 'jobs.list_jobs', source('sqlite'))
    assert.deepEqual(Object.keys(listed as object), [jid])
    await master.stop()
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(master.options.paths.cachedir, `jobs.db${suffix}`), { force: true })
    await master.start(configuration)
    assert.deepEqual(await runner(master, 'jobs.list_jobs'), {})
    assert.deepEqual(await runner(master, 'jobs.lookup_jid', jid), { one: 'kept' })
    assert.deepEqual(await runner(master, 'jobs.lookup_jid', '20260102030405060709'), {})
  })

  it('hold up no job where they are away', async () => {
    await using fleet = new InProcessFleet()
    const folder = join(fleet.folder, 'folder')
    writeFileSync(folder, 'a file')
    const configuration = `master_job_cache: sqlite\nsqlite.database: ${folder}/jobs.db\n`
    const master = await fleet.startMaster(configuration)
    await fleet.connect('one', master)
    assert.equal((await master.publish('*', 'test.ping')).one?.ret?.return, true)
    await master.log.until(/WARNING a backend takes no deliveries.*master_job_cache sqlite/)
    const status = await runner(master, 'sinks.status')
    assert.ok(isRecord(status) && isRecord(status['master_job_cache sqlite']))
    assert.equal(status['master_job_cache sqlite'].waiting, 2)
  })

  it('are given returns by the minions, where they are external', async () => {
    await using fleet = new InProcessFleet()
    const database = `sqlite.database: ${join(fleet.folder, 'shared.db')}\n`
    const master = await fleet.startMaster(`ext_job_cache: sqlite\n${database}`)
    const minion = await fleet.connect('one', master, database)
    const jid = await master.begin('*', 'test.echo', ['there'])
    await master.follow(jid)
    await minion.running.drain(8000)
    await master.running.drain(8000)
    const job = await runner(master, 'jobs.list_job', jid, source('sqlite'))
    assert.ok(isRecord(job))
    assert.deepEqual([job.Function, job.Target], ['test.echo', '*'])
    assert.deepEqual(await runner(master, 'jobs.lookup_jid', jid, source('sqlite')), { one: 'there' })
  })

  for (const [what, configuration, expected] of [
    ['of an unknown name', 'master_job_cache: sqlit', /there is no returner 'sqlit'.*'sqlite'/],
    [
      'that take no jobs',
      'master_job_cache: syslog',
      /syslog takes no returns of jobs|takes no jobs with their targets/,
    ],
    ['with wrong options', 'master_job_cache: sqlite\nsqlite.timeot: 1', /'sqlite\.timeot' is no option/],
    ['of an unknown name outside', 'ext_job_cache: nosuch', /there is no returner 'nosuch'/],
  ] as const) {
    it(`${what} keep the master from starting, with the place`, async () => {
      await using fleet = new InProcessFleet()
      await assert.rejects(fleet.startMaster(configuration), (thrown) => {
        const { code, message, where } = asSaltError(thrown)
        assert.deepEqual([code, /master:\d+$/.test(where ?? '')], ['configuration', true])
        assert.match(message, expected)
        return true
      })
    })
  }

  it('that cannot be read are told of as such', async () => {
    await using fleet = await InProcessFleet.start([])
    const asked = (name: string) => runner(fleet.master, 'jobs.list_jobs', source(name))
    assert.match(String(await asked('nosuch')), /there is no returner 'nosuch'/)
    assert.match(String(await asked('syslog')), /syslog cannot be read from/)
  })
})
