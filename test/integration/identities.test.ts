/** Who may be a minion: twins, changed, deleted, rejected and late keys, ids of all kinds. Daemons in this process, over TCP. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { type KeyState, KeyStore, keyFolders } from '../../src/engine/keys/key-store.ts'
import { WireClient } from '../../src/wire/client.ts'
import { temporaryIdentity } from '../../src/wire/identity.ts'
import { RpcPeer } from '../../src/wire/rpc.ts'
import { zeromqClient } from '../../src/wire/zeromq-transport.ts'
import type { BusEvents } from '../support/bus-events.ts'
import { Gate } from '../support/gate.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

/** A client that says whatever a test wants it to say. */
function handMadeClient(
  master: TestMaster,
  name: string,
  onSession?: (rpc: RpcPeer) => void,
  role = 'minion',
): WireClient {
  return new WireClient({
    endpoint: 'hand-made',
    transport: () => zeromqClient(`tcp://127.0.0.1:${master.port}`),
    identity: temporaryIdentity(),
    name,
    role,
    instance: `instance of ${name}`,
    clock: systemClock,
    log: silentLog,
    reconnect: false,
    checkServer: () => {},
    payload: () => ({}),
    onSession: (channel) => onSession?.(new RpcPeer(channel, { clock: systemClock })),
  })
}

describe('the identity of a minion', () => {
  let fleet: InProcessFleet & { master: TestMaster }
  let master: TestMaster
  let events: BusEvents
  let keys: KeyStore

  async function begin(configuration: string, ids: readonly string[] = []): Promise<void> {
    fleet = await InProcessFleet.start(ids, configuration)
    master = fleet.master
    keys = new KeyStore(master.options.paths.pki_dir)
    events = await master.events()
  }

  const stored = (state: KeyState): readonly string[] => {
    const folder = join(master.options.paths.pki_dir, keyFolders[state])
    return existsSync(folder) ? readdirSync(folder).sort() : []
  }

  afterEach(async () => {
    await events[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
  })

  it('is the first one’s when two minions show one id and key', async () => {
    await begin('')
    const first = await fleet.startMinion('twin', [master.port], '', { name: 'first' })
    await first.connected()
    cpSync(join(fleet.folder, 'first', 'root', 'etc'), join(fleet.folder, 'second', 'root', 'etc'), { recursive: true })
    const second = await fleet.startMinion('twin', [master.port], '', { name: 'second' })
    assert.match(await second.waiting('denied'), /a minion with the id 'twin' and the same key is connected already/)
    const { data } = await events.until(/^salt\/auth$/, ({ act }) => act === 'denied')
    assert.deepEqual(
      [data.result, data.id, data.reason],
      [false, 'twin', 'a minion with this id and key is connected already'],
    )
    assert.equal(master.log.matching(/WARNING two minions use one id and key.*id=twin/).length, 1)
    assert.equal((await master.publish('twin', 'test.ping')).twin?.state, 'returned')
    assert.equal(
      first.states.filter(({ state }) => state.kind === 'connected').length,
      1,
      'the first one was disturbed',
    )
    assert.deepEqual(first.running.connected.length, 1)
    assert.deepEqual(second.running.connected, [])
  })

  it('is taken over by a new process of the same minion as soon as the old one is gone', async () => {
    await begin('')
    const first = await fleet.startMinion('same', [master.port], '', { name: 'same' })
    await first.connected()
    await first.stop()
    const second = await fleet.startMinion('same', [master.port], '', { name: 'same' })
    await second.connected()
    assert.equal((await master.publish('same', 'test.ping')).same?.state, 'returned')
  })

  it('is denied with another key, stored as such, and the living minion goes on', async () => {
    await begin('', ['web'])
    const known = keys.read('web', 'accepted').fingerprint
    const impostor = await fleet.startMinion('web', [master.port])
    assert.match(
      await impostor.waiting('denied'),
      /the master knows another key for the id 'web'; on the master: salt key -d web/,
    )
    assert.equal(keys.read('web', 'accepted').fingerprint, known)
    assert.equal(keys.read('web', 'denied').fingerprint, impostor.running.fingerprint)
    const { data } = await events.until(/^salt\/auth$/, ({ act }) => act === 'denied')
    assert.deepEqual([data.id, data.result, data.reason], ['web', false, 'another key than the one known for this id'])
    assert.equal((await master.publish('web', 'test.ping')).web?.state, 'returned')
  })

  it('loses its session and its open jobs when its key is deleted', async () => {
    await begin('auto_accept: false\n')
    using gate = new Gate()
    const minion = await fleet.startMinion('web', [master.port])
    await minion.waiting('pending')
    keys.accept('web')
    await minion.connected()
    const outcome = master.publish('web', 'cmd.run', [gate.command])
    await gate.entered()
    minion.forget()
    keys.delete('web', 'accepted')
    const { web } = await outcome
    assert.deepEqual([web?.state, web?.reason], ['denied', 'the key of this minion is no longer accepted'])
    assert.match(await minion.waiting('lost'), /the key of this minion is no longer accepted/)
    await minion.waiting('pending')
    gate.open()
    keys.accept('web')
    await minion.connected()
    const { data } = await events.until(/^salt\/drop\/return$/)
    assert.deepEqual([data.id, data.reason], ['web', 'denied'])
    assert.equal(events.tagged(/^salt\/job\/\d+\/ret\/web$/).length, 0)
    assert.equal((await master.follow(String(data.jid))).web?.state, 'denied')
  })

  it('loses its session when the file of its key holds no key any more, and the master goes on', async () => {
    await begin('', ['web', 'other'])
    writeFileSync(join(keys.folder('accepted'), 'web'), 'no key')
    await events.until(/^salt\/minion\/web\/stop$/)
    assert.equal((await master.publish('other', 'test.ping')).other?.state, 'returned')
  })

  it('is the new one when its key is replaced: no session of the old one is left, of salt call neither', async () => {
    await begin('')
    await using caller = handMadeClient(master, 'web', undefined, 'caller')
    const { channel } = await caller.connectOnce()
    writeFileSync(join(keys.folder('accepted'), 'web'), temporaryIdentity().publicPem)
    assert.deepEqual(await channel.closed, { code: 'revoked', message: 'the key of this minion was replaced' })
  })

  it('is turned away when its key is rejected, at once and for good', async () => {
    await begin('', ['web'])
    const other = await fleet.startMinion('bad', [master.port])
    await other.connected()
    other.forget()
    keys.reject('bad', 'accepted')
    assert.match(await other.waiting('lost'), /no longer accepted/)
    assert.match(await other.waiting('rejected'), /the key of this minion was rejected/)
    assert.deepEqual([stored('rejected'), stored('accepted')], [['bad'], ['web']])
    const { data } = await events.until(/^salt\/auth$/, ({ act }) => act === 'reject')
    assert.deepEqual([data.id, data.result], ['bad', false])
    assert.deepEqual(Object.keys(await master.publish('*', 'test.ping')), ['web'])
  })

  it('connects soon after its key is accepted while it waits', async () => {
    await begin('auto_accept: false\n')
    const minion = await fleet.startMinion('late', [master.port])
    assert.match(await minion.waiting('pending'), /waits for acceptance; on the master: salt key -a late/)
    assert.deepEqual(stored('pending'), ['late'])
    const { data } = await events.until(/^salt\/auth$/, ({ act }) => act === 'pend')
    assert.deepEqual([data.id, data.result], ['late', true])
    const since = Date.now()
    keys.accept('late')
    await minion.connected()
    assert.ok(Date.now() - since < 9000, 'a waiting minion asks again after ten seconds')
  })

  it('may be written in any script', async () => {
    const ids = ['größe', 'データベース', 'x𝒳x', 'UPPER.case-1_2']
    await begin('', ids)
    const outcomes = await master.publish('*', 'grains.get', ['id'])
    assert.deepEqual(Object.keys(outcomes).sort(), [...ids].sort())
    for (const id of ids) {
      assert.equal(outcomes[id]?.ret?.return, id)
      assert.deepEqual(Object.keys(await master.publish(id, 'test.ping')), [id])
    }
    assert.deepEqual(stored('accepted'), [...ids].sort())
    assert.deepEqual(Object.keys(await master.publish('デ*', 'test.ping')), ['データベース'])
  })

  for (const id of [
    '../escape',
    '..',
    '.',
    'a/b',
    'a\\b',
    'nul\0byte',
    '',
    'line\nbreak',
    `${'x'.repeat(300)}`,
    '/etc/passwd',
  ]) {
    it(`may not be ${JSON.stringify(id).slice(0, 20)}`, async () => {
      await begin('')
      await using client = handMadeClient(master, id)
      await assert.rejects(client.connectOnce(), { code: 'key-rejected' })
      assert.deepEqual((['accepted', 'pending', 'rejected', 'denied'] as const).flatMap(stored), [])
      assert.deepEqual(
        readdirSync(join(fleet.folder, 'master', 'root', 'etc', 'salt', 'pki', 'master')).filter((name) =>
          name.includes('escape'),
        ),
        [],
      )
    })
  }

  it('is the session’s, whatever a minion says in its messages', async () => {
    await begin('', ['honest'])
    const jid = await master.begin('honest', 'test.ping')
    await master.follow(jid)
    const { promise, resolve } = Promise.withResolvers<RpcPeer>()
    await using liar = handMadeClient(master, 'liar', resolve)
    liar.start()
    const rpc = await promise
    rpc.notify({ kind: 'hello', grains: {}, running: [] })
    rpc.notify({
      kind: 'return',
      seq: 1,
      id: 'honest',
      jid,
      fun: 'test.ping',
      fun_args: [],
      return: 'forged',
      retcode: 0,
      success: true,
    })
    const { data } = await events.until(/^salt\/drop\/return$/)
    assert.deepEqual([data.id, data.jid, data.reason], ['liar', jid, 'not targeted'])
    assert.equal((await master.follow(jid)).honest?.ret?.return, true)
    assert.equal((await master.follow(jid)).liar, undefined)
    const fired = await rpc.call('fire', {
      events: [
        { tag: 'salt/minion/honest/start', data: {} },
        { tag: 'salt/key', data: {} },
        { tag: 'salt/storage/fault', data: {} },
        { tag: 'salt/job/1/ret/honest', data: {} },
        { tag: 'my/own', data: { id: 'honest' } },
      ],
    })
    assert.equal((fired as { fired: number }).fired, 1)
    assert.deepEqual((await events.until(/^my\/own$/)).data.id, 'liar')
  })
})
