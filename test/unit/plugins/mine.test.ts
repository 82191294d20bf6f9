/** The module `mine` on one minion, with a master that answers as the test says, and without one. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { SaltError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { MasterCalls } from '../../../src/client/master-link.ts'
import { DataBanks } from '../../../src/engine/cache/data-banks.ts'
import { FunctionHost, type HostOptions } from '../../support/function-host.ts'
import { returned, run } from '../../support/runner-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'salt-mine-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function hostWith(mineFunctions: unknown, answer: (method: string) => unknown = () => true, options: HostOptions = {}) {
  const asked: [string, unknown][] = []
  const call = async (method: string, params: unknown): Promise<unknown> => {
    asked.push([method, params])
    return answer(method)
  }
  const masters = [{ address: 'salt:4506', call: call as unknown as MasterCalls['call'] }]
  const config = { file_client: 'remote', mine_functions: mineFunctions, ...options.config }
  return { host: new FunctionHost({ ...options, config, services: { masters } }), asked }
}

for (const [name, functions, data] of [
  ['a function', { 'test.ping': null }, { 'test.ping': true }],
  ['with an empty list', { 'test.ping': [] }, { 'test.ping': true }],
  ['with arguments', { 'test.echo': ['hello'] }, { 'test.echo': 'hello' }],
  ['with keyword arguments', { 'test.echo': { text: 'hello' } }, { 'test.echo': 'hello' }],
  ['with both', { 'test.arg': ['one', { two: 2 }] }, { 'test.arg': { args: ['one'], kwargs: { two: 2 } } }],
  ['under another name', { greeting: { mine_function: 'test.echo', text: 'hello' } }, { greeting: 'hello' }],
  ['under another name, as a list', { greeting: [{ mine_function: 'test.echo' }, 'hello'] }, { greeting: 'hello' }],
  [
    'for some only',
    { greeting: { mine_function: 'test.echo', text: 'hello', allow_tgt: 'G@role:db', allow_tgt_type: 'compound' } },
    { greeting: { __data__: 'hello', __saltmine_acl__: 1, allow_tgt: 'G@role:db', allow_tgt_type: 'compound' } },
  ],
  [
    'for some only, by a list',
    { 'test.ping': [{ allow_tgt: ['a', 'b'] }] },
    { 'test.ping': { __data__: true, __saltmine_acl__: 1, allow_tgt: 'a,b', allow_tgt_type: 'list' } },
  ],
  ['one that fails is left out', { 'test.ping': [], 'test.exception': [] }, { 'test.ping': true }],
  ['one that is not there is left out', { 'no.such': [], 'test.ping': [] }, { 'test.ping': true }],
] as const) {
  test(`update: ${name}`, async () => {
    const { host, asked } = hostWith(functions)
    assert.equal((await host.type('mine.update')).return, true)
    const [[method, params] = ['', {}]] = asked
    assert.equal(method, 'mine.update')
    const sent = params as { data: Record<string, unknown>; clear: boolean }
    assert.equal(sent.clear, false)
    assert.deepEqual(withoutPublication(sent.data), data)
  })
}

/** `test.arg` shows what a job is told of its publication. */
function withoutPublication(data: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(data, (key, value) => (key.startsWith('__pub_') ? undefined : value)))
}

test('update: functions of pillar, and the configuration wins', async () => {
  const pillar = { mine_functions: { 'test.echo': ['of pillar'], 'test.ping': [] } }
  const { host, asked } = hostWith({ 'test.echo': ['of the configuration'] }, () => true, { pillar })
  await host.type('mine.update', 'clear=True')
  assert.deepEqual(asked, [
    ['mine.update', { data: { 'test.echo': 'of the configuration', 'test.ping': true }, clear: true }],
  ])
})

test('update: other functions than those that are configured', async () => {
  const { host, asked } = hostWith({ 'test.ping': [] })
  await host.type('mine.update', 'mine_functions=[test.true]')
  await host.type('mine.update', 'mine_functions={test.echo: [a]}')
  assert.deepEqual(
    asked.map(([, params]) => (params as { data: unknown }).data),
    [{ 'test.true': true }, { 'test.echo': 'a' }],
  )
})

test('update: nothing is configured, or no master answers', async () => {
  assert.equal((await hostWith({}).host.type('mine.update')).return, null)
  const silent = hostWith({ 'test.ping': [] }, () => {
    throw new SaltError('master-unreachable', 'gone')
  })
  assert.equal((await silent.host.type('mine.update')).return, false)
  const none = new FunctionHost({ config: { mine_functions: { 'test.ping': [] } } })
  assert.equal((await none.type('mine.update')).return, false)
})

test('send', async () => {
  const { host, asked } = hostWith({})
  assert.equal((await host.type('mine.send', 'test.echo', 'hello')).return, true)
  assert.equal(
    (await host.type('mine.send', 'greeting', 'mine_function=test.echo', 'hello', "allow_tgt='db*'")).return,
    true,
  )
  assert.equal((await host.type('mine.send', 'no.such')).return, false)
  assert.deepEqual(asked, [
    ['mine.update', { data: { 'test.echo': 'hello' }, clear: false }],
    [
      'mine.update',
      {
        data: { greeting: { __data__: 'hello', __saltmine_acl__: 1, allow_tgt: 'db*', allow_tgt_type: 'glob' } },
        clear: false,
      },
    ],
  ])
})

test('get, delete and flush ask the master', async () => {
  const values = { alpha: 1, beta: 2 }
  const { host, asked } = hostWith({}, (method) => (method === 'mine.get' ? values : true))
  assert.deepEqual((await host.type('mine.get', "'*'", 'test.ping')).return, values)
  assert.deepEqual((await host.type('mine.get', "'*'", 'test.ping', 'exclude_minion=True')).return, { beta: 2 })
  assert.equal((await host.type('mine.delete', 'test.ping')).return, true)
  assert.equal((await host.type('mine.flush')).return, true)
  assert.deepEqual(asked.slice(-3), [
    ['mine.get', { tgt: '*', tgt_type: 'glob', fun: 'test.ping' }],
    ['mine.delete', { fun: 'test.ping' }],
    ['mine.flush', null],
  ])
})

test('get of several leaves out the own values of each', async () => {
  const { host } = hostWith({}, () => ({ a: { alpha: 1, beta: 2 }, b: { alpha: 3 } }))
  assert.deepEqual((await host.type('mine.get', "'*'", "'a,b'", 'exclude_minion=True')).return, {
    a: { beta: 2 },
    b: {},
  })
})

test('valid shows what is configured and available', async () => {
  const { host } = hostWith({
    'test.ping': [],
    'test.echo': { text: 'a' },
    greeting: [{ mine_function: 'test.echo' }, 'hello', { more: 1 }],
    'no.such': [],
  })
  assert.deepEqual((await host.type('mine.valid')).return, {
    'test.ping': [],
    'test.echo': { text: 'a' },
    greeting: { 'test.echo': ['hello', { more: 1 }] },
  })
  assert.equal((await hostWith({}).host.type('mine.valid')).return, null)
})

test('without a master the minion keeps its own mine', async () => {
  const config = {
    file_client: 'local',
    cachedir: folder,
    mine_functions: { 'test.ping': [], greeting: [{ mine_function: 'test.echo', allow_tgt: 'db*' }, 'hello'] },
  }
  const host = new FunctionHost({ config, grains: { os: 'Debian' } })
  const get = async (...words: string[]): Promise<unknown> => (await host.type('mine.get', ...words)).return
  assert.equal((await host.type('mine.update')).return, true)
  assert.equal((await host.type('mine.send', 'test.true')).return, true)
  assert.deepEqual(await get("'*'", 'test.ping'), { alpha: true })
  assert.deepEqual(await get("'*'", "'test.ping,greeting'"), {
    'test.ping': { alpha: true },
    greeting: { alpha: 'hello' },
  })
  assert.deepEqual(await get("'os:Debian'", 'test.true', 'grain'), { alpha: true })
  assert.deepEqual(await get("'beta*'", 'test.ping'), {})
  assert.deepEqual(await get("'*'", 'test.ping', 'exclude_minion=True'), {})
  assert.deepEqual(await get("'*'", 'nothing'), {})
  assert.match(String(await get("'*'", 'test.ping', 'nodegroup')), /cannot judge targets of the kind nodegroup/)
  assert.equal((await host.type('mine.delete', 'test.ping')).return, true)
  assert.deepEqual(await get("'*'", 'test.ping'), {})
  assert.equal((await host.type('mine.update', 'clear=True')).return, true)
  assert.deepEqual(await get("'*'", 'test.true'), {})
  assert.equal((await host.type('mine.flush')).return, true)
  assert.deepEqual(await get("'*'", 'test.ping'), {})
})

test('the runner reads all, and shows the functions of a minion that asks only what it may see', async () => {
  const banks = new DataBanks(':memory:', { clock: systemClock, log: silentLog })
  banks.store('minions/alpha', 'mine', { f: 1, g: { __data__: 2, __saltmine_acl__: 1, allow_tgt: 'x' } })
  banks.store('minions/beta', 'mine', { f: 3 })
  const world = { accepted: ['alpha', 'beta', 'gamma'], banks }
  assert.deepEqual((await run(world, 'mine.get', "'*'", 'f')).value, { alpha: 1, beta: 3 })
  assert.deepEqual((await run(world, 'mine.get', "'*'", "'f,g'")).value, { f: { alpha: 1, beta: 3 }, g: { alpha: 2 } })
  assert.deepEqual((await run(world, 'mine.get', "'*'", 'nothing')).value, {})
})

test('the runner lets minions update', async () => {
  const world = { publish: () => [returned('alpha', true), { id: 'beta', state: 'not-connected' as const }] }
  const { value, published } = await run(world, 'mine.update', "'*'", 'clear=True')
  assert.deepEqual(value, { alpha: true })
  assert.deepEqual(published, [{ tgt: '*', tgtType: 'glob', fun: 'mine.update', kwargs: { clear: true } }])
})
