/** Runs the JSON files below `test/cases/run`: chunks of fake states, and what must come of each. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../../../src/base/clock.ts'
import { chunkTag } from '../../../../src/engine/state/low-chunk.ts'
import { runStates } from '../../../../src/engine/state/run.ts'
import { allWell } from '../../../../src/engine/state/run-success.ts'
import type { StateReturn } from '../../../../src/engine/state/state-return.ts'
import type { HostOptions } from '../../../support/function-host.ts'
import { lowChunk, runHost, type WrittenChunk } from '../../../support/state-run.ts'

interface RunCase {
  readonly name: string
  readonly chunks: readonly WrittenChunk[]
  readonly test?: true
  readonly mock?: true
  readonly grains?: HostOptions['grains']
  readonly config?: HostOptions['config']
  readonly programs?: HostOptions['programs']
  /** By id, or by the whole tag: what must be there of the result. All results must be named. */
  readonly returns: Readonly<Record<string, Partial<StateReturn>>>
  /** Ids of the states that changed something, in this order. */
  readonly applied?: readonly string[]
  /** Whether the run as a whole went well. */
  readonly well?: boolean
  /** Programs that were run. */
  readonly ran?: readonly string[]
  /** Milliseconds that were waited between attempts. */
  readonly waits?: readonly number[]
}

const folder = new URL('../../../cases/run/', import.meta.url)

for (const file of readdirSync(folder).sort()) {
  const cases: readonly RunCase[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
  for (const one of cases) test(`${file}: ${one.name}`, () => check(one))
}

async function check(one: RunCase): Promise<void> {
  const { host, context, applied } = runHost({
    grains: one.grains ?? {},
    config: { id: 'alpha', ...one.config },
    ...(one.programs === undefined ? {} : { programs: one.programs }),
  })
  const chunks = one.chunks.map((written, index) => lowChunk(written, index))
  const waits: number[] = []
  const clock: Clock = {
    ...systemClock,
    after(delayMs, action) {
      waits.push(delayMs)
      queueMicrotask(action)
      return { cancel() {} }
    },
  }
  const told: string[] = []
  const returns = await runStates(context, chunks, {
    test: one.test === true,
    mock: one.mock === true,
    clock,
    onReturn: (chunk) => told.push(chunkTag(chunk)),
  })
  const byId = Object.fromEntries(
    Object.entries(returns).map(([tag, ret]) => [tag in one.returns ? tag : (tag.split('_|-')[1] ?? ''), ret]),
  )
  assert.deepEqual(Object.keys(byId).sort(), Object.keys(one.returns).sort(), 'the states that have a result')
  for (const [id, expected] of Object.entries(one.returns)) {
    const ret: Readonly<Record<string, unknown>> = byId[id] ?? {}
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(ret[key], value, `${id}: ${key} of ${JSON.stringify(ret)}`)
    }
  }
  if (one.applied !== undefined) assert.deepEqual(applied, one.applied)
  if (one.well !== undefined) assert.equal(allWell(returns, chunks), one.well)
  if (one.waits !== undefined) assert.deepEqual(waits, one.waits)
  if (one.ran !== undefined) assert.deepEqual(host.ran, one.ran)
  if (one.test === true || one.mock === true) assert.deepEqual(applied, [], 'a dry run changes nothing')
}
