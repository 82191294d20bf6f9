/**
 * The public keys of minions that a master knows: one file per minion in the folder of its state, with Salt's folder names.
 *
 * Every change is one rename, so that a reader in another process (`salt key` beside a running master) sees the state before or
 * after it. The calls are synchronous: the files are tiny.
 */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { ensurePrivateFolder, systemReason } from '../../base/files.ts'
import { compareText } from '../../base/text.ts'
import { fingerprintOf, publicKeyFromPem } from '../../wire/identity.ts'
import { compileGlob } from '../target/glob.ts'
import { assertMinionId, isMinionId } from './minion-id.ts'

/** In the order of the folders as Salt lists them. */
export const keyStates = ['accepted', 'denied', 'pending', 'rejected'] as const
export type KeyState = (typeof keyStates)[number]
export type KeyList = Readonly<Record<KeyState, readonly string[]>>

export const keyFolders: Readonly<Record<KeyState, string>> = {
  accepted: 'minions',
  denied: 'minions_denied',
  pending: 'minions_pre',
  rejected: 'minions_rejected',
}

/** Where a minion is known in several states, the first one counts. */
const precedence: readonly KeyState[] = ['rejected', 'accepted', 'pending', 'denied']

export interface StoredKey {
  readonly id: string
  readonly state: KeyState
  readonly pem: string
  /** 32 bytes. */
  readonly publicKeyRaw: Uint8Array
  /** SHA-256 of the raw key in colon-separated hex pairs. */
  readonly fingerprint: string
}

export interface KeyStoreOptions {
  /** Keys that may wait for acceptance; default 5000. */
  readonly maximumPending?: number
}

interface Listing {
  /** Sorted without regard to case. */
  readonly ids: readonly string[]
  readonly ignored: number
  /** Stamp of the folder that the listing is true for; undefined when it was too fresh to tell a later change. */
  readonly stamp: string | undefined
  /** Milliseconds since 1970 of the last look into the folder. */
  readonly readAt: number
  /** Whether changes of our own were entered since. */
  readonly isPatched: boolean
}

const maximumFileBytes = 64 * 1024
/** Coarsest step of a folder's modification time that is met in practice, in milliseconds. */
const stampStepMs = 50

export class KeyStore {
  readonly #pkiDir: string
  readonly #maximumPending: number
  readonly #listings = new Map<KeyState, Listing>()

  /** `pkiDir` is the master's (`…/pki/master`). Folders are made when something is stored, or by `prepare`. */
  constructor(pkiDir: string, options: KeyStoreOptions = {}) {
    this.#pkiDir = pkiDir
    this.#maximumPending = options.maximumPending ?? 5000
  }

  /** Makes all folders (0700). Throws `key-permissions` or `storage`. */
  prepare(): void {
    for (const state of keyStates) ensurePrivateFolder(this.folder(state))
  }

  folder(state: KeyState): string {
    return join(this.#pkiDir, keyFolders[state])
  }

  /** Ids by state, each sorted without regard to case as `salt key -L` prints them. */
  list(): KeyList {
    return {
      accepted: [...this.#listing('accepted').ids],
      denied: [...this.#listing('denied').ids],
      pending: [...this.#listing('pending').ids],
      rejected: [...this.#listing('rejected').ids],
    }
  }

  /** As `list` for one state; cheap while nothing changes. */
  ids(state: KeyState): readonly string[] {
    return this.#listing(state).ids
  }

  count(state: KeyState): number {
    return this.#listing(state).ids.length
  }

  /** Files in the folders that are no keys of minions, by name or kind. */
  get ignored(): number {
    return keyStates.reduce((sum, state) => sum + this.#listing(state).ignored, 0)
  }

  /** The state that counts. Throws `bad-id`. */
  state(id: string): KeyState | undefined {
    assertMinionId(id)
    return precedence.find((state) => this.#has(id, state))
  }

  /** Every state in which a key is kept for the id. */
  states(id: string): KeyState[] {
    assertMinionId(id)
    return precedence.filter((state) => this.#has(id, state))
  }

  /** Throws `no-match` when there is no such key, `key-invalid` when the file does not hold one. */
  read(id: string, state: KeyState): StoredKey {
    const path = this.#path(id, state)
    const pem = this.#readText(id, state)
    try {
      const publicKeyRaw = publicKeyFromPem(pem)
      return { id, state, pem, publicKeyRaw, fingerprint: fingerprintOf(publicKeyRaw) }
    } catch (cause) {
      throw new SaltError('key-invalid', `the ${state} key of ${id} is not an Ed25519 public key`, {
        where: path,
        hint: `Delete it with: salt key -d ${id}`,
        cause,
      })
    }
  }

  /** Moves a key to the accepted ones; other copies but a denied one go. False when there is none in `from`. */
  accept(id: string, from: KeyState = 'pending'): boolean {
    if (!this.#move(id, from, 'accepted')) return false
    for (const state of ['pending', 'rejected'] as const) this.delete(id, state)
    return true
  }

  /** Moves a key to the rejected ones. False when there is none in `from`. */
  reject(id: string, from: KeyState = 'pending'): boolean {
    return this.#move(id, from, 'rejected')
  }

  /** Removes the key in one state. False when there was none. */
  delete(id: string, state: KeyState): boolean {
    const path = this.#path(id, state)
    try {
      fs.unlinkSync(path)
    } catch (error) {
      if (isAbsent(error)) return false
      throw cannot('delete', path, error)
    }
    this.#patch(state, id, false)
    return true
  }

  /** Takes up what another process has done to the keys of one id, where the lists would be looked at later only. */
  noticed(id: string): void {
    for (const state of keyStates) this.#patch(state, id, this.#has(id, state))
  }

  get hasRoomForPending(): boolean {
    return this.count('pending') < this.#maximumPending
  }

  /** Keeps a key that waits for a decision. Throws `overloaded` when too many wait already. */
  storePending(id: string, pem: string): void {
    if (!this.#has(id, 'pending') && !this.hasRoomForPending) {
      throw new SaltError('overloaded', `${this.#maximumPending} keys wait for acceptance already`, {
        hint: 'Accept or delete some: salt key -L',
      })
    }
    this.#store(id, 'pending', pem)
  }

  /** Keeps a key that was decided on at first sight: however many wait, it is not one of them. */
  storeDecided(id: string, pem: string, state: 'accepted' | 'rejected'): void {
    this.#store(id, state, pem)
    this.delete(id, 'pending')
  }

  /** Keeps the last key that was shown for an id whose key is another one. */
  storeDenied(id: string, pem: string): void {
    this.#store(id, 'denied', pem)
  }

  /** Ids in the given states that any of the patterns (glob, or several with commas) matches. */
  match(pattern: string | readonly string[], states: readonly KeyState[] = keyStates): Partial<KeyList> {
    const patterns = typeof pattern === 'string' ? pattern.split(',') : pattern
    const globs = patterns.map((text) => compileGlob(text.trim()))
    const found: Partial<Record<KeyState, readonly string[]>> = {}
    for (const state of keyStates.filter((candidate) => states.includes(candidate))) {
      const ids = this.#listing(state).ids.filter((id) => globs.some((glob) => glob.matches(id)))
      if (ids.length > 0) found[state] = ids
    }
    return found
  }

  #path(id: string, state: KeyState): string {
    assertMinionId(id)
    return join(this.folder(state), id)
  }

  #has(id: string, state: KeyState): boolean {
    const path = this.#path(id, state)
    try {
      return fs.statSync(path, { throwIfNoEntry: false })?.isFile() === true
    } catch (error) {
      // A link that leads to itself.
      if (systemCode(error) === 'ELOOP') return false
      throw cannot('look at', path, error)
    }
  }

  #readText(id: string, state: KeyState): string {
    const path = this.#path(id, state)
    try {
      const status = fs.statSync(path)
      if (status.size <= maximumFileBytes) return fs.readFileSync(path, 'utf8')
    } catch (error) {
      if (isAbsent(error)) throw new SaltError('no-match', `there is no ${state} key of ${id}`, { where: path })
      throw cannot('read', path, error)
    }
    throw new SaltError('key-invalid', `the ${state} key of ${id} is larger than any key`, { where: path })
  }

  #move(id: string, from: KeyState, to: KeyState): boolean {
    const source = this.#path(id, from)
    if (from === to) return this.#has(id, from)
    ensurePrivateFolder(this.folder(to))
    try {
      fs.renameSync(source, this.#path(id, to))
    } catch (error) {
      if (isAbsent(error)) return false
      throw cannot('move', source, error)
    }
    this.#patch(from, id, false)
    this.#patch(to, id, true)
    return true
  }

  #store(id: string, state: KeyState, pem: string): void {
    const path = this.#path(id, state)
    ensurePrivateFolder(this.folder(state))
    // Not named after the id: the name could become too long for a file.
    const temporary = join(this.folder(state), `.new-${randomBytes(8).toString('hex')}`)
    try {
      fs.writeFileSync(temporary, pem, { mode: 0o644, flag: 'wx' })
      fs.renameSync(temporary, path)
    } catch (error) {
      fs.rmSync(temporary, { force: true })
      throw cannot('write', path, error)
    }
    this.#patch(state, id, true)
  }

  /**
   * The folder is read again only when its modification time says that something changed in it. While changes are our own, that
   * happens at most every 50 ms: thousands of new minions may come at once.
   */
  #listing(state: KeyState): Listing {
    const folder = this.folder(state)
    const status = fs.statSync(folder, { throwIfNoEntry: false })
    const now = Date.now()
    if (!status) return { ids: [], ignored: 0, stamp: undefined, readAt: now, isPatched: false }
    const known = this.#listings.get(state)
    const stamp = `${status.dev}:${status.ino}:${status.mtimeMs}`
    if (known && (known.stamp === stamp || (known.isPatched && Math.abs(now - known.readAt) < stampStepMs)))
      return known
    const entries = fs.readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
    const ids = entries.filter((entry) => isKeyFile(entry)).map(({ name }) => name)
    ids.sort(compareIds)
    const isSettled = now - status.mtimeMs > stampStepMs
    const ignored = entries.length - ids.length
    const listing = { ids, ignored, stamp: isSettled ? stamp : undefined, readAt: now, isPatched: false }
    this.#listings.set(state, listing)
    return listing
  }

  #patch(state: KeyState, id: string, isPresent: boolean): void {
    const known = this.#listings.get(state)
    if (!known) return
    const at = findPlace(known.ids, id)
    const wasPresent = known.ids[at] === id
    const ids =
      wasPresent === isPresent ? known.ids : known.ids.toSpliced(at, isPresent ? 0 : 1, ...(isPresent ? [id] : []))
    this.#listings.set(state, { ...known, ids, stamp: undefined, isPatched: true })
  }
}

function compareIds(left: string, right: string): number {
  return compareText(left.toLowerCase(), right.toLowerCase()) || compareText(left, right)
}

/** Index of the id in the sorted list, or where it belongs. */
function findPlace(ids: readonly string[], id: string): number {
  let from = 0
  let to = ids.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (compareIds(ids[middle] ?? '', id) < 0) from = middle + 1
    else to = middle
  }
  return from
}

function isKeyFile(entry: fs.Dirent): boolean {
  return (entry.isFile() || entry.isSymbolicLink()) && isMinionId(entry.name)
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function cannot(verb: string, path: string, error: unknown): SaltError {
  return new SaltError('storage', `cannot ${verb} the key ${path}: ${systemReason(error)}`, {
    where: path,
    cause: error,
  })
}
