import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { parseCommand } from '../../../src/cli/parse-command.ts'
import { printerFor } from '../../../src/cli/printer.ts'
import { batchSize } from '../../../src/cli/publish/batch.ts'
import { executorFault } from '../../../src/cli/publish/executors.ts'
import { jobRequest } from '../../../src/cli/publish/job-request.ts'
import { missingText } from '../../../src/cli/publish/outcome.ts'
import { PublishCommand } from '../../../src/cli/publish/publish-command.ts'
import { spec } from '../../../src/cli/salt.ts'
import type { JobReturn, PublishRequest, TargetOutcome } from '../../../src/client/api.ts'
import { batchLimit } from '../../../src/engine/jobs/batch-size.ts'
import { type Captured, capture } from '../../support/captured-output.ts'
import { type FakeAnswers, fakeBus } from '../../support/fake-bus.ts'

const jid = '20260102030405060708'

function returned(id: string, value: unknown, more: Partial<JobReturn> = {}): TargetOutcome {
  const ret = { id, jid, fun: 'test.ping', fun_args: [], return: value, retcode: 0, success: true, ...more }
  return { id, state: ret.retcode === 0 && ret.success ? 'returned' : 'failed', ret }
}

const awayBeta: TargetOutcome = { id: 'beta', state: 'not-connected', reason: 'the minion is not connected' }
const queuedBeta: TargetOutcome = { id: 'beta', state: 'queued', reason: 'until 2026-11-22 11:05:03 UTC' }
const silentBeta: TargetOutcome = { id: 'beta', state: 'no-ack', reason: 'no receipt' }

/** Publishes one job whose targets end so. */
function answering(outcomes: readonly TargetOutcome[]): FakeAnswers {
  const minions = outcomes.map(({ id }) => id)
  return {
    publish(call) {
      const wanted = call.params.tgt_type === 'list' ? (call.params.tgt as readonly string[]) : minions
      call.item({ kind: 'published', jid, minions: wanted })
      if (call.params.follow === true) {
        for (const outcome of outcomes) if (wanted.includes(outcome.id)) call.item({ kind: 'outcome', jid, ...outcome })
      }
      return { jid, minions: wanted }
    },
    targets: () => ({
      minions,
      connected: outcomes.filter(({ state }) => state !== 'not-connected').map(({ id }) => id),
    }),
  }
}

const nobody: FakeAnswers = {
  publish() {
    throw new SaltError('no-match', 'No minions matched the target. No command was sent, no jid was assigned.')
  },
  targets: () => ({ minions: [], connected: [] }),
}

async function salt(words: readonly string[], answers: FakeAnswers): Promise<Captured<number>> {
  const parsed = await parseCommand(spec, words)
  assert.ok(typeof parsed !== 'number')
  const { options } = parsed
  const request = await jobRequest(options, parsed.words, 5)
  const { bus } = fakeBus(answers)
  return await capture(() =>
    new PublishCommand({ bus, request, options, view: undefined, printer: printerFor(options) }).run(),
  )
}

const failure = 'ERROR: Minions returned with non-zero exit code\n'
const hint = `The minions may not have all finished running and any remaining minions will return upon completion. To look up the return data for this job later, run the following command:`

interface Case {
  readonly words: string
  readonly answers: FakeAnswers
  readonly exit: number
  readonly stdout: string
  readonly stderr?: string
}

const bothWell = answering([returned('beta', true), returned('alpha', true)])
const oneAway = answering([awayBeta, returned('alpha', true)])
const oneSilent = answering([returned('alpha', true), silentBeta])

const cases: readonly Case[] = [
  { words: '* test.ping', answers: bothWell, exit: 0, stdout: 'beta:\n    True\nalpha:\n    True\n' },
  {
    words: '* test.ping --out json',
    answers: bothWell,
    exit: 0,
    stdout: '{\n    "beta": true\n}\n{\n    "alpha": true\n}\n',
  },
  { words: '* test.ping --static', answers: bothWell, exit: 0, stdout: 'alpha:\n    True\nbeta:\n    True\n' },
  {
    words: '* test.ping -s --out json --out-indent=-1',
    answers: bothWell,
    exit: 0,
    stdout: '{"beta": true, "alpha": true}\n',
  },
  {
    words: '* test.ping -v',
    answers: answering([]),
    exit: 0,
    stdout: `Executing job with jid ${jid}\n${'-'.repeat(43)}\n\n`,
  },
  { words: '* test.ping --show-jid', answers: answering([]), exit: 0, stdout: `jid: ${jid}\n` },
  {
    words: '--queue * test.ping',
    answers: answering([returned('alpha', true), queuedBeta]),
    exit: 0,
    stdout: `alpha:\n    True\nbeta:\n    Minion did not return. [Queued: until 2026-11-22 11:05:03 UTC]\n    ${hint}\n    \n    salt run jobs.lookup_jid ${jid}\n`,
  },
  { words: '* test.ping --async', answers: bothWell, exit: 0, stdout: `Executed command with job ID: ${jid}\n` },
  { words: '* test.ping --preview-target', answers: bothWell, exit: 0, stdout: '- beta\n- alpha\n' },
  { words: '* --hosts', answers: bothWell, exit: 0, stdout: '- beta\n- alpha\n' },
  {
    words: '* test.ping --out nosuch',
    answers: answering([returned('a', 1)]),
    exit: 0,
    stdout: 'a:\n    1\n',
    stderr: '[ERROR   ] Invalid outputter nosuch specified, fall back to nested\n',
  },
  {
    words: '* x.y',
    answers: answering([returned('a', 'gone', { retcode: 254, success: false })]),
    exit: 1,
    stdout: 'a:\n    gone\n',
    stderr: failure,
  },
  {
    words: '* test.pong --out quiet',
    answers: answering([
      returned('a', "'test.pong' is not available.", { retcode: 254, success: false }),
      returned('b', "'test.pong' is not available.", { retcode: 254, success: false }),
    ]),
    exit: 1,
    stdout: '',
    stderr: `${failure}There is no function test.pong. Did you mean 'test.ping'?\n`,
  },
  {
    words: '* ping --out quiet',
    answers: answering([returned('a', "'ping' is not available.", { retcode: 254, success: false })]),
    exit: 1,
    stdout: '',
    stderr: `${failure}There is no function ping. Did you mean 'docker.ping', 'network.ping' or 'test.ping'?\n`,
  },
  {
    words: '* tset.ping --out quiet',
    answers: answering([
      returned('a', { 'tset.ping': "'tset.ping' is not available.", x: 1 }, { retcode: 254, success: false }),
    ]),
    exit: 1,
    stdout: '',
    stderr: `${failure}There is no function tset.ping. Did you mean 'test.ping'?\n`,
  },
  {
    words: '* nosuch.func --out quiet -b 1',
    answers: answering([returned('a', "'nosuch.func' is not available.", { retcode: 254, success: false })]),
    exit: 254,
    stdout: "\nExecuting run on ['a']\n\n",
  },
  {
    words: '* test.pong --out quiet -b 1',
    answers: answering([returned('a', "'test.pong' is not available.", { retcode: 254, success: false })]),
    exit: 254,
    stdout: "\nExecuting run on ['a']\n\n",
    stderr: "There is no function test.pong. Did you mean 'test.ping'?\n",
  },
  {
    words: '* service.get_running --out quiet -b 1',
    answers: answering([returned('a', "'service.get_running' is not available.", { retcode: 254, success: false })]),
    exit: 254,
    stdout: "\nExecuting run on ['a']\n\n",
    stderr: 'service.get_running is not there on the systems of these minions.\n',
  },
  {
    words: '* test.echo --out quiet',
    answers: answering([returned('a', "'test.pong' is not available.")]),
    exit: 0,
    stdout: '',
  },
  {
    words: '* test.ping --out nestd',
    answers: answering([returned('a', 1)]),
    exit: 0,
    stdout: 'a:\n    1\n',
    stderr: "[ERROR   ] Invalid outputter nestd specified, fall back to nested. Did you mean 'nested'?\n",
  },
  {
    words: '* x.y',
    answers: answering([returned('a', 'no', { success: false })]),
    exit: 1,
    stdout: 'a:\n    no\n',
    stderr: failure,
  },
  {
    words: '* x.y',
    answers: answering([returned('a', { b: 1 }, { out: 'raw' })]),
    exit: 0,
    stdout: "{'a': {'b': 1}}\n",
  },
  {
    words: '* x.y --out highstate',
    answers: answering([returned('a', { b: 1 }, { out: 'raw' })]),
    exit: 0,
    stdout: "{'a': {'b': 1}}\n",
  },
  {
    words: '* test.ping',
    answers: oneAway,
    exit: 1,
    stdout: 'beta:\n    Minion did not return. [Not connected]\nalpha:\n    True\n',
    stderr: failure,
  },
  {
    words: '* test.ping',
    answers: oneSilent,
    exit: 1,
    stdout: `alpha:\n    True\nbeta:\n    Minion did not return. [No response]\n    ${hint}\n    \n    salt run jobs.lookup_jid ${jid}\n`,
    stderr: failure,
  },
  {
    words: '* test.ping --out txt',
    answers: oneSilent,
    exit: 1,
    stdout: `alpha: True\nbeta: Minion did not return. [No response]\nbeta: ${hint}\nbeta: \nbeta: salt run jobs.lookup_jid ${jid}\n`,
    stderr: failure,
  },
  {
    words: '* test.ping --hide-timeout',
    answers: oneAway,
    exit: 1,
    stdout: 'alpha:\n    True\n',
    stderr: `ERROR: No return from beta (not connected)\n${failure}`,
  },
  {
    words: '* test.ping -s --out raw',
    answers: oneAway,
    exit: 1,
    stdout: "{'beta': 'Minion did not return. [Not connected]', 'alpha': True}\n",
    stderr: failure,
  },
  {
    words: 'z* test.ping',
    answers: nobody,
    exit: 2,
    stdout: 'No minions matched the target. No command was sent, no jid was assigned.\n',
    stderr: 'ERROR: No return received\n',
  },
  {
    words: 'z* test.ping --out json',
    answers: nobody,
    exit: 2,
    stdout: 'No minions matched the target. No command was sent, no jid was assigned.\n{}\n',
    stderr: 'ERROR: No return received\n',
  },
  {
    words: 'z* test.ping -b 1',
    answers: nobody,
    exit: 2,
    stdout: 'No minions matched the target. No command was sent, no jid was assigned.\n',
    stderr: 'ERROR: No return received\n',
  },
  {
    words: '* test.ping -b 1',
    answers: bothWell,
    exit: 0,
    stdout: `\nExecuting run on ['beta']\n\nbeta:\n    True\njid:\n    ${jid}\nretcode:\n    0\n\nExecuting run on ['alpha']\n\nalpha:\n    True\njid:\n    ${jid}\nretcode:\n    0\n`,
  },
  {
    words: '* test.ping -b 50% -s --out json --out-indent=-1',
    answers: bothWell,
    exit: 0,
    stdout: '{"beta": true, "alpha": true}\n',
  },
  {
    words: '* cmd.run -b 1 --out json --out-indent=-1',
    answers: answering([returned('a', '', { retcode: 3, success: false })]),
    exit: 3,
    stdout: `\nExecuting run on ['a']\n\n{"retcode": 3, "jid": "${jid}", "a": ""}\n`,
  },
  {
    words: '* cmd.run -b 1 --failhard --out txt',
    answers: answering([returned('a', 'x', { retcode: 3, success: false }), returned('b', 'y')]),
    exit: 3,
    stdout: `\nExecuting run on ['a']\n\nretcode: 3\njid: ${jid}\na: x\n`,
    stderr: '[ERROR   ] Minion a returned with non-zero exit code. Batch run stopped due to failhard\n',
  },
  {
    words: '* test.ping -b 5 --out quiet',
    answers: oneAway,
    exit: 1,
    stdout: "\nMinion beta did not respond. No job will be sent.\n\nExecuting run on ['alpha']\n\n",
  },
  {
    words: '* test.ping --batch-safe-limit 1 --batch-safe-size 1 --out quiet',
    answers: bothWell,
    exit: 0,
    stdout: "\nExecuting run on ['beta']\n\n\nExecuting run on ['alpha']\n\n",
    stderr: 'The target means 2 minions, more than --batch-safe-limit 1: it runs in batches.\n',
  },
  { words: '* test.ping --batch-safe-limit 2 --out quiet', answers: bothWell, exit: 0, stdout: '' },
  {
    words: '* sys.doc test',
    answers: answering([returned('a', { 'test.b': 'B doc', 'test.a': 'A doc' }), returned('b', { 'test.a': 'other' })]),
    exit: 0,
    stdout: 'test.a:\nA doc\n\ntest.b:\nB doc\n\n',
  },
]

describe('what salt prints and how it ends', () => {
  for (const { words, answers, exit, stdout, stderr = '' } of cases) {
    it(`${words} → ${exit}`, async () => {
      assert.deepEqual(await salt(words.split(' '), answers), { result: exit, stdout, stderr })
    })
  }

  it('counts in the summary', async () => {
    const { result, stdout } = await salt(
      ['*', 'test.ping', '--summary', '-v', '--hide-timeout'],
      answering([
        returned('a', true),
        returned('b', 'no', { retcode: 1, success: false }),
        { id: 'c', state: 'not-connected' },
        { id: 'd', state: 'denied', reason: 'signature' },
      ]),
    )
    const summary = stdout.slice(stdout.indexOf('Summary'))
    assert.equal(result, 1)
    assert.equal(
      summary,
      `Summary\n${'-'.repeat(43)}\n# of minions targeted: 4\n# of minions returned: 2\n# of minions that did not return: 2\n` +
        `# of minions with errors: 1\nMinions not connected: c\nMinions that refused: d\nMinions with failures: b\n${'-'.repeat(43)}\n`,
    )
  })

  it('never has more minions at work than the batch allows, and fills a place as it becomes free', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e']
    let active = 0
    let most = 0
    const answers: FakeAnswers = {
      targets: () => ({ minions: ids, connected: ids }),
      async publish(call) {
        const group = call.params.tgt as readonly string[]
        active += group.length
        most = Math.max(most, active)
        await new Promise<void>((resolve) => setImmediate(resolve))
        for (const id of group) {
          active -= 1
          call.item({ kind: 'outcome', jid, ...returned(id, true) })
        }
        return { jid, minions: group }
      },
    }
    const { result, stdout } = await salt(['*', 'test.ping', '-b', '2', '-s', '--out', 'newline_values_only'], answers)
    assert.equal(result, 0)
    assert.equal(most, 2)
    assert.equal(stdout, 'True\n'.repeat(5))
  })

  it('chooses a subset only among connected minions that have the function', async () => {
    const functions: Record<string, readonly string[]> = { a: ['test.ping'], b: [], c: ['test.ping'] }
    const published: unknown[] = []
    const answers: FakeAnswers = {
      targets: () => ({ minions: ['a', 'b', 'c', 'd'], connected: ['a', 'b', 'c'] }),
      publish(call) {
        const group = call.params.tgt as readonly string[]
        const asks = call.params.fun === 'sys.list_functions'
        if (!asks) published.push(group)
        for (const id of group) call.item({ kind: 'outcome', jid, ...returned(id, asks ? functions[id] : true) })
        return { jid, minions: group }
      },
    }
    const { result } = await salt(['*', 'test.ping', '--subset', '2'], answers)
    assert.equal(result, 0)
    assert.deepEqual(published, [['a', 'c']])
  })

  it('leaves the job alone on Ctrl-C and says how to look it up', async () => {
    const answers: FakeAnswers = {
      publish(call) {
        call.item({ kind: 'published', jid, minions: ['a'] })
        const ended = new Promise((_, reject) => {
          call.signal?.addEventListener('abort', () => reject(new SaltError('cancelled', 'cancelled')))
        })
        process.emit('SIGINT')
        return ended
      },
    }
    const { result, stderr } = await salt(['*', 'test.sleep', '60'], answers)
    assert.equal(result, 130)
    assert.match(
      stderr,
      new RegExp(`jid is: ${jid}\\n[\\s\\S]*\\nsalt run jobs.lookup_jid ${jid}\\n[\\s\\S]*\\nsalt jobs ${jid}\\n$`),
    )
    assert.equal(process.listenerCount('SIGINT'), 0)
  })

  it('passes other errors on', async () => {
    const answers: FakeAnswers = {
      publish() {
        throw new SaltError('bad-target', 'no')
      },
    }
    await assert.rejects(salt(['a[', 'test.ping'], answers), { code: 'bad-target' })
  })
})

describe('the job of a command line', () => {
  async function request(...words: string[]): Promise<PublishRequest> {
    const parsed = await parseCommand(spec, words)
    assert.ok(typeof parsed !== 'number')
    return await jobRequest(parsed.options, parsed.words, 7)
  }

  it('has the defaults of the configuration', async () => {
    const { user, ...rest } = await request('*', 'test.ping')
    assert.deepEqual(rest, { tgt: '*', tgt_type: 'glob', fun: 'test.ping', arg: [], ret: '', timeout: 7 })
    assert.notEqual(user, '')
  })

  it('splits a list, parses arguments and metadata', async () => {
    const made = await request(
      '-L',
      'a, b',
      'test.arg',
      '1',
      'k=[x]',
      'raw=1',
      '--no-parse',
      'raw',
      '--metadata',
      '{t: 1}',
      '-t',
      '9',
    )
    assert.deepEqual(made.tgt, ['a', 'b'])
    assert.equal(made.tgt_type, 'list')
    assert.deepEqual(made.arg, [1, { __kwarg__: true, k: ['x'], raw: '1' }])
    assert.deepEqual(made.metadata, { t: 1 })
    assert.equal(made.timeout, 9)
  })

  it('knows each kind of target', async () => {
    const kinds = ['-E', '-G', '-P', '-N', '-R', '-C', '-I', '-J', '-S']
    const types = await Promise.all(kinds.map(async (kind) => (await request(kind, 'x', 'test.ping')).tgt_type))
    assert.deepEqual(types, [
      'pcre',
      'grain',
      'grain_pcre',
      'nodegroup',
      'range',
      'compound',
      'pillar',
      'pillar_pcre',
      'ipcidr',
    ])
  })

  it('takes several functions', async () => {
    const made = await request('*', 'test.ping,test.echo', ',', 'x')
    assert.deepEqual(
      [made.fun, made.arg],
      [
        ['test.ping', 'test.echo'],
        [[], ['x']],
      ],
    )
    const other = await request('*', 'test.ping,test.echo', ';', 'x', '--args-separator', ';')
    assert.deepEqual(other.arg, [[], ['x']])
  })

  it('refuses two kinds of target, and metadata that is no mapping', async () => {
    await assert.rejects(request('-G', '-E', 'x', 'test.ping'), { code: 'usage' })
    await assert.rejects(request('*', 'test.ping', '--metadata', '5'), { code: 'usage' })
    await assert.rejects(request('*', 'test.ping,', 'x'), { code: 'incomplete' })
  })
})

describe('small parts', () => {
  it('gives every state its words', () => {
    const text = (state: TargetOutcome['state'], reason?: string): string =>
      missingText({ id: 'a', state, ...(reason === undefined ? {} : { reason }) }, jid).split('\n')[0] ?? ''
    assert.equal(text('not-connected', 'x'), 'Minion did not return. [Not connected]')
    assert.equal(text('no-ack', 'x'), 'Minion did not return. [No response]')
    assert.equal(text('running'), 'Minion did not return. [Still running]')
    assert.equal(text('timeout', 'lost'), 'Minion did not return. [Timed out: lost]')
    assert.equal(text('denied', 'bad signature'), 'Minion did not return. [Denied: bad signature]')
    assert.equal(text('expired'), 'Minion did not return. [Expired]')
  })

  it('reads the size of a batch', () => {
    for (const good of ['1', '10', '10%', '%10', '0.5%', '100%']) assert.equal(batchSize(good), good)
    for (const bad of ['0', '-1', 'x', '1.5', '', '0%', '5%5', '200%', '100.5%'])
      assert.throws(() => batchSize(bad), { code: 'usage' }, bad)
    assert.equal(batchLimit('10%', 55), 5)
    assert.equal(batchLimit('%1', 10), 1)
    assert.equal(batchLimit('3', 2), 3)
  })

  it('knows one executor', () => {
    for (const good of [undefined, 'direct_call', '[direct_call]', "['direct_call']"])
      assert.equal(executorFault(good), undefined)
    assert.match(executorFault('[sudo, direct_call]') ?? '', /not sudo$/)
  })
})
