/** What functions that share a context see of each other's work. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
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

test('a template that renders itself ends, and says so once', async () => {
  using folder = new ConfigFolder()
  const path = folder.file('circle.sls')
  writeFileSync(path, `{{ salt['slsutil.renderer'](path='${path}') }}`)
  const { context } = createFunctionContext(new FunctionHost().inputs)
  await assert.rejects(context.salt('slsutil.renderer', [path]), (error: Error) => {
    assert.equal(error.message.match(/too many other calls: there is a circle/g)?.length, 1)
    assert.ok(error.message.length < 1000, error.message)
    return true
  })
})

test('calls one after the other stand inside of none', async () => {
  const { context } = createFunctionContext(new FunctionHost().inputs)
  for (let count = 0; count < 300; count++) await context.salt('test.echo', ['x'])
  await Promise.all(Array.from({ length: 300 }, () => context.salt('test.echo', ['x'])))
})
