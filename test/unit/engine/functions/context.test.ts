/** What functions that share a context see of each other's work. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { GrainsSource } from '../../../../src/engine/functions/grains.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FunctionHost } from '../../../support/function-host.ts'

test('a grain that is set is seen by what runs after it', async () => {
  using folder = new ConfigFolder()
  const values: Record<string, unknown> = { conf_file: folder.file('minion'), config_dir: folder.path }
  const config = { get: (name: string) => values[name], all: values }
  const host = new FunctionHost()
  const source = new GrainsSource({ registry: [], config, log: host.log })
  await source.prepare()
  const { context } = createFunctionContext({
    ...host.inputs,
    config,
    grains: () => source.read(),
    services: { refreshGrains: () => source.refresh() },
  })
  assert.deepEqual(context.grains, {})
  await context.salt('grains.set', ['roles', ['web', 'db']])
  await context.salt('grains.append', ['roles', 'cache'])
  assert.deepEqual(context.grains.roles, ['web', 'db', 'cache'])
  assert.deepEqual((await source.refresh()).roles, ['web', 'db', 'cache'])
})

test('services that change while a function runs are not frozen', async () => {
  let masters: readonly never[] | undefined
  const { context } = createFunctionContext({
    ...new FunctionHost().inputs,
    services: {
      get masters() {
        return masters ?? []
      },
      refreshGrains: async () => ({}),
    },
  })
  assert.deepEqual(context.services.masters, [])
  const later: readonly never[] = []
  masters = later
  assert.equal(context.services.masters, later)
})
