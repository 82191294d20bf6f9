import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { guardJob } from '../../src/daemons/minion/job-guard.ts'
import { returnOf } from '../../src/daemons/minion/job-runner.ts'
import { JobVerifier, type SignedJob } from '../../src/engine/jobs/signature.ts'
import { WireClient } from '../../src/wire/client.ts'
import { temporaryIdentity } from '../../src/wire/identity.ts'
import { RpcPeer } from '../../src/wire/rpc.ts'
import { zeromqClient } from '../../src/wire/zeromq-transport.ts'

/**
 * Real minions check the signature of a job at the same time, each on a machine of its own. Here that would be measured one
 * after the other, on the master's own cores: a job is verified for the first minion, and again when it differs.
 */
class SharedVerifier extends JobVerifier {
  readonly #verified = new Set<string>()

  override isSigned(job: SignedJob): boolean {
    const key = Buffer.concat([job.signature, job.body]).toString('latin1')
    if (this.#verified.has(key)) return true
    this.#verified.clear()
    if (super.isSigned(job)) this.#verified.add(key)
    return this.#verified.has(key)
  }
}

let verifier: JobVerifier | undefined

export interface SimulatedMinion extends AsyncDisposable {
  readonly rpc: RpcPeer
}

/**
 * A minion with a key, a session and a socket of its own, but with a function that only says true. Resolves when it is
 * connected, with its way to the master.
 */
export function connectSimulatedMinion(id: string, port: number): Promise<SimulatedMinion> {
  const grains = { id, os: 'Swarm', kernel: 'Linux' }
  let seq = 0
  const { promise, resolve } = Promise.withResolvers<SimulatedMinion>()
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
      verifier ??= new SharedVerifier(Uint8Array.from(server.publicKeyRaw))
    },
    payload: () => ({}),
    onSession: (channel) => {
      const rpc = new RpcPeer(channel, {
        clock: systemClock,
        onNotice: (record) => {
          if (record.kind !== 'job' || verifier === undefined) return
          const guarded = guardJob(record, { id, verifier, masterNow: Date.now, grains: () => grains })
          if (guarded.kind !== 'job') throw new Error(`${id} refused a job: ${guarded.reason}`)
          const { load } = guarded
          seq += 1
          rpc.notify({ kind: 'ack', jid: load.jid })
          const outcome = { return: true, retcode: 0, success: true }
          rpc.notify({ kind: 'return', seq, ...returnOf(id, load, outcome) })
        },
      })
      rpc.notify({ kind: 'hello', grains, running: [], startGrains: [] })
      resolve({ rpc, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() })
    },
  })
  client.start()
  return promise
}
