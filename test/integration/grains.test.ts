/** Grains that change while the minion runs, and targets that must see them at once. */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TargetOutcome } from '../../src/client/api.ts'
import { InProcessFleet } from '../support/in-process-fleet.ts'

function returnOf(outcome: TargetOutcome | undefined): unknown {
  return outcome?.ret?.return
}

test('a target sees a grain as soon as it is set, and no longer when it is gone', async () => {
  await using fleet = await InProcessFleet.start(['alpha', 'beta'])
  const targeted = async (tgt: string): Promise<string[]> => {
    const outcomes = await fleet.master.publish(tgt, 'test.ping', [], { tgt_type: 'grain' }).catch(() => ({}))
    return Object.keys(outcomes)
  }
  assert.deepEqual(await targeted('role:web'), [])
  await fleet.master.publish('alpha', 'grains.setval', ['role', 'web'])
  assert.deepEqual(await targeted('role:web'), ['alpha'])
  await fleet.master.publish('alpha', 'grains.append', ['roles', 'db'])
  await fleet.master.publish('*', 'grains.append', ['roles', 'cache'])
  assert.deepEqual(await targeted('roles:db'), ['alpha'])
  assert.deepEqual((await targeted('roles:cache')).sort(), ['alpha', 'beta'])
  await fleet.master.publish('alpha', 'grains.remove', ['roles', 'db'])
  assert.deepEqual(await targeted('roles:db'), [])
  await fleet.master.publish('alpha', 'grains.delkey', ['role'])
  assert.deepEqual(await targeted('role:web'), [])
  const matched = await fleet.master.publish('*', 'match.grain', ['roles:cache'])
  assert.deepEqual(Object.values(matched).map(returnOf), [true, true])
})

test('a plugin of the file server gives grains once it is synced, and takes them away when it is gone', async () => {
  await using fleet = new InProcessFleet()
  const files = `${fleet.folder}/srv`
  mkdirSync(`${files}/_grains`, { recursive: true })
  const plugin = (rack: string): string =>
    `export const rack = { name: 'rack', doc: 'Where it stands.', grains: {}, read: () => ({ rack: '${rack}', os: 'Ours' }) }\n`
  writeFileSync(`${files}/_grains/rack.ts`, plugin('r7'))
  const master = await fleet.startMaster(`file_roots:\n  base: [${files}]\n`)
  await fleet.connect('alpha', master, 'grains: {site: here}\n')
  const item = async (...names: readonly string[]) =>
    returnOf((await master.publish('alpha', 'grains.item', names)).alpha)
  assert.deepEqual(await item('rack', 'site'), { rack: '', site: 'here' })
  assert.deepEqual(returnOf((await master.publish('alpha', 'saltutil.sync_grains')).alpha), ['grains.rack'])
  assert.deepEqual(await item('rack', 'os', 'site'), { rack: 'r7', os: 'Ours', site: 'here' })
  assert.deepEqual(Object.keys(await master.publish('rack:r7', 'test.ping', [], { tgt_type: 'grain' })), ['alpha'])
  writeFileSync(`${files}/_grains/rack.ts`, plugin('r8'))
  await master.publish('alpha', 'saltutil.sync_all')
  assert.deepEqual(await item('rack'), { rack: 'r8' }, 'a changed plugin counts')
  rmSync(`${files}/_grains/rack.ts`)
  await master.publish('alpha', 'saltutil.sync_grains')
  assert.deepEqual(await item('rack', 'site'), { rack: '', site: 'here' })
})
