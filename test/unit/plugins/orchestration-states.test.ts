/** Runs `test/cases/orchestration/states.json`: states of the module `salt` against a fleet that answers what a case says. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { toJson } from '../../../src/base/json.ts'
import type { RunnerResult } from '../../../src/client/api.ts'
import type { PerformedState } from '../../../src/engine/state/perform.ts'
import { type FakeAnswer, FakeFleet } from '../../support/fake-fleet.ts'
import { StateHost } from '../../support/state-host.ts'

interface Expected {
  readonly result?: boolean | null
  readonly comment?: string
  readonly match?: string
  readonly changes?: unknown
  readonly warnings?: readonly string[]
  readonly more?: unknown
  /** What was published, runners and wheel functions called; nothing where it is left out. */
  readonly published?: readonly unknown[]
  readonly called?: readonly unknown[]
}

interface Case {
  readonly name: string
  readonly state: string
  readonly args: Readonly<Record<string, unknown>>
  readonly minions?: Readonly<Record<string, FakeAnswer>>
  readonly master?: Readonly<Record<string, Partial<RunnerResult>>>
  readonly events?: readonly { readonly tag: string; readonly data: Readonly<Record<string, unknown>> }[]
  readonly error?: string
  readonly config?: Readonly<Record<string, unknown>>
  /** On a minion, which has no fleet. */
  readonly onMinion?: true
  readonly test?: Expected
  readonly apply?: Expected
}

const file = new URL('../../cases/orchestration/states.json', import.meta.url)
const cases: readonly Case[] = JSON.parse(readFileSync(file, 'utf8'))

describe('states of an orchestration', () => {
  for (const one of cases) {
    it(one.name, async () => {
      assert.ok(one.test !== undefined || one.apply !== undefined, 'the case expects something')
      if (one.test !== undefined) await check(one, one.test, (host) => host.test(one.state, one.args))
      if (one.apply !== undefined) await check(one, one.apply, (host) => host.apply(one.state, one.args))
    })
  }
})

async function check(one: Case, expected: Expected, work: (host: StateHost) => Promise<PerformedState>): Promise<void> {
  const { minions, master, events, error, config } = one
  const fleet = new FakeFleet({
    ...(minions === undefined ? {} : { minions }),
    ...(master === undefined ? {} : { master }),
    ...(events === undefined ? {} : { events }),
    ...(error === undefined ? {} : { error: new SaltError('bad-target', error) }),
  })
  const host = new StateHost({ config: config ?? {}, ...(one.onMinion === true ? {} : { services: { fleet } }) })
  const { result, comment, changes, warnings, more } = await work(host)
  if ('result' in expected) assert.equal(result, expected.result, comment)
  if (expected.comment !== undefined) assert.equal(comment, expected.comment)
  if (expected.match !== undefined) assert.match(comment, new RegExp(expected.match, 's'))
  if ('changes' in expected) assert.deepEqual(JSON.parse(toJson(changes)), expected.changes)
  assert.deepEqual(warnings ?? [], expected.warnings ?? [])
  if ('more' in expected) assert.deepEqual(more ?? {}, expected.more)
  if ('published' in expected) assert.deepEqual(fleet.published, expected.published)
  if ('called' in expected) assert.deepEqual(fleet.called, expected.called)
}
