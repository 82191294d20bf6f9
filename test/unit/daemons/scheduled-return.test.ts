import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobReturn } from '../../../src/client/api.ts'
import { bringReturn, type ReturnRoute } from '../../../src/daemons/scheduled-return.ts'
import { parseScheduledJob } from '../../../src/engine/schedule/job-definition.ts'
import { RecordedLog } from '../../support/recorded-log.ts'

const ret: JobReturn = { id: 'web', jid: '1', fun: 'a.b', fun_args: [], return: 1, retcode: 0, success: true }

function bring(
  raw: Readonly<Record<string, unknown>>,
  {
    schedulerReturner,
    hasReturners = true,
  }: {
    schedulerReturner?: unknown
    hasReturners?: boolean
  } = {},
) {
  const routes: ReturnRoute[] = []
  const kept: JobReturn[] = []
  const log = new RecordedLog()
  const config = { get: () => schedulerReturner, all: {} }
  const returned = (_ret: JobReturn, route: ReturnRoute): void => void routes.push(route)
  const job = parseScheduledJob('job', { function: 'a.b', ...raw }, () => undefined)
  bringReturn(job, ret, { config, log: log.log, ...(hasReturners ? { returned } : {}) }, (one) => kept.push(one))
  return { routes, kept, log }
}

test('a return goes to the returners of its job and of all jobs, each once, with what they are told', () => {
  const raw = { returner: ['file', 'redis,http'], return_config: 'other', return_kwargs: { tag: 'x' } }
  const { routes, kept } = bring(raw, { schedulerReturner: 'syslog,file' })
  assert.deepEqual(routes, [
    { returners: ['file', 'redis', 'http', 'syslog'], returnConfig: 'other', returnKwargs: { tag: 'x' } },
  ])
  assert.deepEqual(kept, [ret])
})

test('without returners it goes to the master alone', () => {
  const { routes, kept } = bring({})
  assert.deepEqual([routes, kept], [[], [ret]])
})

test('returners that are not there are told of', () => {
  const { kept, log } = bring({ returner: 'file' }, { hasReturners: false })
  assert.deepEqual(kept, [ret])
  assert.equal(log.matching(/went to no returner job=job returners=file/).length, 1)
})

for (const [returnJob, expected] of [
  [true, [ret]],
  ['True', [ret]],
  [false, []],
  ['False', []],
  ['nocache', [{ ...ret, nocache: true }]],
] as const) {
  test(`return_job: ${returnJob}`, () => assert.deepEqual(bring({ return_job: returnJob }).kept, expected))
}
