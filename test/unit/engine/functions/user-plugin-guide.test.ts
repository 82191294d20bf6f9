/** The examples of docs/modules.md: they are laid out as files, and do what the guide says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { silentLog } from '../../../../src/base/log.ts'
import { PluginCatalogue } from '../../../../src/engine/functions/catalogue.ts'
import { loadUserGrains } from '../../../../src/engine/functions/user-plugins.ts'
import { loadUserRunners } from '../../../../src/engine/functions/user-runners.ts'
import type { RunnerContext } from '../../../../src/engine/plugin.ts'
import { runnerRegistry, wheelRegistry } from '../../../../src/plugins/registry.ts'
import { UserPluginHost } from '../../../support/user-plugin-host.ts'

const guide = readFileSync(new URL('../../../../docs/modules.md', import.meta.url), 'utf8')
const files = Object.fromEntries(
  [...guide.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [name, text]),
)

const host = (): Promise<UserPluginHost> => UserPluginHost.with(files, { grains: { os: 'Debian' } })

test('all examples of the guide load', async () => {
  using plugins = await host()
  assert.deepEqual(plugins.faults, [])
  assert.equal(Object.keys(files).length, 9)
})

test('the modules of the guide', async () => {
  using plugins = await host()
  const path = plugins.folder.file('ten')
  writeFileSync(path, '0123456789')
  const { functions } = plugins
  assert.equal((await functions.type('sizes.of_file', path)).return, 10)
  assert.equal((await functions.type('sizes.of_file', path, 'unit=kilobytes')).return, 0.01)
  assert.match(String((await functions.type('sizes.of_file', path, 'unit=miles')).return), /unit must be one of/)
  assert.equal((await functions.type('counting.sheep', '3')).return, '3 sheep')
})

test('the states of the guide', async () => {
  using plugins = await host()
  const name = plugins.folder.file('motd')
  const want = { name, text: 'Be kind to this machine.' }
  const changes = { old: null, new: want.text }
  const planned = { result: null, comment: 'The message is set to be changed', changes }
  assert.deepEqual(await plugins.states.test('motd.present', want), planned)
  assert.deepEqual(await plugins.states.apply('motd.present', want), {
    result: true,
    comment: 'The message was changed',
    changes,
  })
  assert.equal((await plugins.states.apply('motd.present', want)).comment, 'The message is right')
  assert.equal((await plugins.states.test('things.present', { name: 'a', value: 1 })).comment, 'a would be 1')
  assert.deepEqual((await plugins.states.apply('things.present', { name: 'a', value: 1 })).changes, { a: 1 })
  assert.equal((await plugins.states.watch('things.present', { name: 'a' })).comment, 'present has seen a change')
})

const hasPython = spawnSync('python3', ['--version']).status === 0

test('the executable of the guide', { skip: hasPython ? false : 'python3 is not installed' }, async () => {
  using plugins = await host()
  const { functions } = plugins
  assert.deepEqual((await functions.type('disk_health.check', '/dev/sda')).return, {
    device: '/dev/sda',
    health: 'good',
    os: 'Debian',
  })
  assert.match(String((await functions.type('disk_health.check', 'sda')).return), /failed with code 1: not a disk: sda/)
})

test('the grains of the guide', async () => {
  using plugins = await host()
  const { inputs } = plugins.functions
  const [site] = await loadUserGrains(inputs.config, inputs.log)
  const read = await site?.read({
    platform: 'linux',
    readFile: () => undefined,
    exec: () => Promise.reject(new Error('a plugin has its own')),
    config: inputs.config,
  })
  assert.deepEqual(Object.keys(read ?? {}), ['site'])
  assert.equal(Object(read?.site).hall, 'unknown')
})

test('the runner of the guide', async () => {
  using plugins = await host()
  const runners = new PluginCatalogue(runnerRegistry, { grains: {} })
  const wheels = new PluginCatalogue(wheelRegistry, { grains: {} })
  await loadUserRunners({ runners, wheels }, plugins.functions.inputs.config, silentLog)
  const found = await runners.load('inventory.kernels')
  assert.equal(found.kind, 'loaded')
  const asked: unknown[] = []
  const ctx = {
    user: 'root',
    jid: '1',
    config: { all: {}, get: () => undefined },
    log: silentLog,
    signal: new AbortController().signal,
    publish: async (request: unknown) => {
      asked.push(request)
      return [{ id: 'web1', state: 'returned', ret: { return: 'Linux' } }]
    },
  } as unknown as RunnerContext
  if (found.kind === 'loaded') {
    const more = { rest: [], extra: {} }
    assert.deepEqual(await found.definition.run(ctx, { tgt: 'web*' } as never, more), { web1: 'Linux' })
  }
  assert.deepEqual(asked, [{ tgt: 'web*', fun: 'grains.get', arg: ['kernel'] }])
})
