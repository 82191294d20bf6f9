import { Packed, pack } from '../../base/msgpack.ts'
import { JobSigner } from '../../engine/jobs/signature.ts'
import type { Identity } from '../../wire/identity.ts'
import { packed } from './job-load.ts'
import type { LiveJob } from './live-job.ts'
import type { MinionSessions } from './minion-sessions.ts'

/** Signs jobs and sends them into the sessions of their minions. A session that has ended is told of as lost by itself. */
export class JobDelivery {
  readonly #signer: JobSigner
  readonly #sessions: MinionSessions

  constructor(identity: Identity, sessions: MinionSessions) {
    this.#signer = new JobSigner(identity)
    this.#sessions = sessions
  }

  /** To all targets that are open. The body is packed and signed once per job, and sealed per minion. */
  send(job: LiveJob, body: Uint8Array): void {
    for (const id of job.openTargets) {
      if (this.#sessions.get(id) === undefined) job.notConnected(id, 'the minion is not connected')
    }
    const targets = job.openTargets
    if (targets.length === 0) return
    this.#signer.sign(body, (signed) => {
      const record = new Packed(pack({ kind: 'job', ...signed }))
      for (const id of targets) if (job.isOpen(id)) this.#sessions.get(id)?.sendNow(record)
    })
  }

  /** To one minion that was away when it was published. */
  sendLater(job: LiveJob, id: string): void {
    this.#signer.sign(packed(job.load), (signed) => {
      if (job.isOpen(id)) this.#sessions.get(id)?.sendJob({ kind: 'job', ...signed })
    })
  }
}
