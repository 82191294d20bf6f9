import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { test } from 'node:test'
import type { RunningJob } from '../../../src/client/api.ts'
import type { MasterCalls } from '../../../src/client/master-link.ts'
import { createFunctionContext } from '../../../src/engine/functions/context.ts'
import { syncPlugins } from '../../../src/engine/functions/extension-sync.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost, samplePublishedJob } from '../../support/function-host.ts'

function job(jid: string, fun: string | readonly string[] = 'test.sleep'): RunningJob {
  return { jid, fun, arg: [8], tgt: '*', tgt_type: 'glob', ret: '', user: 'root', pid: 4711, startedAt: 0 }
}

function hostWithJobs(...jobs: readonly RunningJob[]) {
  const signals: [string, number][] = []
  const host = new FunctionHost({
    job: samplePublishedJob,
    services: {
      jobs: {
        list: async () => jobs,
        signal: async (jid, signal) => signals.push([jid, signal]) > 0,
      },
    },
  })
  return { host, signals }
}

test('running lists the other jobs', async () => {
  const { host } = hostWithJobs(job('1'), job(samplePublishedJob.jid))
  const { return: value } = await host.call('saltutil.running')
  assert.deepEqual(value, [
    { jid: '1', fun: 'test.sleep', arg: [8], tgt: '*', tgt_type: 'glob', ret: '', user: 'root', pid: 4711 },
  ])
})

test('find_job, and nothing where there is none', async () => {
  const { host } = hostWithJobs(job('1'))
  const { return: found } = await host.call('saltutil.find_job', '1')
  assert.equal(typeof found === 'object' && found !== null && 'pid' in found && found.pid, 4711)
  assert.deepEqual((await host.call('saltutil.find_job', '2')).return, {})
  assert.deepEqual((await host.call('saltutil.find_job', 2)).return, {}, 'a jid may arrive as a number')
})

test('is_running takes patterns and jobs of several functions', async () => {
  const { host } = hostWithJobs(job('1'), job('2', ['test.ping', 'cmd.run']), job('3', 'state.apply'))
  const { return: value } = await host.call('saltutil.is_running', 'cmd.*')
  assert.deepEqual(Array.isArray(value) && value.map((one) => one.jid), ['2'])
})

for (const [fun, arg, signal] of [
  ['term_job', [], 15],
  ['kill_job', [], 9],
  ['signal_job', [10], 10],
  ['signal_job', ['USR2'], 12],
  ['signal_job', ['SIGHUP'], 1],
] as const) {
  test(`${fun} ${arg.join()} sends ${signal}`, async () => {
    const { host, signals } = hostWithJobs(job('1'))
    assert.equal((await host.call(`saltutil.${fun}`, '1', ...arg)).return, `Signal ${signal} sent to job 1 at pid 4711`)
    assert.deepEqual(signals, [['1', signal]])
    assert.equal((await host.call(`saltutil.${fun}`, '2', ...arg)).return, '')
  })
}

test('a signal that is none', async () => {
  const { host, signals } = hostWithJobs(job('1'))
  assert.match(String((await host.call('saltutil.signal_job', '1', 'NOSUCH')).return), /'NOSUCH' is not a signal/)
  assert.deepEqual(signals, [])
})

test('all jobs, but not the one that ends them', async () => {
  const { host, signals } = hostWithJobs(job('1'), job('2'), job(samplePublishedJob.jid))
  await host.call('saltutil.kill_all_jobs')
  assert.deepEqual(signals, [
    ['1', 9],
    ['2', 9],
  ])
  await host.call('saltutil.term_all_jobs')
  assert.deepEqual(signals.slice(2), [
    ['1', 15],
    ['2', 15],
  ])
})

function masterWith(files: Map<string, string>): MasterCalls {
  const call = async (method: string, params: unknown): Promise<unknown> => {
    const { under = '', path = '' } = params as { under?: string; path?: string }
    if (method === 'file.list') {
      return [...files]
        .filter(([name]) => name.startsWith(`${under}/`))
        .map(([name, text]) => ({
          path: name,
          size: text.length,
          sha256: createHash('sha256').update(text).digest('hex'),
        }))
    }
    return new TextEncoder().encode(files.get(path))
  }
  return { address: 'salt:4506', call: call as MasterCalls['call'] }
}

test('a sync brings what is new or changed and removes what has vanished', async () => {
  using folder = new ConfigFolder()
  const files = new Map([
    ['_modules/a.ts', '1'],
    ['_modules/sub/b.js', '2'],
    ['_modules/notes.txt', 'x'],
    ['_grains/g.ts', '3'],
  ])
  const refreshed: string[] = []
  const host = new FunctionHost({
    config: { cachedir: folder.path },
    services: {
      masters: [masterWith(files)],
      refreshModules: async () => void refreshed.push('modules'),
      refreshGrains: async () => {
        refreshed.push('grains')
        return {}
      },
    },
  })
  assert.deepEqual((await host.call('saltutil.sync_modules')).return, ['modules.a', 'modules.sub.b'])
  assert.equal(readFileSync(folder.file('extmods/modules/sub/b.js'), 'utf8'), '2')
  assert.equal(existsSync(folder.file('extmods/modules/notes.txt')), false)
  assert.deepEqual(refreshed, ['modules'])
  assert.deepEqual((await host.call('saltutil.sync_modules')).return, [], 'nothing has changed')
  files.set('_modules/a.ts', 'changed')
  files.delete('_modules/sub/b.js')
  const all = (await host.call('saltutil.sync_all')).return
  assert.deepEqual(typeof all === 'object' && all !== null && { ...all }, {
    modules: ['modules.a'],
    grains: ['grains.g'],
    states: [],
    returners: [],
    beacons: [],
    output: [],
    utils: [],
  })
  assert.equal(existsSync(folder.file('extmods/modules/sub/b.js')), false)
  assert.deepEqual((await host.call('saltutil.list_extmods')).return, { modules: ['a'], grains: ['g'] })
})

test('what has vanished from the file server is not offered any longer', async () => {
  using folder = new ConfigFolder()
  const files = new Map([['_modules/a.ts', '1']])
  let refreshed = 0
  const host = new FunctionHost({
    config: { cachedir: folder.path },
    services: { masters: [masterWith(files)], refreshModules: async () => void refreshed++ },
  })
  const { context } = createFunctionContext(host.inputs)
  assert.deepEqual(await syncPlugins(context, ['modules']), { modules: ['modules.a'] })
  assert.equal(refreshed, 1)
  files.clear()
  assert.deepEqual(await syncPlugins(context, ['modules']), { modules: [] })
  assert.equal(refreshed, 2)
  await syncPlugins(context, ['modules'])
  assert.equal(refreshed, 2, 'nothing has changed')
})

test('white and black lists', async () => {
  using folder = new ConfigFolder()
  const files = new Map([
    ['_modules/a.ts', '1'],
    ['_modules/b.ts', '2'],
    ['_modules/c.ts', '3'],
  ])
  const host = new FunctionHost({ config: { cachedir: folder.path }, services: { masters: [masterWith(files)] } })
  const options = { __kwarg__: true, extmod_whitelist: 'a,b', extmod_blacklist: ['b'] }
  assert.deepEqual((await host.call('saltutil.sync_modules', options)).return, ['modules.a'])
})

test('a master that names paths outside is not believed', async () => {
  using folder = new ConfigFolder()
  const files = new Map([['_modules/../../../evil.ts', '1']])
  const host = new FunctionHost({ config: { cachedir: folder.path }, services: { masters: [masterWith(files)] } })
  const outcome = await host.call('saltutil.sync_modules')
  assert.equal(outcome.success, false)
  assert.equal(existsSync(folder.file('evil.ts')), false)
})

test('clear_cache removes copies, all or the old ones, and nothing else', async () => {
  using folder = new ConfigFolder({
    'files/base/a': '1',
    'files/base/sub/old': '2',
    'localfiles/etc/hosts': '3',
    'extmods/modules/m.ts': '4',
    'spool.db': '5',
  })
  utimesSync(folder.file('files/base/sub/old'), 0, 0)
  const host = new FunctionHost({ config: { cachedir: folder.path } })
  assert.equal((await host.type('saltutil.clear_cache', 'days=7')).return, true)
  const left = (): boolean[] =>
    ['files/base/a', 'files/base/sub/old', 'localfiles/etc/hosts', 'extmods/modules/m.ts', 'spool.db'].map((name) =>
      existsSync(folder.file(name)),
    )
  assert.deepEqual(left(), [true, false, true, true, true])
  assert.equal((await host.call('saltutil.clear_cache')).return, true)
  assert.deepEqual(left(), [false, false, false, true, true])
})

test('outputters are synced by either name, from _output as in Salt', async () => {
  using folder = new ConfigFolder()
  const services = { masters: [masterWith(new Map([['_output/mine.ts', '1']]))] }
  const host = new FunctionHost({ config: { cachedir: folder.path }, services })
  assert.deepEqual((await host.call('saltutil.sync_outputters')).return, ['output.mine'])
  assert.deepEqual((await host.call('saltutil.sync_output')).return, [])
})

test('without a master the folders of file_roots are the file server', async () => {
  using folder = new ConfigFolder({ 'srv/_modules/a.ts': '1', 'srv/s/hi.sh': '#!/bin/sh\necho "hi $1"\n' })
  const host = new FunctionHost({
    config: { cachedir: folder.file('cache'), file_roots: { base: [folder.file('srv')] } },
  })
  assert.deepEqual((await host.call('saltutil.sync_modules')).return, ['modules.a'])
  const script = await host.type('cmd.script', 'salt://s/hi.sh', "args='x'")
  assert.match(JSON.stringify(script.return), /"stdout":"hi x"/)
  assert.match(String((await host.type('cmd.script', 'salt://../../etc/passwd')).return), /contains '\.\.'/)
})

for (const fun of ['refresh_grains', 'refresh_modules', 'refresh_pillar', 'pillar_refresh', 'clear_job_cache']) {
  test(`${fun} is true, also without a daemon`, async () => {
    assert.equal((await new FunctionHost().call(`saltutil.${fun}`)).return, true)
  })
}
