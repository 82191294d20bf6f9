import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { asSaltError } from '../../src/base/errors.ts'
import { isRecord } from '../../src/base/narrow.ts'
import { InProcessFleet, type TestMinion } from '../support/in-process-fleet.ts'
import { run } from '../support/program.ts'

/** Values of the returns that a returner wrote into this file, in the order of their jobs. */
function written(file: string): readonly unknown[] {
  using database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('SELECT full_ret FROM salt_returns ORDER BY jid, id').all()
  return rows.map(({ full_ret }) => JSON.parse(String(full_ret)).return)
}

function waysOf({ options }: TestMinion): readonly string[] {
  return readdirSync(join(options.paths.cachedir, 'outlets')).filter((file) => file.endsWith('.way'))
}

describe('returners of a job', () => {
  it('get its return, and one that is dead holds up nobody', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await using events = await master.events()
    const outcomes = await master.publish('*', 'test.echo', ['here'], {
      ret: 'sqlite,master_bus',
      ret_kwargs: { database: '/nonexistent/a/b.db', tag: 'monitoring' },
    })
    assert.equal(outcomes.one?.state, 'returned')
    const { data } = await events.until(/^monitoring$/)
    assert.equal(data.id, 'one')
    const { return: value, fun } = data.data as Record<string, unknown>
    assert.deepEqual([value, fun], ['here', 'test.echo'])
    await minion.log.until(/WARNING a backend takes no deliveries.*returner=sqlite/)
    assert.equal(waysOf(minion).length, 2)
  })

  it('are told of as unknown, with the nearest name, and the job is none the worse', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await using events = await master.events()
    await using local = await minion.events()
    const outcomes = await master.publish('*', 'test.ping', [], { ret: 'sqlit' })
    assert.equal(outcomes.one?.ret?.return, true)
    await minion.log.until(/ERROR a return was not given to a returner .*there is no returner 'sqlit'.*'sqlite'/)
    const told = await events.until(/^salt\/minion\/one\/returner$/)
    assert.match(String((told.data.data as Record<string, unknown>).reason), /Did you mean 'sqlite'/)
    const dropped = await local.until(/^salt\/drop\/returner$/)
    assert.deepEqual([dropped.data.count, dropped.data.returner], [1, 'sqlit'])
  })

  it('refuse arguments that they do not have, and show no secret', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await master.publish('*', 'test.ping', [], { ret: 'sqlite', ret_kwargs: { databse: 'hunter2' } })
    const line = await minion.log.until(/has no option 'databse'/)
    assert.match(line, /'database'/)
    assert.doesNotMatch(line, /hunter2/)
  })

  it('are refused a reserved tag by the master, by name', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await using local = await minion.events()
    await master.publish('*', 'test.ping', [], { ret: 'master_bus', ret_kwargs: { tag: 'salt/job/1/ret/other' } })
    await minion.log.until(/ERROR a delivery was given up.*salt\/job/)
    await local.until(/^salt\/drop\/returner$/)
  })

  it('of the configuration get every return, and of a peer job those it names', async () => {
    await using fleet = await InProcessFleet.start([], "peer: {'.*': ['.*']}\n")
    const { master } = fleet
    const file = join(fleet.folder, 'all.db')
    const one = await fleet.connect('one', master, `return: [sqlite]\nsqlite.database: ${file}\n`)
    await fleet.connect('two', master, `alternative.master_bus.tag: peers\nmaster_bus.tag: peers\n`)
    await using events = await master.events()
    await master.publish('one', 'publish.full_data', [
      'two',
      'test.echo',
      'hi',
      { __kwarg__: true, returner: 'master_bus' },
    ])
    const { data } = await events.until(/^peers$/)
    assert.equal(data.id, 'two')
    await one.running.drain(8000)
    await one.stop()
    const [value] = written(file)
    assert.ok(isRecord(value))
    assert.deepEqual(Object.keys(value), ['two'])
  })

  it('that the configuration names wrongly keep the minion from starting, with the place', async () => {
    await using fleet = await InProcessFleet.start([])
    const faults: readonly [string, RegExp][] = [
      ['return: sqlit', /there is no returner 'sqlit'.*'sqlite'/],
      ['return: [sqlite]\nsqlite.databse: x', /'sqlite\.databse' is no option.*'database'/],
      ['return: [multi_returner]\nmulti_returner: [nosuch]', /there is no returner 'nosuch'/],
      ['return: master_bus', /'tag' of the returner master_bus is missing/],
    ]
    for (const [configuration, expected] of faults) {
      await assert.rejects(fleet.startMinion('one', [fleet.master.port], `${configuration}\n`), (thrown) => {
        const { code, message, where } = asSaltError(thrown)
        assert.deepEqual([code, /minion:\d+$/.test(where ?? '')], ['configuration', true], message)
        assert.match(message, expected)
        return true
      })
    }
  })

  it('get what waited when the minion is started again', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const folder = join(fleet.folder, 'later')
    const minion = await fleet.connect('one', master)
    const order = { ret: 'sqlite', ret_kwargs: { database: join(folder, 'returns.db') } }
    // Below a file nothing can be written, and nobody's rights change that.
    writeFileSync(folder, 'a file')
    await master.publish('*', 'test.echo', [1], order)
    await master.publish('*', 'test.echo', [2], order)
    await minion.log.until(/a backend takes no deliveries/)
    await minion.stop()
    rmSync(folder)
    await minion.start([master.port])
    await minion.connected()
    await minion.running.drain(8000)
    assert.deepEqual(written(join(folder, 'returns.db')), [1, 2])
    // What is no longer needed is gone with the minion.
    await minion.stop()
    assert.deepEqual(waysOf(minion), [])
  })

  it('show their credentials nowhere', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await using events = await master.events()
    await using local = await minion.events()
    await master.publish('*', 'test.ping', [], {
      ret: 'master_bus,nosuch',
      ret_kwargs: { tag: 'mine', password: 'hunter2' },
    })
    await minion.log.until(/password/)
    await master.stop()
    const shown = JSON.stringify([events.seen, local.seen, master.log.lines, minion.log.lines])
    assert.doesNotMatch(shown, /hunter2/)
    const jobs = join(master.options.paths.cachedir, 'jobs.db')
    assert.equal(readFileSync(jobs).includes('hunter2'), false)
  })
})

describe('salt call --return', () => {
  function call(minion: TestMinion, ...words: readonly string[]) {
    return run('source', ['call', '-c', join(minion.folder, 'etc'), ...words])
  }

  it('waits until the backend has the result, with a minion beside it and without one', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    const file = join(fleet.folder, 'returns.db')
    const order = ['--return', 'sqlite', '--return_kwargs', `{database: ${file}}`]
    const beside = await call(minion, 'test.echo', 'beside', ...order)
    assert.deepEqual([beside.exitCode, beside.stderr], [0, ''])
    assert.deepEqual(written(file), ['beside'])
    await minion.stop()
    const alone = await call(minion, '--local', 'test.echo', 'alone', ...order)
    assert.deepEqual([alone.exitCode, alone.stderr], [0, ''])
    assert.deepEqual(written(file), ['beside', 'alone'])
    assert.deepEqual(waysOf(minion), [])
  })

  it('puts the result on the bus of the master', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await using events = await master.events()
    const { exitCode } = await call(minion, 'test.ping', '--return=master_bus', '--return_kwargs', '{tag: mine}')
    assert.equal(exitCode, 0)
    const { data } = await events.until(/^mine$/)
    assert.deepEqual([data.id, isRecord(data.data) && data.data.fun], ['one', 'test.ping'])
  })

  it('says that the result waits on disk, where the minion finds it later', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await minion.stop()
    const order = ['--return', 'master_bus', '--return_kwargs', '{tag: late}']
    const { exitCode, stderr } = await call(minion, '--local', 'test.ping', ...order)
    assert.equal(exitCode, 0)
    assert.match(stderr, /the returner master_bus takes nothing now; the result waits on disk, .*: ./)
    await using events = await master.events()
    await minion.start([master.port])
    assert.equal((await events.until(/^late$/)).data.id, 'one')
  })

  it('ends with 1 where a returner can never have it, and runs nothing for wrong words', async () => {
    await using fleet = await InProcessFleet.start([])
    const minion = await fleet.connect('one', fleet.master)
    const unknown = await call(minion, 'test.ping', '--return', 'sqlit')
    assert.equal(unknown.exitCode, 1)
    assert.match(unknown.stdout, /True/)
    assert.match(unknown.stderr, /sqlit was not given the result: .*there is no returner 'sqlit'/)
    const wrong = await call(minion, 'test.ping', '--return', 'sqlite', '--return_kwargs', 'x')
    assert.deepEqual([wrong.exitCode, wrong.stdout], [64, ''])
  })
})

describe('salt --return', () => {
  it('warns of a name that this version does not have, and runs the job', async () => {
    await using fleet = await InProcessFleet.start(['one'])
    const words = ['-c', join(fleet.master.folder, 'etc'), '*', 'test.ping', '--return']
    const { exitCode, stdout, stderr } = await run('source', [...words, 'sqlit'])
    assert.deepEqual([exitCode, stdout], [0, 'one:\n    True\n'])
    assert.equal(stderr, "There is no returner 'sqlit' in this version. Did you mean 'sqlite'?\n")
    assert.match(
      (await run('source', [...words, 'sqlite3'])).stderr,
      /no returner 'sqlite3' in this version\. It is called sqlite here/,
    )
    const idle = await run('source', [...words.slice(0, -1), '--return_config', 'x'])
    assert.equal(idle.exitCode, 64)
  })
})

describe('a queued job', () => {
  it('takes its returners along', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('one', master)
    await using events = await master.events()
    await minion.stop()
    await events.until(/^salt\/minion\/one\/stop$/)
    await master.begin('one', 'test.ping', [], { queue: 60, ret: 'master_bus', ret_config: 'of' })
    await master.stop()
    await master.start()
    await using later = await master.events()
    await minion.start([master.port], 'of.master_bus.tag: queued\n')
    assert.equal((await later.until(/^queued$/)).data.id, 'one')
  })
})
