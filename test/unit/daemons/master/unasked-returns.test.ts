import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobReturn } from '../../../../src/client/api.ts'
import { UnaskedReturns } from '../../../../src/daemons/master/unasked-returns.ts'
import type { JobRecord } from '../../../../src/engine/jobs/types.ts'
import { record } from '../../../support/runner-world.ts'

const jid = '20260107120000000001'

function rig() {
  const jobs = new Map<string, JobRecord>()
  const stored: [string, string][] = []
  const fired: string[] = []
  let next = 0
  const unasked = new UnaskedReturns({
    bus: { fire: (tag) => ({ seq: fired.push(tag), tag, data: {} }) as never },
    store: { get: (id) => jobs.get(id) },
    jids: {
      next() {
        next += 1
        return `2026010712000000009${next}`
      },
    },
    publisher: {
      returnedUnasked(ret, user) {
        stored.push([ret.jid, `${ret.id} ${user}`])
        jobs.set(ret.jid, record(ret.jid, { minions: [ret.id] }))
      },
    },
    user: 'salt',
  })
  const take = (id: string, more: Partial<JobReturn> = {}): void =>
    unasked.take({ id, jid, fun: 'a.b', fun_args: [], return: 1, retcode: 0, success: true, schedule: 'job', ...more })
  return { take, stored, fired }
}

test('minions that make the same jid do not get into each other’s way, also when a return comes twice', () => {
  const { take, stored } = rig()
  take('alpha', { user: 'root' })
  take('beta')
  take('gamma')
  take('beta')
  take('alpha')
  assert.deepEqual(stored, [
    [jid, 'alpha root'],
    ['20260107120000000091', 'beta salt'],
    ['20260107120000000092', 'gamma salt'],
    ['20260107120000000091', 'beta salt'],
    [jid, 'alpha salt'],
  ])
})

test('what is not to be kept is told', () => {
  const { take, stored, fired } = rig()
  take('alpha', { nocache: true })
  assert.deepEqual([stored, fired], [[], ['salt/job/nocache/ret/alpha']])
})
