/** Runners and wheel functions that act on a real master: keys, cache, configuration, its own host. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { RunnerResult } from '../../../src/client/api.ts'
import type { MasterBus } from '../../../src/client/master-bus.ts'
import { parseWords } from '../../../src/engine/arguments/parse.ts'
import { type KeyState, keyFolders } from '../../../src/engine/keys/key-store.ts'
import { temporaryIdentity } from '../../../src/wire/identity.ts'
import type { BusEvents } from '../../support/bus-events.ts'
import { InProcessFleet, type TestMaster } from '../../support/in-process-fleet.ts'
import { run as program } from '../../support/program.ts'

let fleet: InProcessFleet & { master: TestMaster }
let bus: MasterBus
let events: BusEvents

before(async () => {
  fleet = await InProcessFleet.start(['alpha', 'beta'])
  bus = await fleet.master.bus()
  events = await fleet.master.events()
})
after(async () => {
  await events[Symbol.asyncDispose]()
  await bus[Symbol.asyncDispose]()
  await fleet[Symbol.asyncDispose]()
})

async function call(method: 'runner' | 'wheel', fun: string, ...words: readonly string[]): Promise<RunnerResult> {
  return await bus.call(method, { fun, arg: await parseWords(words), user: 'tester' })
}

async function wheel(fun: string, ...words: readonly string[]): Promise<unknown> {
  const { success, return: value } = await call('wheel', fun, ...words)
  assert.equal(success, true, String(value))
  return value
}

async function runner(fun: string, ...words: readonly string[]): Promise<unknown> {
  const { success, return: value } = await call('runner', fun, ...words)
  assert.equal(success, true, String(value))
  return value
}

function keyFile(state: KeyState, id: string): string {
  return join(fleet.master.options.paths.pki_dir, keyFolders[state], id)
}

/** Lays down a key, and returns when the master sees it: right after changes of its own it looks again only after a moment. */
async function put(state: KeyState, id: string): Promise<string> {
  const { publicPem, fingerprint } = temporaryIdentity()
  mkdirSync(join(keyFile(state, id), '..'), { recursive: true })
  writeFileSync(keyFile(state, id), publicPem)
  while (Object.keys((await wheel('key.name_match', id)) as object).length === 0);
  return fingerprint
}

describe('wheel key', () => {
  let fingerprint = ''
  beforeEach(async () => {
    await wheel('key.delete', 'web*')
    fingerprint = await put('pending', 'web1')
    await put('pending', 'web2')
    await put('rejected', 'web3')
  })

  it('lists', async () => {
    const pending = { minions_pre: ['web1', 'web2'] }
    assert.deepEqual(await wheel('key.list_all'), {
      minions: ['alpha', 'beta'],
      ...pending,
      minions_rejected: ['web3'],
      minions_denied: [],
      local: ['master.pem', 'master.pub'],
    })
    assert.deepEqual(await wheel('key.list', 'pre'), pending)
    assert.deepEqual(await wheel('key.list', 'accepted'), { minions: ['alpha', 'beta'] })
    assert.deepEqual(await wheel('key.name_match', 'web1,alpha'), { minions: ['alpha'], minions_pre: ['web1'] })
    const { success, return: value } = await call('wheel', 'key.list', 'some')
    assert.deepEqual([success, /'some' is no state of keys/.test(String(value))], [false, true])
  })

  it('tells keys and fingerprints', async () => {
    assert.deepEqual(await wheel('key.finger', 'web1'), { minions_pre: { web1: fingerprint } })
    assert.deepEqual(await wheel('key.key_str', 'web1'), {
      minions_pre: { web1: readFileSync(keyFile('pending', 'web1'), 'utf8') },
    })
    assert.deepEqual(await wheel('key.finger_master'), { local: { 'master.pub': fleet.master.running.fingerprint } })
    assert.deepEqual(await wheel('key.master_key_str'), {
      local: { 'master.pub': readFileSync(join(fleet.master.options.paths.pki_dir, 'master.pub'), 'utf8') },
    })
  })

  it('accepts, rejects and deletes by glob', async () => {
    assert.deepEqual(await wheel('key.accept', 'web*'), { minions: ['web1', 'web2'], minions_rejected: ['web3'] })
    assert.deepEqual(await wheel('key.reject', 'web1'), { minions: ['web1'] })
    assert.deepEqual(await wheel('key.reject', 'web1', 'include_accepted=true'), { minions_rejected: ['web1'] })
    assert.deepEqual(await wheel('key.accept', 'web3', 'include_rejected=true'), { minions: ['web3'] })
    assert.deepEqual(await wheel('key.delete', "['web1', 'web2']"), {})
    assert.deepEqual(await wheel('key.name_match', 'web*'), { minions: ['web3'] })
    const told = await events.until(/^salt\/key$/, ({ id, act }) => id === 'web3' && act === 'accept')
    assert.deepEqual([told.data.user, told.data.result], ['tester', true])
  })

  it('accepts, rejects and deletes what is listed, and nothing in another state', async () => {
    assert.deepEqual(await wheel('key.accept_dict', '{minions_pre: [web1, nosuch], minions_rejected: [web3]}'), {
      minions: ['web1'],
      minions_rejected: ['web3'],
    })
    assert.deepEqual(await wheel('key.reject_dict', '{minions_pre: [web2], minions: [web1]}'), {
      minions: ['web1'],
      minions_rejected: ['web2'],
    })
    assert.deepEqual(await wheel('key.delete_dict', '{minions: [web1, web2]}'), { minions_rejected: ['web2'] })
    const { return: value } = await call('wheel', 'key.accept_dict', '{pending: [web1]}')
    assert.match(String(value), /'pending' is no folder of keys; there are minions, /)
  })

  it('makes pairs that no event shows', async () => {
    const made = await call('wheel', 'key.gen')
    assert.match(JSON.stringify(made.return), /BEGIN PRIVATE KEY/)
    const event = await events.until(new RegExp(`^salt/wheel/${made.jid}/ret$`))
    assert.deepEqual([event.data.fun, event.data.return, event.data.success], ['wheel.key.gen', '**********', true])
    const pair = (await wheel('key.gen_accept', 'web1')) as { pub: string }
    assert.equal(readFileSync(keyFile('accepted', 'web1'), 'utf8'), pair.pub)
    assert.equal(existsSync(keyFile('pending', 'web1')), false)
    assert.deepEqual(await wheel('key.gen_accept', 'web1'), {})
    const other = (await wheel('key.gen_accept', 'web1', 'force=true')) as { pub: string }
    assert.notEqual(other.pub, pair.pub)
    const bad = await call('wheel', 'key.gen_accept', '../evil')
    assert.equal(bad.success, false)
  })

  it('stores pairs in a folder of their own only', async () => {
    const made = await wheel('key.gen_keys', 'keyname=web1', 'keydir=customers')
    const folder = join(fleet.master.options.paths.pki_dir, 'generated', 'customers')
    assert.match(String(made), /^([0-9a-f]{2}:){31}[0-9a-f]{2}$/)
    assert.equal(statSync(join(folder, 'web1.pem')).mode & 0o777, 0o600)
    for (const words of [
      ['keyname=web1', 'keydir=customers'],
      ['keydir=../minions'],
      ['keydir=/tmp'],
      ['keyname=../x'],
    ]) {
      assert.equal((await call('wheel', 'key.gen_keys', ...words)).success, false, words.join(' '))
    }
  })
})

describe('wheel and minions', () => {
  it('lists those that are connected', async () => {
    assert.deepEqual(await wheel('minions.connected'), ['alpha', 'beta'])
  })

  it('is told on the bus as wheel', async () => {
    const { jid } = await call('wheel', 'minions.connected')
    const begun = await events.until(new RegExp(`^salt/wheel/${jid}/new$`))
    const { _stamp, ...data } = begun.data as Record<string, unknown>
    assert.deepEqual(data, { fun: 'wheel.minions.connected', jid, user: 'tester', fun_args: [] })
    const ended = await events.until(new RegExp(`^salt/wheel/${jid}/ret$`))
    assert.deepEqual([ended.data.return, ended.data.success], [['alpha', 'beta'], true])
  })

  it('has no runners, and runners have no wheel functions', async () => {
    assert.match(String((await call('wheel', 'manage.up')).return), /^'manage\.up' is not available\./)
    assert.match(String((await call('runner', 'key.list_all')).return), /^'key\.list_all' is not available\./)
  })
})

describe('wheel config', () => {
  it('shows and changes what the files say', async () => {
    const file = fleet.master.options.configFile
    assert.equal(((await wheel('config.values')) as { timeout: number }).timeout, 5)
    assert.equal(await wheel('config.apply', 'timeout', '9'), null)
    assert.match(readFileSync(file, 'utf8'), /^timeout: 9$/m)
    assert.equal(((await wheel('config.values')) as { timeout: number }).timeout, 9)
    assert.equal(await wheel('config.update_config', 'limits', '{max_minions: 7}'), 'Wrote limits.conf')
    assert.equal(readFileSync(`${file}.d/limits.conf`, 'utf8'), 'max_minions: 7\n')
    const { return: value, success } = await call('wheel', 'config.apply', 'timeuot', '9')
    assert.deepEqual([success, /'timeuot' is not an option of the master/.test(String(value))], [false, true])
  })
})

describe('runner cache', () => {
  it('shows grains, and forgets them', async () => {
    const grains = (await runner('cache.grains', '*')) as Record<string, Record<string, unknown>>
    assert.deepEqual(Object.keys(grains), ['alpha', 'beta'])
    assert.equal(grains.alpha?.id, 'alpha')
    assert.equal(await runner('cache.clear_grains'), false)
    assert.equal(await runner('cache.clear_grains', 'beta'), true)
    assert.deepEqual(await runner('cache.grains', 'beta'), { beta: {} })
    assert.deepEqual(await runner('cache.grains', 'nobody'), {})
  })

  it('keeps data by bank', async () => {
    assert.equal(await runner('cache.store', 'my/bank', 'key', '{a: [1]}'), null)
    assert.deepEqual(await runner('cache.fetch', 'my/bank', 'key'), { a: [1] })
    assert.deepEqual(await runner('cache.fetch', 'my/bank', 'none'), {})
    assert.deepEqual([await runner('cache.list', 'my'), await runner('cache.list', 'my/bank')], [['bank'], ['key']])
    assert.ok(Number(await runner('cache.updated', 'my/bank', 'key')) > 1_700_000_000)
    assert.deepEqual(
      [await runner('cache.contains', 'my'), await runner('cache.contains', 'my', 'bank')],
      [true, false],
    )
    assert.deepEqual([await runner('cache.flush', 'my'), await runner('cache.flush', 'my')], [true, false])
    assert.equal(await runner('cache.updated', 'my/bank', 'key'), null)
    assert.equal((await call('runner', 'cache.list', 'x', 'cachedir=/elsewhere')).success, false)
  })

  it('shows and forgets pillar and mine', async () => {
    await runner('cache.store', 'minions/alpha', 'mine', '{a.b: 1, c.d: 2}')
    await runner('cache.store', 'minions/alpha', 'pillar', '{role: web}')
    assert.deepEqual(await runner('cache.mine'), { alpha: { 'a.b': 1, 'c.d': 2 }, beta: {} })
    assert.deepEqual(await runner('cache.pillar', 'alpha'), { alpha: { role: 'web' } })
    assert.equal(await runner('cache.clear_mine_func', 'alpha', 'clear_mine_func_flag=a.b'), true)
    assert.deepEqual(await runner('cache.mine', 'alpha'), { alpha: { 'c.d': 2 } })
    await runner('cache.clear_mine', 'alpha')
    assert.deepEqual(
      [await runner('cache.mine', 'alpha'), await runner('cache.contains', 'minions/alpha')],
      [{ alpha: {} }, true],
    )
    await runner('cache.clear_all', '*')
    assert.deepEqual(
      [await runner('cache.pillar', 'alpha'), await runner('cache.grains', 'alpha')],
      [{ alpha: {} }, { alpha: {} }],
    )
  })

  it('forgets a minion with its key', async () => {
    await put('accepted', 'gone')
    await runner('cache.store', 'minions/gone', 'mine', '1')
    await wheel('key.delete', 'gone')
    assert.equal(await runner('cache.contains', 'minions/gone'), false)
  })
})

describe('runners on the host of the master', () => {
  it('salt.cmd runs a function there', async () => {
    assert.equal(await runner('salt.cmd', 'test.ping'), true)
    assert.equal(await runner('salt.cmd', 'grains.get', 'id'), `${hostname()}_master`)
    assert.deepEqual(await runner('salt.cmd', 'test.kwarg', 'a=1'), { a: 1 })
    assert.match(
      String((await call('runner', 'salt.cmd', 'test.pnig')).return),
      /'test\.pnig' is not available.*test\.ping/,
    )
  })

  it('manage.down removes keys when it is told to', async () => {
    await put('accepted', 'dead')
    assert.deepEqual(await runner('manage.down'), ['dead'])
    assert.deepEqual(await runner('manage.down', 'removekeys=true'), ['dead'])
    assert.deepEqual(await wheel('key.name_match', 'dead'), {})
    assert.deepEqual(await runner('manage.down'), [])
  })
})

describe('manage.safe_accept', () => {
  const path = process.env.PATH
  after(() => {
    process.env.PATH = path
  })

  it('accepts the keys whose hosts show the same fingerprint', async () => {
    const right = await put('pending', 'safe1')
    await put('pending', 'safe2')
    await put('pending', 'safe3')
    const programs = join(fleet.folder, 'programs')
    mkdirSync(programs)
    // Stands for ssh: answers by the name of the host, and shows that it was asked for the fingerprint.
    const answers = `case "$4 \${10}" in "safe1 key.finger") echo ${right};; "safe2 "*) echo aa:bb;; *) echo "$4: no route" >&2; exit 255;; esac`
    writeFileSync(join(programs, 'ssh'), `#!/bin/sh\n${answers}\n`, { mode: 0o755 })
    process.env.PATH = `${programs}:${path}`
    const [accepted, failures] = (await runner('manage.safe_accept', 'safe*')) as Record<string, string>[]
    assert.deepEqual(accepted, { safe1: right })
    assert.deepEqual(Object.keys(failures ?? {}), ['safe2', 'safe3'])
    assert.match(failures?.safe2 ?? '', /The host says: aa:bb$/)
    assert.match(failures?.safe3 ?? '', /The host says: safe3: no route$/)
    assert.deepEqual(await wheel('key.name_match', 'safe*'), { minions: ['safe1'], minions_pre: ['safe2', 'safe3'] })
  })
})

describe('salt wheel', () => {
  it('prints, tells failures by its exit code, and knows its functions', async () => {
    const command = (...words: string[]) => program('source', ['wheel', '-c', fleet.master.options.configDir, ...words])
    const [connected, unknown, docs] = await Promise.all([
      command('minions.connected', '--out', 'json'),
      command('key.lst_all'),
      command('-d', 'key.accept'),
    ])
    assert.deepEqual([connected.exitCode, JSON.parse(connected.stdout)], [0, ['alpha', 'beta']])
    assert.deepEqual(
      [unknown.exitCode, /'key\.lst_all' is not available/.test(unknown.stdout), /key\.list_all/.test(unknown.stderr)],
      [1, true, true],
    )
    assert.deepEqual([docs.exitCode, /key\.accept\(match/.test(docs.stdout)], [0, true])
  })
})
