import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobRetention } from '../../../../src/engine/jobs/job-retention.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const hourMs = 3_600_000

/** What is removed, as the age in hours that a job has then at least. */
function retention(keepMs: () => number): { clock: FakeClock; removed: number[]; retained: JobRetention } {
  const clock = new FakeClock()
  const removed: number[] = []
  const removeBefore = (time: number): number => removed.push((clock.now() - time) / hourMs)
  return { clock, removed, retained: new JobRetention({ store: { removeBefore }, clock, keepMs }) }
}

test('old jobs are forgotten at the start and every hour, by what the configuration says then', async () => {
  let keepMs = 24 * hourMs
  const { clock, removed, retained } = retention(() => keepMs)
  retained.start()
  assert.deepEqual(removed, [24])
  keepMs = 2 * hourMs
  await clock.advance(2 * hourMs)
  assert.deepEqual(removed, [24, 2, 2])
  retained[Symbol.dispose]()
  await clock.advance(3 * hourMs)
  assert.equal(removed.length, 3)
})

test('with 0 they are kept, until the configuration says otherwise', async () => {
  let keepMs = 0
  const { clock, removed, retained } = retention(() => keepMs)
  retained.start()
  await clock.advance(hourMs)
  assert.deepEqual(removed, [])
  keepMs = hourMs
  await clock.advance(hourMs)
  assert.deepEqual(removed, [1])
  retained[Symbol.dispose]()
})
