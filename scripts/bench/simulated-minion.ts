import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { type GuardedJob, type GuardOptions, guardJob } from '../../src/daemons/minion/job-guard.ts'
import { returnOf } from '../../src/daemons/minion/job-runner.ts'
import { WireClient } from '../../src/wire/client.ts'
import { temporaryIdentity } from '../../src/wire/identity.ts'
import { RpcPeer } from '../../src/wire/rpc.ts'
import { zeromqClient } from '../../src/wire/zeromq-transport.ts'

/**
 * Real minions check the signature of a job at the same time, each on a machine of its own. Here that would be measured one
 * after the other, on the master's own cores: a job is checked whole for the first minion and again when it differs.
 */
class SharedGuard {
  readonly #checked = new Map<string, GuardedJob>()

  check(record: Readonly<Record<string, unknown>>, options: GuardOptions): GuardedJob {
    const key = Buffer.concat([record.signature as Uint8Array, record.body as Uint8Array]).toString('latin1')
    const guarded = this.#checked.get(key) ?? guardJob(record, options)
    if (!this.#checked.has(key)) this.#checked.clear()
    this.#checked.set(key, guarded)
    return guarded
  }
}

const guard = new SharedGuard()

/**
 * A minion with a key, a session and a socket of its own, but with a function that only says true. Resolves when it is
 * connected, with its way to the master.
 */
export function connectSimulatedMinion(id: string, port: number): Promise<RpcPeer> {
  const grains = { id, os: 'Swarm', kernel: 'Linux' }
  let masterKey = new Uint8Array()
  let seq = 0
  const { promise, resolve } = Promise.withResolvers<RpcPeer>()
  const client = new WireClient({
    endpoint: `127.0.0.1:${port}`,
    transport: () => zeromqClient(`tcp://127.0.0.1:${port}`),
    identity: temporaryIdentity(),
    name: id,
    role: 'minion',
    instance: id,
    clock: systemClock,
    log: silentLog,
    reconnect: { minimumMs: 100, maximumMs: 2000 },
    checkServer: (server) => {
      masterKey = Uint8Array.from(server.publicKeyRaw)
    },
    payload: () => ({}),
    onSession: (channel) => {
      const rpc = new RpcPeer(channel, {
        clock: systemClock,
        onNotice: (record) => {
          if (record.kind !== 'job') return
          const guarded = guard.check(record, { id, masterKey, masterNow: Date.now, grains: () => grains })
          if (guarded.kind !== 'job') throw new Error(`${id} refused a job: ${guarded.reason}`)
          const { load } = guarded
          seq += 1
          rpc.notify({ kind: 'ack', jid: load.jid })
          const outcome = { return: true, retcode: 0, success: true }
          rpc.notify({ kind: 'return', seq, ...returnOf(id, load, outcome) })
        },
      })
      rpc.notify({ kind: 'hello', grains, running: [], startGrains: [] })
      resolve(rpc)
    },
  })
  client.start()
  return promise
}
