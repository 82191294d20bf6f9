import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jobTable } from '../../../src/cli/jobs/job-table.ts'
import { follow, spec } from '../../../src/cli/jobs.ts'
import { parseCommand } from '../../../src/cli/parse-command.ts'
import { jobRequest } from '../../../src/cli/publish/job-request.ts'
import { optionFault } from '../../../src/cli/publish/option-fault.ts'
import { spec as saltSpec } from '../../../src/cli/salt.ts'
import type { JobSummary, TargetOutcome } from '../../../src/client/api.ts'
import { type Captured, capture } from '../../support/captured-output.ts'
import { type FakeAnswers, fakeBus } from '../../support/fake-bus.ts'

const jid = '20260102030405060708'
const now = Date.UTC(2026, 0, 2, 4)

const job: JobSummary = {
  jid,
  fun: 'cmd.run',
  tgt: 'web*',
  tgt_type: 'glob',
  user: 'root',
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  states: { returned: 2, queued: 1 },
  queuedUntil: now + 5 * 3_600_000,
}

function outcome(id: string, value: unknown, retcode = 0): TargetOutcome {
  const success = retcode === 0
  const ret = { id, jid, fun: 'cmd.run', fun_args: [], return: value, retcode, success }
  return { id, state: success ? 'returned' : 'failed', ret }
}

async function followed(outcomes: readonly TargetOutcome[], ...words: readonly string[]): Promise<Captured<number>> {
  const answers: FakeAnswers = {
    jobs: (call) => (call.params.jid === jid ? [job] : []),
    follow(call) {
      call.item({ kind: 'published', jid, minions: outcomes.map(({ id }) => id) })
      for (const one of outcomes) call.item({ kind: 'outcome', jid, ...one })
      return { jid, minions: [] }
    },
  }
  const parsed = await parseCommand(spec, words)
  assert.ok(typeof parsed !== 'number')
  return await capture(() => follow(fakeBus(answers).bus, parsed.options, parsed.words[0] ?? ''))
}

describe('the list of jobs', () => {
  it('has a line for each, with what became of its targets', () => {
    const table = jobTable(
      [job, { ...job, tgt: ['a', 'b'], fun: ['test.ping', 'cmd.run'], states: { running: 2 } }],
      now,
    )
    assert.equal(
      table,
      [
        'JID                   AGE  FUNCTION           TARGET  USER  STATE',
        '20260102030405060708  55m  cmd.run            web*    root  2 returned, 1 queued (5h left)',
        '20260102030405060708  55m  test.ping,cmd.run  a,b     root  2 still running',
      ].join('\n'),
    )
  })

  it('keeps long and strange words within their cell', () => {
    const table = jobTable([{ ...job, tgt: `x\n\u001b[31m${'y'.repeat(60)}` }], now)
    assert.equal(table.split('\n').length, 2)
    assert.match(table, /x\?\[31my{33}… {2}root/)
  })

  it('has more and shorter lines on a narrow terminal', () => {
    assert.equal(
      jobTable([job], now, 24),
      [jid, '  cmd.run web*', '  root, 55m ago: 2', '    returned, 1 queued', '    (5h left)'].join('\n'),
    )
    const narrow = jobTable([job, job], now, 20)
    for (const line of narrow.split('\n')) assert.ok(line.length <= 20, line)
    assert.equal(jobTable([job], now, 85).split('\n').length, 2)
  })

  it('says so when there is none', () => assert.equal(jobTable([], now), 'The master knows no jobs.'))
})

describe('following a job again', () => {
  it('prints the returns and ends with the code of the job', async () => {
    const well = await followed([outcome('a', 'x'), outcome('b', 'y')], jid)
    assert.deepEqual(well, { result: 0, stdout: 'a:\n    x\nb:\n    y\n', stderr: '' })
    const bad = await followed([outcome('a', 'x'), outcome('b', 'y', 3)], jid, '--static', '--out', 'json')
    assert.equal(bad.result, 1)
    assert.deepEqual(JSON.parse(bad.stdout), { a: 'x', b: 'y' })
    assert.equal(bad.stderr, 'ERROR: Minions returned with non-zero exit code\n')
  })

  it('refuses a job that the master does not know', async () => {
    await assert.rejects(followed([], '20990101000000000000'), { code: 'no-match' })
  })
})

describe('--queue', () => {
  const times: readonly (readonly [readonly string[], number | true | undefined])[] = [
    [[], undefined],
    [['--queue'], true],
    [['--queue=90'], 90],
    [['--queue=30m'], 1800],
    [['--queue=12h'], 43_200],
    [['--queue=7d'], 604_800],
  ]
  for (const [words, queue] of times) {
    it(`${words.join(' ') || 'left out'} means ${queue}`, async () => {
      const parsed = await parseCommand(saltSpec, [...words, '*', 'test.ping'])
      assert.ok(typeof parsed !== 'number')
      assert.equal(optionFault(parsed.options), undefined)
      assert.deepEqual(parsed.words, ['*', 'test.ping'])
      assert.equal((await jobRequest(parsed.options, parsed.words, 5)).queue, queue)
    })
  }

  const faults: readonly (readonly [readonly string[], RegExp])[] = [
    [['--queue=soon'], /^option --queue: 'soon' is no time from a second to a year; write seconds such as 90/],
    [['--queue=0'], /'0' is no time/],
    [['--queue=400d'], /'400d' is no time/],
    [['--queue', '-b', '5'], /--queue and --batch exclude each other/],
    [['--queue', '--subset', '5'], /--queue and --subset exclude each other/],
  ]
  for (const [words, message] of faults) {
    it(`refuses ${words.join(' ')}`, async () => {
      const parsed = await parseCommand(saltSpec, [...words, '*', 'test.ping'])
      assert.ok(typeof parsed !== 'number')
      assert.match(optionFault(parsed.options) ?? '', message)
    })
  }
})
