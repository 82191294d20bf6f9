/** What `salt` prints, and how it ends, while minions run, are silent, or are away. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Fleet } from '../support/fleet.ts'
import { Gate, isAlive } from '../support/gate.ts'
import { programArgv, Running } from '../support/program.ts'

const lookUp = (jid: string): string =>
  `To look up the return data for this job later, run the following command:\n\nsalt run jobs.lookup_jid ${jid}`

describe('salt, while its minions run the job', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await Fleet.start({ minions: { alpha: '', beta: '' } })
  })
  after(() => fleet[Symbol.asyncDispose]())

  const start = (...words: readonly string[]): Running =>
    new Running([...programArgv(fleet.kind), '-c', fleet.config, ...words])

  it('ends at Ctrl-C with the jid, and the job goes on', async () => {
    using gate = new Gate()
    const salt = start('alpha', 'cmd.run', gate.command)
    const [pid = 0] = await gate.entered()
    salt.child.kill('SIGINT')
    const { exitCode, signal, stdout, stderr } = await salt.finished
    assert.deepEqual([exitCode, signal, stdout], [130, null, ''])
    const jid =
      /^\nExiting gracefully on Ctrl-c\nThis job's jid is: (\d{20})\n/.exec(stderr)?.[1] ?? assert.fail(stderr)
    assert.ok(stderr.endsWith(`${lookUp(jid)}\n\nTo wait for it again:\n\nsalt jobs ${jid}\n`), stderr)
    assert.ok(isAlive(pid))
    await using events = await fleet.events()
    gate.open()
    const { data } = await events.until(new RegExp(`^salt/job/${jid}/ret/alpha$`))
    assert.equal(data.return, 'passed')
    const found = await fleet.salt('run', 'jobs.lookup_jid', jid, '--out', 'json')
    assert.deepEqual(JSON.parse(found.stdout), { alpha: 'passed' })
  })

  it('waits for who runs longer than the timeout, but not for who is silent', async () => {
    using gate = new Gate()
    await using events = await fleet.events()
    fleet.minion('beta').child.kill('SIGSTOP')
    const salt = start('-t', '1', '-v', '*', 'cmd.run', gate.command)
    await salt.until(/beta:\n.*No response/)
    const jid = /Executing job with jid (\d{20})/.exec(salt.output)?.[1] ?? assert.fail(salt.output)
    await gate.entered()
    gate.open()
    const { exitCode, stdout, stderr } = await salt.finished
    assert.deepEqual([exitCode, stderr], [1, 'ERROR: Minions returned with non-zero exit code\n'])
    assert.match(
      stdout,
      /^beta:\n {4}Minion did not return\. \[No response\]\n {4}The minions may not have all finished running/m,
    )
    assert.match(stdout, /^alpha:\n {4}passed$/m)
    fleet.minion('beta').child.kill('SIGCONT')
    await gate.entered(2)
    gate.open()
    const { data } = await events.until(new RegExp(`^salt/job/${jid}/ret/beta$`))
    assert.equal(data.return, 'passed', 'what comes late is kept')
  })

  it('prints 1 MiB whole', async () => {
    const { exitCode, stdout } = await fleet.salt('alpha', 'cmd.run', 'seq 1000000 1131071', '--out', 'json')
    const lines = Array.from({ length: 131_072 }, (_, index) => 1_000_000 + index)
    assert.equal(exitCode, 0)
    assert.ok(JSON.parse(stdout).alpha === lines.join('\n'))
  })
})

describe('salt, while a minion is away', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await Fleet.start({ minions: { alpha: '', beta: '' }, master: 'peer: {alpha: [test.ping]}\n' })
    await fleet.minion('beta').end()
  })
  after(() => fleet[Symbol.asyncDispose]())

  const failed = 'ERROR: Minions returned with non-zero exit code\n'
  const away = 'Minion did not return. [Not connected]'

  it('has all answers at once', async () => {
    await using bus = await fleet.bus()
    const states: Record<string, string> = {}
    const since = performance.now()
    const request = { tgt: '*', tgt_type: 'glob', fun: 'test.ping', arg: [], user: 'tester', ret: '', timeout: 30 }
    await bus.call(
      'publish',
      { ...request, follow: true },
      {
        onItem: (item) => {
          if (item.kind === 'outcome') states[item.id] = item.state
        },
      },
    )
    assert.ok(performance.now() - since < 15_000)
    assert.deepEqual(states, { alpha: 'returned', beta: 'not-connected' })
  })

  for (const [name, words, exitCode, stdout, stderr] of [
    ['prints who is away beside who is there', ['*', 'test.ping'], 1, `beta:\n    ${away}\nalpha:\n    True\n`, failed],
    ['fails when all are away', ['beta', 'test.ping'], 1, `beta:\n    ${away}\n`, failed],
    ['prints it as JSON', ['beta', 'test.ping', '--out', 'json'], 1, `{\n    "beta": "${away}"\n}\n`, failed],
    [
      'has an exit code of its own for nobody',
      ['nobody', 'test.ping'],
      2,
      'No minions matched the target. No command was sent, no jid was assigned.\n',
      'ERROR: No return received\n',
    ],
  ] as const) {
    it(name, async () => {
      assert.deepEqual(await fleet.salt('-t', '30', ...words), { exitCode, signal: null, stdout, stderr })
    })
  }

  it('tells a peer on stderr', async () => {
    const { stdout, stderr } = await fleet.call('alpha', 'publish.publish', '*', 'test.ping', '--out', 'json')
    assert.deepEqual(JSON.parse(stdout), { local: { alpha: true } })
    assert.equal(
      stderr,
      '[WARNING ] A minion did not return minion=beta state=not-connected reason="the minion is not connected"\n',
    )
  })

  it('tells a refused peer on stderr', async () => {
    const { stdout, stderr } = await fleet.call('alpha', 'publish.publish', '*', 'test.echo', 'x', '--out', 'json')
    assert.deepEqual(JSON.parse(stdout), { local: {} })
    assert.equal(
      stderr,
      '[WARNING ] Nothing was published fun=test.echo tgt="*" reason="no entry of peer permits test.echo to alpha"\n',
    )
  })
})
