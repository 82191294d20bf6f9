import assert from 'node:assert/strict'
import { test } from 'node:test'
import { version } from '../../../src/base/build-info.ts'
import { isRecord } from '../../../src/base/narrow.ts'
import { someJob, someReturn } from '../../support/returner-world.ts'
import { jid, record, returned, run, type World } from '../../support/runner-world.ts'

const twoAndGhost: World = {
  publish: () => [returned('beta', true), { id: 'ghost', state: 'not-connected' }, returned('alpha', true)],
  accepted: ['ghost', 'beta', 'alpha'],
  connected: ['beta', 'alpha'],
  grains: { alpha: { ipv4: ['127.0.0.1', '10.0.0.2'] } },
}

test('manage.status, up and down', async () => {
  assert.deepEqual((await run(twoAndGhost, 'manage.status')).value, { up: ['alpha', 'beta'], down: ['ghost'] })
  assert.deepEqual((await run(twoAndGhost, 'manage.up')).value, ['alpha', 'beta'])
  assert.deepEqual((await run(twoAndGhost, 'manage.down')).value, ['ghost'])
})

test('manage.up hands on its target and time limit', async () => {
  const { published } = await run(twoAndGhost, 'manage.up', 'tgt=role:web', 'tgt_type=grain', 'timeout=2')
  assert.deepEqual(published, [{ tgt: 'role:web', tgtType: 'grain', fun: 'test.ping', timeoutSeconds: 2 }])
})

for (const name of ['list_state', 'present', 'joined', 'allowed', 'alived', 'reaped']) {
  test(`manage.${name} asks nobody`, async () => {
    const { value, published } = await run(twoAndGhost, `manage.${name}`)
    assert.deepEqual(value, ['alpha', 'beta'])
    assert.equal(published.length, 0)
    assert.deepEqual((await run(twoAndGhost, `manage.${name}`, 'subset=[beta]')).value, ['beta'])
  })
}

for (const name of ['list_not_state', 'not_present', 'not_joined', 'not_allowed', 'not_alived', 'not_reaped']) {
  test(`manage.${name}`, async () => {
    assert.deepEqual((await run(twoAndGhost, `manage.${name}`)).value, ['ghost'])
  })
}

test('manage.present with addresses', async () => {
  assert.deepEqual((await run(twoAndGhost, 'manage.present', 'show_ip=true')).value, { alpha: '10.0.0.2', beta: '' })
})

test('manage.versions', async () => {
  const publish = () => [
    returned('old', '0.0.9'),
    returned('same', version),
    returned('new', '99.1'),
    returned('bad', 'x', false),
  ]
  assert.deepEqual((await run({ publish }, 'manage.versions')).value, {
    Master: version,
    'Minion offline': { bad: false },
    'Minion newer than master': { new: '99.1' },
    'Minion requires update': { old: '0.0.9' },
    'Up to date': { same: version },
  })
})

const stored: World = { jobs: [record(jid)], outcomes: [returned('alpha', true), returned('beta', 'x', false)] }
const detail = {
  Function: 'test.ping',
  Arguments: [],
  Target: '*',
  'Target-type': 'glob',
  User: 'root',
  Minions: ['alpha', 'beta'],
  StartTime: '2026, Nov 21 02:55:04.701682',
  Result: {
    alpha: { return: true, retcode: 0, success: true },
    beta: { return: 'x', retcode: 1, success: false },
  },
}

test('jobs.list_job, print_job and last_run', async () => {
  const { value } = await run(stored, 'jobs.list_job', jid)
  assert.deepEqual(value, { jid, ...detail })
  assert.deepEqual(Object.keys(value as object), [
    'jid',
    'Function',
    'Arguments',
    'Target',
    'Target-type',
    'User',
    'Minions',
    'StartTime',
    'Result',
  ])
  assert.deepEqual((await run(stored, 'jobs.print_job', jid)).value, { [jid]: detail })
  assert.deepEqual((await run(stored, 'jobs.last_run')).value, { [jid]: detail })
  assert.equal((await run(stored, 'jobs.last_run', 'function=cmd.*')).value, false)
})

test('a job that is not known', async () => {
  const { value } = await run(stored, 'jobs.list_job', '20200101000000000000')
  assert.match(JSON.stringify(value), /"Error":"The job cache has no job with this id\./)
  assert.deepEqual((await run(stored, 'jobs.lookup_jid', '20200101000000000000')).value, {})
})

test('minions without a return are listed with their state', async () => {
  const world: World = { jobs: [record(jid)], outcomes: [returned('alpha', true), { id: 'beta', state: 'timeout' }] }
  const { value } = await run(world, 'jobs.list_job', jid)
  assert.deepEqual((value as { States?: unknown }).States, { beta: 'timeout' })
  assert.deepEqual((await run(world, 'jobs.lookup_jid', jid)).value, { alpha: true })
  assert.deepEqual((await run(world, 'jobs.lookup_jid', jid, 'missing=true')).value, {
    alpha: true,
    beta: 'Minion did not return. [timeout]',
  })
  assert.deepEqual((await run(world, 'jobs.exit_success', jid)).value, { alpha: true, beta: false })
})

const many: World = {
  jobs: [
    record('20261121010000000000', { fun: 'test.echo', tgt: 'web1', minions: ['web1'], metadata: { a: 1 } }),
    record('20261121020000000000', { fun: 'saltutil.find_job' }),
    record('20261121030000000000', { fun: 'cmd.run', tgt: ['db1', 'db2'], minions: ['db1', 'db2'] }),
  ],
}

for (const [words, jids] of [
  [[], ['01', '02', '03']],
  [['search_function=test.*,cmd.run'], ['01', '03']],
  [["search_function=['cmd.*']"], ['03']],
  [['search_target=db*'], ['03']],
  [['search_metadata={a: 1}'], ['01']],
  [["start_time='2026-11-21 01:30'"], ['02', '03']],
  [["end_time='2026, Nov 21 02:00:00'"], ['01', '02']],
  [["start_time='2026-11-21T01:30:00Z'", "end_time='2026-11-21 02:30'"], ['02']],
] as const) {
  test(`jobs.list_jobs ${words.join(' ')}`, async () => {
    const { value } = await run(many, 'jobs.list_jobs', ...words)
    assert.deepEqual(
      Object.keys(value as object),
      jids.map((hour) => `20261121${hour}0000000000`),
    )
  })
}

test('jobs.list_jobs refuses what is no date and no mapping', async () => {
  await assert.rejects(run(many, 'jobs.list_jobs', 'start_time=someday'), /start_time is not a date: 'someday'/)
  await assert.rejects(run(many, 'jobs.list_jobs', 'search_metadata=x'), /search_metadata must be a mapping/)
})

test('jobs.list_jobs_filter', async () => {
  const keys = async (...words: string[]) =>
    Object.keys((await run(many, 'jobs.list_jobs_filter', ...words)).value as object)
  assert.deepEqual(await keys('2'), ['20261121010000000000', '20261121030000000000'])
  assert.deepEqual(await keys('2', 'filter_find_job=false'), ['20261121020000000000', '20261121030000000000'])
})

test('jobs.active asks the minions of open jobs for the processes', async () => {
  const { closedAt: _, ...open } = record(jid, { fun: 'test.sleep', arg: [8] })
  const world: World = {
    jobs: [open],
    outcomes: [returned('beta', true)],
    publish: () => [returned('alpha', [{ jid, pid: 6401 }])],
  }
  const { value, published } = await run(world, 'jobs.active')
  assert.deepEqual(value, {
    [jid]: {
      Function: 'test.sleep',
      Arguments: [8],
      Target: '*',
      'Target-type': 'glob',
      User: 'root',
      StartTime: '2026, Nov 21 02:55:04.701682',
      Running: [{ alpha: 6401 }],
      Returned: ['beta'],
    },
  })
  assert.deepEqual(published[0], { tgt: ['alpha'], tgtType: 'list', fun: 'saltutil.running' })
  const idle = await run(stored, 'jobs.active')
  assert.deepEqual([idle.value, idle.published], [{}, []])
})

test('test.arg, stdout_print and metasyntactic', async () => {
  assert.deepEqual((await run({}, 'test.arg', '1', 'x=2')).value, { args: [1], kwargs: { x: 2 } })
  const { value, shown } = await run({}, 'test.stdout_print')
  assert.deepEqual([shown, value], [['foo'], 'bar'])
  assert.deepEqual((await run({}, 'test.metasyntactic', 'uk')).value, ['wibble', 'wobble', 'wubble', 'flob'])
})

test('event.send', async () => {
  const { value, fired } = await run({}, 'event.send', 'my/tag', '{a: 1}', 'b=2')
  assert.equal(value, true)
  assert.deepEqual(fired, [['my/tag', { b: 2, a: 1 }]])
})

test('jobs.master lists the other runs', async () => {
  const other = { jid: '20261121025504701683', fun: 'wheel.key.list_all', arg: [1], user: 'root' }
  const { value } = await run({ running: [{ ...other, jid }, other] }, 'jobs.master')
  assert.deepEqual(value, [{ ...other, pid: process.pid }])
})

test('salt.cmd', async () => {
  const { value } = await run({}, 'salt.cmd', 'test.arg', '1', 'a=2')
  assert.deepEqual(value, { fun: 'test.arg', args: [1], kwargs: { a: 2 } })
})

test('config.get', async () => {
  const config = { timeout: 5, file_roots: { base: ['/srv'] } }
  const get = async (...words: string[]) => (await run({ config }, 'config.get', ...words)).value
  assert.equal(await get('timeout'), 5)
  assert.deepEqual(await get('file_roots:base'), ['/srv'])
  assert.deepEqual(await get('file_roots|base|0', 'delimiter=|'), '/srv')
  assert.deepEqual([await get('nosuch'), await get('nosuch', 'default=x')], ['', 'x'])
})

test('error.error', async () => {
  assert.deepEqual((await run({}, 'error.error')).value, {})
  await assert.rejects(run({}, 'error.error', 'name=ValueError', 'message=bad'), { message: 'ValueError: bad' })
})

test('doc.runner, doc.wheel and doc.execution', async () => {
  const runners = (await run({}, 'doc.runner')).value as Record<string, string>
  assert.match(runners['manage.up'] ?? '', /^manage\.up\(tgt='\*'/)
  const wheels = (await run({}, 'doc.wheel')).value as Record<string, string>
  assert.match(wheels['key.accept'] ?? '', /^key\.accept\(match/)
  const functions = (await run({}, 'doc.execution')).value as Record<string, string>
  assert.match(functions['test.ping'] ?? '', /^test\.ping\(\)/)
})

test('salt.execute', async () => {
  const publish = () => [returned('alpha', 'x'), { id: 'ghost', state: 'timeout' } as const]
  const { value, published } = await run(
    { publish },
    'salt.execute',
    '*',
    'test.echo',
    'arg=[x]',
    'kwarg={a: 1}',
    'b=2',
    'timeout=3',
  )
  assert.deepEqual(value, { alpha: 'x' })
  assert.deepEqual(published[0], {
    tgt: '*',
    tgtType: 'glob',
    fun: 'test.echo',
    arg: ['x'],
    kwargs: { a: 1, b: 2 },
    timeoutSeconds: 3,
  })
})

const elsewhere = '20240101000000000000'

const archived: World = {
  jobs: [record(jid)],
  outcomes: [returned('alpha', true)],
  archive: (name) =>
    name === 'redis' || name === undefined
      ? {
          load: async (id) =>
            id === elsewhere ? someJob({ jid: elsewhere, tgt: 'web*', minions: ['web1', 'web2'] }) : undefined,
          returns: async (id) => (id === elsewhere ? [someReturn({ jid: elsewhere, return: 'old' })] : []),
          list: async () => [someJob({ jid: elsewhere }), someJob({ jid: '20240201000000000000', fun: 'cmd.run' })],
        }
      : undefined,
}

test('jobs that the master has forgotten are read from the configured cache', async () => {
  assert.deepEqual((await run(archived, 'jobs.lookup_jid', elsewhere)).value, { web1: 'old' })
  const { value } = await run(archived, 'jobs.list_job', elsewhere)
  assert.ok(isRecord(value))
  assert.deepEqual([value.Target, value.Minions], ['web*', ['web1', 'web2']])
  // Lists are of the store alone, unless a source is given.
  assert.deepEqual(Object.keys(Object((await run(archived, 'jobs.list_jobs')).value)), [jid])
  assert.deepEqual((await run(archived, 'jobs.lookup_jid', jid)).value, { alpha: true })
})

test('jobs are read from a source alone, where one is given', async () => {
  const all = (await run(archived, 'jobs.list_jobs', 'ext_source=redis')).value
  assert.deepEqual(Object.keys(Object(all)), [elsewhere, '20240201000000000000'])
  const found = (await run(archived, 'jobs.list_jobs', 'ext_source=redis', 'search_function=cmd.*')).value
  assert.deepEqual(Object.keys(Object(found)), ['20240201000000000000'])
  const newest = (await run(archived, 'jobs.last_run', 'ext_source=redis', 'function=test.ping')).value
  assert.deepEqual(Object.keys(Object(newest)), [elsewhere])
  assert.deepEqual((await run(archived, 'jobs.lookup_jid', jid, 'ext_source=redis')).value, {})
  assert.deepEqual((await run(archived, 'jobs.exit_success', elsewhere, 'ext_source=redis')).value, { web1: true })
  assert.deepEqual(Object.keys(Object((await run(archived, 'jobs.list_jobs', 'ext_source=local_cache')).value)), [jid])
})
