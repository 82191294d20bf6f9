/** The examples of docs/modules.md: they are laid out as files, and do what the guide says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import type { BeaconDefinition } from '../../../../src/engine/beacon.ts'
import { readBeacon } from '../../../../src/engine/beacons/beacon-config.ts'
import { PluginCatalogue } from '../../../../src/engine/functions/catalogue.ts'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { loadUserGrains } from '../../../../src/engine/functions/user-plugins.ts'
import { loadUserBeacons } from '../../../../src/engine/functions/user-registries.ts'
import { UserRegistry } from '../../../../src/engine/functions/user-registry.ts'
import { loadUserRunners } from '../../../../src/engine/functions/user-runners.ts'
import type { RunnerContext } from '../../../../src/engine/plugin.ts'
import { runnerRegistry, wheelRegistry } from '../../../../src/plugins/registry.ts'
import { openReturner, returnDelivery } from '../../../support/returner-world.ts'
import { UserPluginHost } from '../../../support/user-plugin-host.ts'
import { WebServer } from '../../../support/web-server.ts'

const guide = readFileSync(new URL('../../../../docs/modules.md', import.meta.url), 'utf8')
const files = Object.fromEntries(
  [...guide.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [name, text]),
)

const host = (): Promise<UserPluginHost> => UserPluginHost.with(files, { grains: { os: 'Debian' } })

test('all examples of the guide load', async () => {
  using plugins = await host()
  assert.deepEqual(plugins.faults, [])
  assert.equal(Object.keys(files).length, 12)
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
  assert.match(String((await functions.type('greet.hello', 'Ann', 'greeting=Hi')).return), /^Hi Ann, this is \w+$/)
  assert.equal((await functions.type('greet.bye', 'Ann')).return, 'Bye Ann')
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

test('the returner of the guide', async () => {
  using plugins = await host()
  await using server = await new WebServer().start()
  const chat = await plugins.functions.catalogues.returners.chat?.()
  assert.ok(chat)
  await using open = await openReturner(chat, { 'chat.url': server.url })
  await open.deliver([returnDelivery(), returnDelivery({ jid: '2', success: false, retcode: 3 })])
  assert.deepEqual(
    server.requests.map(({ body }) => JSON.parse(body)),
    [{ text: 'test.ping on web1: failed with 3' }],
  )
  server.answering = () => ({ status: 503 })
  const failed = [returnDelivery({ success: false, retcode: 1 })]
  await assert.rejects(open.deliver(failed), { code: 'execution-failed', message: /the chat answers 503/ })
  server.answering = () => ({ status: 400 })
  await assert.rejects(open.deliver(failed), { code: 'bad-arguments', message: 'the chat does not take this' })
})

test('the beacon of the guide', async () => {
  using plugins = await host()
  const { inputs } = plugins.functions
  const registry = new UserRegistry<BeaconDefinition>({})
  await loadUserBeacons(registry, { id: 'web1', config: inputs.config, log: inputs.log })
  const beacon = await registry.loaders.queue_length?.()
  assert.ok(beacon)
  assert.deepEqual([beacon.doc, beacon.intervalSeconds], ['Tells how many files wait in a folder.', 30])
  const { config } = readBeacon('queue_length', { path: plugins.folder.path, interval: 10 }, beacon)
  assert.deepEqual(await beacon.check?.({} as never, {} as never), ['path must name a folder'])
  assert.deepEqual(await beacon.check?.(config.options as never, config.extra as never), [])
  const { context } = createFunctionContext(inputs)
  const surroundings = { ...context, clock: systemClock, wake: () => {} }
  const { length: before } = readdirSync(plugins.folder.path)
  await using open = await beacon.open(surroundings, config.options as never, config.extra as never)
  assert.deepEqual(await open.read(), [{ tag: 'changed', data: { waiting: before, before: 0 } }])
  assert.deepEqual(await open.read(), [])
  writeFileSync(plugins.folder.file('one more'), '')
  assert.deepEqual(await open.read(), [{ tag: 'changed', data: { waiting: before + 1, before } }])
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
