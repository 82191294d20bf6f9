/** A minion that applies the same tree again and again keeps nothing of it. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { collectGarbage } from '../../src/base/collect-garbage.ts'
import { InProcessFleet } from '../support/in-process-fleet.ts'

/** So many at a time, and how often. */
const applies = 25
const rounds = 3
/** What the master remembers of a job: its arguments and its return, in bounded memories. */
const perJob = 3 * 1024

test('states leave nothing in memory', async () => {
  await using fleet = new InProcessFleet()
  const roots = join(fleet.folder, 'srv')
  mkdirSync(roots)
  writeFileSync(
    join(roots, 'web.sls'),
    '{% for i in range(20) %}\nn{{ i }}:\n  test.nop:\n    - name: {{ grains.id }}{{ i }}\n{% endfor %}\n',
  )
  const master = await fleet.startMaster(`file_roots: {base: ['${roots}']}\n`)
  await fleet.connect('alpha', master)
  const used: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (let count = 0; count < applies; count++) {
      const { alpha } = await master.publish('alpha', 'state.apply', ['web'], { timeout: 30 })
      assert.equal(alpha?.ret?.retcode, 0, JSON.stringify(alpha))
    }
    collectGarbage()
    used.push(process.memoryUsage().heapUsed)
  }
  const growth = (used.at(-1) ?? 0) - (used[0] ?? 0)
  assert.ok(growth < perJob * applies * (rounds - 1), `the heap grew from ${used.join(' to ')} bytes`)
})
