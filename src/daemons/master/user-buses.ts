/** The ways into the master for other users of its host: one for each user, whose key and socket are his alone. */
import * as fs from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../base/clock.ts'
import { asSaltError, SaltError, systemCode } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { userBusPaths } from '../../client/user-bus.ts'
import type { RecordChannel } from '../../wire/channel.ts'
import { LocalServer } from '../../wire/local.ts'
import { zeromqServer } from '../../wire/zeromq-transport.ts'
import type { HostUser, HostUsers } from './host-users.ts'
import { closeUserFolder, openUserFolder, type UserKeys, writeUserKey } from './user-keys.ts'

export interface UserBusesOptions {
  readonly sockDir: string
  readonly clock: Clock
  readonly log: Log
  /** Keys that were given out before this process gave up the right to. */
  readonly keys?: UserKeys
  onSession(user: HostUser, channel: RecordChannel): void
}

interface UserBus {
  user: HostUser
  readonly server: LocalServer
  readonly channels: Set<RecordChannel>
}

/** A socket each: a pattern that means a whole directory of people gets no further. */
const mostUsers = 256
const sessionsPerUser = 64
const largestRecord = 34 * 1024 * 1024

export class UserBuses implements AsyncDisposable {
  readonly #options: UserBusesOptions
  readonly #buses = new Map<number, UserBus>()
  #work: Promise<void> = Promise.resolve()
  #isOpen = false

  constructor(options: UserBusesOptions) {
    this.#options = options
  }

  /** Lets in these users and no others. Rejects when not even the folder can be made. */
  update(meant: HostUsers): Promise<void> {
    const work = this.#work.then(() => this.#update(meant))
    this.#work = work.catch(() => {})
    return work
  }

  async drain(): Promise<void> {
    const channels = [...this.#buses.values()].flatMap((bus) => [...bus.channels])
    await Promise.all(channels.map((channel) => channel.drain()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.update({ users: [], unknown: [] })
  }

  async #update({ users, unknown }: HostUsers): Promise<void> {
    const { log, sockDir } = this.#options
    if (unknown.length > 0)
      log.warning('publisher_acl names users that this host does not have', { users: unknown.join(', ') })
    const kept = users.slice(0, mostUsers)
    if (users.length > mostUsers)
      log.warning('publisher_acl means too many users', { meant: users.length, served: mostUsers })
    for (const bus of [...this.#buses.values()]) {
      if (!kept.some(({ uid, name }) => uid === bus.user.uid && name === bus.user.name)) await this.#close(bus)
    }
    if (kept.length > 0) this.#openFolder(kept)
    for (const user of kept) {
      const bus = this.#buses.get(user.uid)
      if (bus === undefined) await this.#tryOpen(user)
      else changeGroups(bus, user)
    }
    if (kept.length === 0 && this.#isOpen) {
      this.#isOpen = false
      closeUserFolder(sockDir)
    }
  }

  #openFolder(users: readonly HostUser[]): void {
    if (this.#isOpen) return
    this.#isOpen = true
    const closed = openUserFolder(this.#options.sockDir, users)
    if (closed.length === 0) return
    this.#options.log.warning('the users of publisher_acl cannot come as far as the folder of the bus', {
      closed: closed.join(', '),
      hint: `chmod o+x ${closed.join(' ')}`,
    })
  }

  /** One user's trouble is no reason to keep the others out. */
  async #tryOpen(user: HostUser): Promise<void> {
    try {
      await this.#open(user)
    } catch (thrown) {
      const { message, hint } = asSaltError(thrown)
      this.#options.log.error('a user of publisher_acl cannot be let in', { user: user.name, reason: message, hint })
    }
  }

  async #open(user: HostUser): Promise<void> {
    const { sockDir, clock, log, onSession, keys } = this.#options
    const { socket, key } = userBusPaths(sockDir, user.uid)
    // One that was taken back meanwhile cannot be given out again.
    const prepared = fs.existsSync(key) ? keys?.get(user.uid) : undefined
    const busKey = prepared ?? writeUserKey(sockDir, user)
    const channels = new Set<RecordChannel>()
    const server = new LocalServer({
      transport: zeromqServer({ path: socket, isInSharedFolder: true, chosenBy: 'sock_dir' }),
      busKey,
      clock,
      log,
      limits: { maximumRecord: largestRecord },
      maximumSessions: sessionsPerUser,
      onSession: (channel) => {
        channels.add(channel)
        void channel.closed.then(() => channels.delete(channel))
        onSession(this.#buses.get(user.uid)?.user ?? user, channel)
      },
    })
    try {
      await server.listen()
      giveSocket(socket, user)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    this.#buses.set(user.uid, { user, server, channels })
    log.debug('let in a user of publisher_acl', { user: user.name })
  }

  async #close({ user, server, channels }: UserBus): Promise<void> {
    this.#buses.delete(user.uid)
    const reason = 'publisher_acl does not name you any more, or the master ends'
    for (const channel of channels) channel.close({ code: 'revoked', message: reason })
    await server[Symbol.asyncDispose]()
    fs.rmSync(userBusPaths(this.#options.sockDir, user.uid).key, { force: true })
  }
}

/** Sessions know the groups of their begin: those of a user who has others now must begin anew. */
function changeGroups(bus: UserBus, user: HostUser): void {
  const isSame = isDeepStrictEqual(bus.user.groups, user.groups)
  bus.user = user
  if (isSame) return
  for (const channel of bus.channels) channel.close({ code: 'revoked', message: 'your groups have changed' })
}

/** The user's own, where this process may give it away. Anybody's else: without the key it is of no use. */
function giveSocket(path: string, { uid, gid }: HostUser): void {
  try {
    fs.chownSync(path, uid, gid)
    fs.chmodSync(path, 0o600)
  } catch (error) {
    if (systemCode(error) !== 'EPERM') throw new SaltError('storage', `cannot give away ${path}`, { cause: error })
    fs.chmodSync(path, 0o666)
  }
}
