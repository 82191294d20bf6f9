/** Who may do what on this master: the judge of all requests, the record of its verdicts, and the ways in for users of the host. */
import { hash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { asSaltError, type SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { AuditLog } from '../../engine/audit/audit-log.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import type { Identity } from '../../wire/identity.ts'
import { type Handler, RpcPeer } from '../../wire/rpc.ts'
import { Authority } from './authority.ts'
import { type HostUser, hostUsers } from './host-users.ts'
import type { LiveSettings } from './live-settings.ts'
import type { Publisher } from './publisher.ts'
import { UserBuses } from './user-buses.ts'
import type { UserKeys } from './user-keys.ts'

export interface AccessOptions {
  readonly options: MasterOptions
  readonly settings: LiveSettings
  readonly publisher: Publisher
  readonly identity: Identity
  readonly clock: Clock
  readonly log: Log
  /** Keys of users that were given out before this process gave up the right to. */
  readonly userKeys: UserKeys | undefined
  onAuditFault(error: SaltError | undefined): void
}

export class Access implements AsyncDisposable {
  readonly authority: Authority
  readonly #settings: LiveSettings
  readonly #log: Log
  readonly #audit: AuditLog | undefined
  readonly #buses: UserBuses
  #serve: (user: HostUser) => Readonly<Record<string, Handler>> = () => ({})

  /** Throws `storage` when the audit log cannot be opened. */
  constructor(parts: AccessOptions) {
    const { options, settings, publisher, identity, clock, log } = parts
    const { audit_file, audit_file_size } = options.values
    this.#settings = settings
    this.#log = log
    const audit =
      audit_file === ''
        ? undefined
        : new AuditLog({
            path: audit_file,
            clock,
            log,
            digestKey: hash('sha256', identity.sign('salt audit arguments', new Uint8Array()), 'buffer'),
            maximumSize: audit_file_size,
            onFault: parts.onAuditFault,
          })
    this.#audit = audit
    this.authority = new Authority({ policies: settings, publisher, record: (entry) => audit?.add(entry) })
    this.#buses = new UserBuses({
      sockDir: options.paths.sock_dir,
      clock,
      log,
      ...(parts.userKeys === undefined ? {} : { keys: parts.userKeys }),
      onSession: (user, channel) => {
        new RpcPeer(channel, { clock, serve: this.#serve(user) })
      },
    })
  }

  /** Lets in the users that `publisher_acl` means. */
  open(serve: (user: HostUser) => Readonly<Record<string, Handler>>): Promise<void> {
    this.#serve = serve
    return this.#letIn()
  }

  /** After the configuration was read again. */
  reload(): Promise<void> {
    this.#audit?.reopen()
    this.#audit?.add({ action: 'reload' })
    return this.#letIn()
  }

  drain(): Promise<void> {
    return this.#buses.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#buses[Symbol.asyncDispose]()
    this.#audit?.[Symbol.dispose]()
  }

  async #letIn(): Promise<void> {
    const own = process.geteuid?.()
    // Without numbers of users there is nothing to tell them apart by.
    if (own === undefined) return
    try {
      await this.#buses.update(hostUsers(this.#settings.publisherAcl.holders, own))
    } catch (error) {
      this.#log.error('the users of publisher_acl cannot be let in', { error: asSaltError(error).message })
    }
  }
}
