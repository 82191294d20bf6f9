import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { systemClock } from '../../../../src/base/clock.ts'
import { connectUserBus } from '../../../../src/client/master-bus.ts'
import type { HostUser } from '../../../../src/daemons/master/host-users.ts'
import { UserBuses } from '../../../../src/daemons/master/user-buses.ts'
import { prepareUserKeys } from '../../../../src/daemons/master/user-keys.ts'
import { RpcPeer } from '../../../../src/wire/rpc.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

const skip = process.getuid?.() !== 0 && 'needs root, who may give files to other users'
const fred: HostUser = { name: 'fred', uid: 4_000_001, gid: 4_000_001, groups: ['ops', 'fred'] }

describe('buses of users', { skip }, () => {
  let folder = ''
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'salt-user-buses-'))
  })
  afterEach(() => fs.rmSync(folder, { recursive: true }))

  const open = (keys?: ReadonlyMap<number, Uint8Array>): UserBuses =>
    new UserBuses({
      sockDir: folder,
      clock: systemClock,
      log: new RecordedLog().log,
      ...(keys === undefined ? {} : { keys }),
      onSession: ({ groups }, channel) => {
        new RpcPeer(channel, { clock: systemClock, serve: { targets: () => ({ minions: groups, connected: [] }) } })
      },
    })
  const connect = () => connectUserBus({ sockDir: folder, uid: fred.uid, timeoutMs: 2000 })

  it('know the groups that a user has now, and end what he began with others', async () => {
    await using buses = open()
    await buses.update({ users: [fred], unknown: [] })
    await using bus = await connect()
    assert.deepEqual((await bus.call('targets', { tgt: '*', tgt_type: 'glob' })).minions, ['ops', 'fred'])
    await buses.update({ users: [{ ...fred, groups: ['fred'] }], unknown: [] })
    assert.deepEqual(await bus.closed, { code: 'revoked', message: 'your groups have changed' })
    await using again = await connect()
    assert.deepEqual((await again.call('targets', { tgt: '*', tgt_type: 'glob' })).minions, ['fred'])
    await buses.update({ users: [{ ...fred, groups: ['fred'] }], unknown: [] })
    await again.call('targets', { tgt: '*', tgt_type: 'glob' })
  })

  it('give a user who comes back another key than the one that was taken from him', async () => {
    await using buses = open(prepareUserKeys(folder, [fred], { uid: 0, gid: 0 }))
    const key = join(folder, 'users', `${fred.uid}.key`)
    await buses.update({ users: [fred], unknown: [] })
    const first = fs.readFileSync(key)
    await (await connect())[Symbol.asyncDispose]()
    await buses.update({ users: [], unknown: [] })
    assert.equal(fs.existsSync(key), false)
    await buses.update({ users: [fred], unknown: [] })
    await (await connect())[Symbol.asyncDispose]()
    assert.notDeepEqual(fs.readFileSync(key), first)
  })
})
