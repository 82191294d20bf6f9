import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { jobIds } from '../../src/cli/completion/live.ts'
import { Gate } from '../support/gate.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { programArgv, Running } from '../support/program.ts'

const argv = programArgv('source')

/** A command with the configuration of the master. */
function salt(master: TestMaster, ...words: readonly string[]): Running {
  const [first = '', ...rest] = words
  const config = ['-c', join(master.folder, 'etc')]
  const isCommand = ['jobs', 'run'].includes(first)
  return new Running([...argv, ...(isCommand ? [first, ...config, ...rest] : [...config, ...words])])
}

describe('a job that is followed again', () => {
  for (const command of [['jobs'], ['run', 'jobs.follow']]) {
    it(`by salt ${command.join(' ')} shows what came and what comes, and ends with its code`, async () => {
      await using fleet = await InProcessFleet.start(['alpha', 'beta'])
      using gate = new Gate()
      const { master } = fleet
      await using events = await master.events()
      const jid = await master.begin('*', 'cmd.run', [`${gate.command}; exit 3`])
      await gate.entered(2)
      gate.open()
      await events.until(new RegExp(`^salt/job/${jid}/ret/`))
      const following = salt(master, ...command, jid)
      await following.until(/(alpha|beta):\n {4}passed\n/)
      assert.equal(following.child.exitCode, null)
      gate.open()
      const { exitCode, stdout } = await following.finished
      assert.equal(exitCode, 1)
      assert.deepEqual(
        stdout
          .trim()
          .split(/\n(?=\w)/)
          .sort(),
        ['alpha:\n    passed', 'beta:\n    passed'],
      )
    })
  }

  it('by Ctrl-C of the first command: it says how', async () => {
    await using fleet = await InProcessFleet.start(['alpha'])
    using gate = new Gate()
    const first = salt(fleet.master, '*', 'cmd.run', gate.command)
    await gate.entered()
    first.child.kill('SIGINT')
    const { exitCode, stderr } = await first.finished
    assert.equal(exitCode, 130)
    const [, words = ''] = /To wait for it again:\n\nsalt (jobs \d{20})\n$/.exec(stderr) ?? []
    const again = salt(fleet.master, ...words.split(' '))
    gate.open()
    assert.deepEqual(await again.finished, { exitCode: 0, signal: null, stdout: 'alpha:\n    passed\n', stderr: '' })
  })
})

describe('what is shown of queued jobs', () => {
  it('is the same by salt, salt jobs and the runners', async () => {
    await using fleet = await InProcessFleet.start(['alpha'])
    const { master } = fleet
    const beta = await fleet.connect('beta', master)
    await using events = await master.events()
    await beta.stop()
    await events.until(/^salt\/minion\/beta\/stop$/)
    const queued = await salt(master, '--queue=2h', '*', 'test.ping').finished
    assert.equal(queued.exitCode, 0, queued.stderr)
    assert.match(queued.stdout, /alpha:\n {4}True\n/)
    const [, jid = ''] =
      /beta:\n {4}Minion did not return\. \[Queued: until [^\]]+ UTC\][\s\S]*lookup_jid (\d{20})\n/.exec(
        queued.stdout,
      ) ?? []
    const listed = await salt(master, 'jobs').finished
    assert.match(
      listed.stdout,
      new RegExp(`^${jid} +\\ds +test\\.ping +\\* +\\w+ +1 returned, 1 queued \\(1h left\\)$`, 'm'),
    )
    const followed = await salt(master, 'jobs', jid, '--out', 'json', '-s').finished
    assert.equal(followed.exitCode, 0)
    assert.match(JSON.parse(followed.stdout).beta, /\[Queued: until/)
    const looked = await salt(master, 'run', 'jobs.lookup_jid', jid, '--out', 'json').finished
    assert.match(JSON.parse(looked.stdout).beta, /^Minion did not return\. \[queued: until/)
    const withdrawn = await salt(master, 'run', 'jobs.withdraw', jid).finished
    assert.equal(withdrawn.stdout, '- beta\n')
    const after = await salt(master, 'jobs', jid).finished
    assert.match(after.stdout, /beta:\n {4}Minion did not return\. \[Withdrawn: by \w+\]\n/)
    assert.equal(after.exitCode, 1)
  })
})

describe('a runner', () => {
  it('shows what it emits as it goes, also when very much comes at once', async () => {
    await using fleet = await InProcessFleet.start(['alpha', 'beta', 'gamma'])
    const { master } = fleet
    const jid = await master.begin('*', 'cmd.run', ['head -c 6000000 /dev/zero | tr "\\0" x'])
    const { exitCode, stdout } = await salt(master, 'run', 'jobs.follow', jid).finished
    assert.equal(exitCode, 0)
    assert.deepEqual(stdout.match(/^\w+:$/gm)?.sort(), ['alpha:', 'beta:', 'gamma:'])
    assert.ok(stdout.length > 18_000_000)
  })

  it('tells the bus what it emits, as a mapping', async () => {
    await using fleet = await InProcessFleet.start([])
    await using events = await fleet.master.events()
    const { stdout } = await salt(fleet.master, 'run', 'test.stdout_print').finished
    assert.equal(stdout, 'foo\nbar\n')
    const { data } = await events.until(/^salt\/run\/\d{20}\/progress$/)
    assert.equal(data.data, 'foo')
  })

  it('tells whom it waits for, and prints nothing of it', async () => {
    await using fleet = await InProcessFleet.start(['alpha', 'beta'])
    await using bus = await fleet.master.bus()
    const items: unknown[] = []
    const result = await bus.call(
      'runner',
      { fun: 'manage.status', arg: [], user: 'tester' },
      { onItem: (item) => items.push(item) },
    )
    assert.deepEqual(result.return, { up: ['alpha', 'beta'], down: [] })
    assert.deepEqual(items[0], { kind: 'waiting', minions: ['alpha', 'beta'] })
    assert.deepEqual(
      new Set(items.slice(1).map((item) => JSON.stringify(item))),
      new Set(['alpha', 'beta'].map((id) => JSON.stringify({ kind: 'settled', id }))),
    )
  })
})

describe('completion', () => {
  it('offers the jobs that the master knows, the newest first', async () => {
    await using fleet = await InProcessFleet.start(['alpha'])
    const jids = [await fleet.master.begin('*', 'test.ping'), await fleet.master.begin('alpha', 'cmd.run', ['true'])]
    const given = new Map([['config-dir', join(fleet.master.folder, 'etc')]])
    assert.deepEqual(await jobIds(given), [
      { word: jids[1], doc: 'cmd.run on alpha' },
      { word: jids[0], doc: 'test.ping on *' },
    ])
  })
})
