import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import type { RecordChannel } from '../../../src/wire/channel.ts'
import { connectLocal, LocalServer, loadOrCreateBusKey, readBusKey } from '../../../src/wire/local.ts'
import { RpcPeer } from '../../../src/wire/rpc.ts'
import { zeromqServer } from '../../../src/wire/zeromq-transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'salt-local-'))
after(() => rmSync(folder, { recursive: true }))

const busKey = loadOrCreateBusKey(join(folder, 'bus.key'))
const clock = systemClock

function serve(path: string, onSession: (channel: RecordChannel) => void = () => {}): LocalServer {
  return new LocalServer({ transport: zeromqServer({ path }), busKey, clock, log: silentLog, onSession })
}

describe('the key of a bus', () => {
  it('is private, and refused when it is not', () => {
    const path = join(folder, 'other.key')
    loadOrCreateBusKey(path)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    chmodSync(path, 0o644)
    assert.throws(() => readBusKey(path), { code: 'key-permissions' })
  })

  it('has 32 bytes', () => {
    const path = join(folder, 'short.key')
    writeFileSync(path, 'short', { mode: 0o600 })
    assert.throws(() => readBusKey(path), { code: 'key-invalid', where: path })
  })
})

describe('a local bus', () => {
  it('serves whoever holds the key', async () => {
    const path = join(folder, 'a.ipc')
    await using server = serve(
      path,
      (channel) => new RpcPeer(channel, { clock, serve: { double: (value) => Number(value) * 2 } }),
    )
    await server.listen()
    assert.equal(statSync(path).mode & 0o777, 0o600)
    await using channel = await connectLocal({ path, busKey, clock, timeoutMs: 5000 })
    assert.equal(await new RpcPeer(channel, { clock }).call('double', 21), 42)
  })

  it('does not serve another key', async () => {
    const path = join(folder, 'b.ipc')
    let sessions = 0
    await using server = serve(path, () => {
      sessions += 1
    })
    await server.listen()
    const connecting = connectLocal({ path, busKey: Buffer.alloc(32), clock, timeoutMs: 5000 })
    await assert.rejects(connecting, { code: 'key-invalid' })
    assert.equal(sessions, 0)
  })

  it('is not taken over by a second daemon, but after a crash by the next', async () => {
    const path = join(folder, 'c.ipc')
    const first = serve(path)
    await first.listen()
    await using second = serve(path)
    await assert.rejects(second.listen(), { code: 'address-in-use' })
    await first[Symbol.asyncDispose]()
    writeFileSync(path, '')
    await using third = serve(path)
    await third.listen()
    await using channel = await connectLocal({ path, busKey, clock, timeoutMs: 5000 })
    assert.ok(channel.isOpen)
  })

  it('is found missing at once', async () => {
    const startedAt = performance.now()
    await assert.rejects(connectLocal({ path: join(folder, 'none.ipc'), busKey, clock, timeoutMs: 60_000 }), {
      code: 'session-closed',
    })
    writeFileSync(join(folder, 'stale.ipc'), '')
    await assert.rejects(connectLocal({ path: join(folder, 'stale.ipc'), busKey, clock, timeoutMs: 60_000 }), {
      code: 'session-closed',
    })
    assert.ok(performance.now() - startedAt < 30_000)
  })

  it('says so when its path is too long', async () => {
    await using server = serve(join(folder, 'x'.repeat(120)))
    await assert.rejects(server.listen(), { code: 'configuration' })
  })

  it('says so when a folder lies in its place', async () => {
    const path = join(folder, 'folder.ipc')
    mkdirSync(path)
    await using server = serve(path)
    await assert.rejects(server.listen(), { code: 'storage', where: path })
  })

  it('forgets a client that went away', async () => {
    const path = join(folder, 'd.ipc')
    const { promise, resolve } = Promise.withResolvers<RecordChannel>()
    await using server = serve(path, resolve)
    await server.listen()
    const channel = await connectLocal({ path, busKey, clock, timeoutMs: 5000 })
    channel.send({ kind: 'hello' })
    const session = await promise
    await channel[Symbol.asyncDispose]()
    assert.equal((await session.closed).code, 'peer-closed')
    assert.equal(server.counters.sessions, 0)
  })
})
