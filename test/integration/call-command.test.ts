/** `salt call`, with and without a master. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Fleet } from '../support/fleet.ts'
import { ended, Gate } from '../support/gate.ts'
import { type Finished, programArgv, Running, run } from '../support/program.ts'

describe('salt call --local', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salt-call-'))
  before(() => writeFileSync(join(folder, 'minion'), `root_dir: ${folder}\nid: here\nmaster: 127.0.0.1:1\n`))
  after(() => rmSync(folder, { recursive: true, force: true }))

  function call(...words: readonly string[]): Promise<Finished> {
    return run('source', ['call', '--local', '-c', folder, ...words])
  }

  it('prints the result below local', async () => {
    const { exitCode, stdout, stderr } = await call('test.echo', 'hello')
    assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 0, stdout: 'local:\n    hello\n', stderr: '' })
    assert.equal((await call('test.ping', '--out', 'json', '--out-indent=-1')).stdout, '{"local": true}\n')
  })

  it('ends with 1 for a failure, with the return code when it is to be passed through', async () => {
    assert.equal((await call('cmd.run', 'exit 7')).exitCode, 1)
    assert.equal((await call('--retcode-passthrough', 'cmd.run', 'exit 7')).exitCode, 7)
    assert.equal((await call('test.false')).exitCode, 0)
  })

  for (const [signal, code, words] of [
    ['SIGINT', 130, 'It was interrupted from the keyboard.'],
    ['SIGTERM', 143, 'The command was told to end.'],
  ] as const) {
    it(`takes what it has started along at ${signal}, and says how far it came`, async () => {
      using gate = new Gate()
      const argv = [...programArgv('source'), 'call', '--local', '-c', folder]
      const call = new Running([...argv, 'state.single', 'cmd.run', `name=${gate.command}`])
      const [pid = 0] = await gate.entered()
      call.child.kill(signal)
      const { exitCode, stdout } = await call.finished
      assert.equal(exitCode, code)
      assert.ok(stdout.includes(`The state was ended before it was done: ${words}`), stdout)
      await ended(pid)
    })
  }

  it('can be interrupted while a returner takes its time', async () => {
    await using backend = createServer().listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const { port } = backend.address() as AddressInfo
    const options = JSON.stringify({ url: `http://127.0.0.1:${port}/` })
    const argv = [...programArgv('source'), 'call', '--local', '-c', folder]
    const call = new Running([...argv, '--return', 'http', '--return_kwargs', options, 'test.ping'])
    const [taken] = await once(backend, 'connection')
    call.child.kill('SIGINT')
    const { signal, stdout } = await call.finished
    taken.destroy()
    assert.deepEqual([signal, stdout], ['SIGINT', 'local:\n    True\n'])
  })

  it('tells an unknown function on stderr', async () => {
    const { exitCode, stdout, stderr } = await call('test.pong')
    assert.deepEqual([exitCode, stdout], [1, ''])
    assert.match(stderr, /^'test\.pong' is not available\. Did you mean .*'test\.ping'/)
  })

  it('logs what is wrong with the pillar of this machine once', async () => {
    mkdirSync(join(folder, 'pillar'), { recursive: true })
    writeFileSync(join(folder, 'pillar/top.sls'), "base:\n  '*': [gone]\n")
    const { stderr } = await call(`--pillar-root=${join(folder, 'pillar')}`, 'pillar.get', 'x')
    assert.equal(stderr.match(/SLS 'gone' in environment 'base' is not available/g)?.length, 1, stderr)
  })

  it('names the program that a function misses', async () => {
    const env = { PATH: join(folder, 'no-programs') }
    const { exitCode, stdout, stderr } = await run('source', ['call', '--local', '-c', folder, 'git.version'], { env })
    assert.deepEqual(
      { exitCode, stdout, stderr },
      {
        exitCode: 1,
        stdout: '',
        stderr: "Command required for 'git.version' not found: 'git' is not installed.\n",
      },
    )
  })

  it('tells wrong arguments on stderr and the usage on stdout', async () => {
    for (const words of [['test.echo'], ['test.ping', 'foo=bar']]) {
      const { exitCode, stdout, stderr } = await call(...words)
      assert.equal(exitCode, 1)
      assert.match(stderr, /^\nPassed invalid arguments: .*\.\n\nUsage:\n$/)
      assert.match(stdout, new RegExp(`^ {4}${words[0]}\\(`))
    }
  })

  it('takes its id from the command line, and prints grains and metadata', async () => {
    const { stdout } = await call('--id', 'other', 'grains.get', 'id', '--out', 'txt')
    assert.equal(stdout, 'local: other\n')
    assert.match((await call('-g')).stdout, /^local:\n {4}-{10}\n[\s\S]*\n {4}id:\n {8}here\n/)
    const told = JSON.parse((await call('--metadata', '--out', 'json', 'test.echo', 'x')).stdout)
    assert.deepEqual(
      [told.local.fun, told.local.fun_args, told.local.return, told.local.retcode],
      ['test.echo', ['x'], 'x', 0],
    )
  })

  it('reads more words from standard input', async () => {
    const words = ['call', '--local', '-c', folder, '--args-stdin', 'test.arg']
    const { stdout } = await run('source', words, { input: 'a b\nk=1\n--out=json\n' })
    const { args, kwargs } = JSON.parse(stdout).local
    assert.deepEqual([args, kwargs.k], [['a b'], 1])
  })

  it('shows docs without calling anything', async () => {
    assert.match((await call('-d', 'test.ping')).stdout, /^test\.ping:\ntest\.ping\(\)\n/)
    assert.equal((await call('-d', 'nosuch')).exitCode, 1)
  })

  it('says that the master is away, in time, and runs nothing', async () => {
    const mark = join(folder, 'mark')
    const { exitCode, stdout, stderr } = await run('source', [
      'call',
      '-c',
      folder,
      '-t',
      '1',
      'cmd.run',
      `touch ${mark}`,
    ])
    assert.deepEqual([exitCode, stdout], [69, ''])
    assert.match(stderr, /the master at 127\.0\.0\.1:1 does not answer \[master-unreachable\]/)
    assert.throws(() => mkdirSync(join(mark, 'x')), { code: 'ENOENT' })
  })

  it('asks no master for a function that needs none, when the master need not be told', async () => {
    const words = ['call', '-c', folder, '-t', '1', '--no-return-event', 'test.ping']
    assert.equal((await run('source', words)).stdout, 'local:\n    True\n')
  })
})

describe('salt call with a master', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await Fleet.start({ minions: { alpha: '' }, master: "peer: {alpha: ['test.ping']}\n" })
  })
  after(() => fleet[Symbol.asyncDispose]())

  it('tells the master the result', async () => {
    const { exitCode, stdout, stderr } = await fleet.call('alpha', 'test.echo', 'told')
    assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 0, stdout: 'local:\n    told\n', stderr: '' })
    const jobs = JSON.parse(
      (await fleet.salt('run', 'jobs.list_jobs', 'search_function=test.echo', '--out', 'json')).stdout,
    )
    const [jid = ''] = Object.keys(jobs)
    assert.equal((await fleet.salt('run', 'jobs.lookup_jid', jid)).stdout, 'alpha:\n    told\n')
  })

  it('tells the master states, which are shown as states', async () => {
    assert.equal((await fleet.call('alpha', 'state.single', 'test.nop', 'name=x')).exitCode, 0)
    const found = await fleet.salt('run', 'jobs.list_jobs', 'search_function=state.single', '--out', 'json')
    const [jid = ''] = Object.keys(JSON.parse(found.stdout))
    const shown = (await fleet.salt('run', 'jobs.lookup_jid', jid)).stdout
    assert.match(shown, /^alpha:\n-{10}\n {10}ID: x\n {4}Function: test\.nop\n.*\nSummary for alpha\n/s)
    const data = JSON.parse((await fleet.salt('run', 'jobs.lookup_jid', jid, '--out', 'json')).stdout)
    assert.deepEqual(Object.keys(data), ['alpha'])
  })

  it('publishes to peers, and says why it may not', async () => {
    assert.equal(
      (await fleet.call('alpha', 'publish.publish', '*', 'test.ping')).stdout,
      'local:\n    ----------\n    alpha:\n        True\n',
    )
    const refused = await fleet.call('alpha', 'publish.publish', '*', 'cmd.run', 'id')
    assert.deepEqual([refused.exitCode, refused.stdout], [0, 'local:\n    ----------\n'])
    assert.match(refused.stderr, /Nothing was published .*no entry of peer permits cmd\.run/)
  })

  it('fires on the bus of the running minion', async () => {
    assert.equal((await fleet.call('alpha', 'event.fire', '{a: 1}', 'my/tag')).stdout, 'local:\n    True\n')
  })

  it('leaves events to the minion while the master is away', async () => {
    await fleet.master.end()
    const away = /the master at \S+ does not answer \[master-unreachable\]/
    const none = await fleet.call('alpha', '-t', '1', 'test.ping')
    assert.deepEqual([none.exitCode, none.stdout], [69, ''])
    const kept = await fleet.call('alpha', '-t', '1', 'event.send', 'my/kept', 'n=1')
    assert.deepEqual([kept.exitCode, kept.stdout], [69, 'local:\n    True\n'])
    assert.match(kept.stderr, /^salt call: the master was not told the result: .*\n$/)
    assert.match(kept.stderr, away)
    const quiet = await fleet.call('alpha', '--no-return-event', 'event.fire_master', '{n: 2}', 'my/kept')
    assert.deepEqual([quiet.exitCode, quiet.stdout, quiet.stderr], [0, 'local:\n    True\n', ''])
    await fleet.minion('alpha').end()
    const alone = await fleet.call('alpha', '-t', '1', 'event.send', 'my/lost')
    assert.deepEqual([alone.exitCode, alone.stdout], [69, ''])
    await fleet.startMaster()
    await using events = await fleet.events({ since: 0 })
    await fleet.startMinion('alpha')
    await events.until(/^my\/kept$/, ({ data }) => (data as { n: number }).n === 2)
    assert.deepEqual(
      events.tagged(/^my\//).map(({ data }) => (data.data as { n: number }).n),
      [1, 2],
    )
  })
})
