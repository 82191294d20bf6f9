/** What `salt key` and the wheel module `key` do with the keys of a master: the same, told alike. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readFileIfExists } from '../../base/files.ts'
import { fingerprintOf, publicKeyFromPem } from '../../wire/identity.ts'
import { compileGlob } from '../target/glob.ts'
import { type KeyList, type KeyState, type KeyStore, keyFolders, keyStates } from './key-store.ts'

export const keyChanges = ['accept', 'reject', 'delete'] as const
export type KeyChange = (typeof keyChanges)[number]
export type FoundKeys = Partial<KeyList>

/** States that a change looks at beside those that it always does. */
export interface MoreStates {
  readonly accepted?: boolean
  readonly rejected?: boolean
  readonly denied?: boolean
}

/** Learns of each key that was moved. */
export type KeyMoved = (change: KeyChange, id: string) => void

export class KeyRing {
  readonly store: KeyStore
  readonly #moved: KeyMoved

  constructor(store: KeyStore, moved: KeyMoved) {
    this.store = store
    this.#moved = moved
  }

  list(states: readonly KeyState[] = keyStates): Record<string, string[]> {
    return byFolder(states, (state) => [...this.store.ids(state)])
  }

  /** The keys themselves, as PEM. Throws `key-invalid` for a file that holds none. */
  texts(found: FoundKeys): Record<string, Record<string, string>> {
    return this.#told(found, (id, state) => this.store.read(id, state).pem)
  }

  /** Throws `key-invalid` for a file that holds no key. */
  fingerprints(found: FoundKeys): Record<string, Record<string, string>> {
    return this.#told(found, (id, state) => this.store.read(id, state).fingerprint)
  }

  /** Files of the master's own key, as far as there are any. */
  get ownFiles(): string[] {
    return ['master.pem', 'master.pub'].filter((name) => existsSync(join(this.store.pkiDir, name)))
  }

  /** The public half of the master's own key; undefined before its first start. */
  own(): { readonly pem: string; readonly fingerprint: string } | undefined {
    const pem = readFileIfExists(join(this.store.pkiDir, 'master.pub'))
    return pem === undefined ? undefined : { pem, fingerprint: fingerprintOf(publicKeyFromPem(pem)) }
  }

  /**
   * Fingerprints under the names of the master's own files that a pattern means, as `local`; both are that of the public
   * half. Nothing before its first start.
   */
  ownFingerprints(pattern: string | readonly string[]): Record<string, Record<string, string>> {
    const own = this.own()
    const globs = (typeof pattern === 'string' ? pattern.split(',') : pattern).map((text) => compileGlob(text.trim()))
    const names = ['master.pem', 'master.pub'].filter((name) => globs.some((glob) => glob.matches(name)))
    if (own === undefined || names.length === 0) return {}
    return { local: Object.fromEntries(names.map((name) => [name, own.fingerprint])) }
  }

  /** The keys that a change would move. */
  find(change: KeyChange, pattern: string | readonly string[], more: MoreStates = {}): FoundKeys {
    return this.store.match(pattern, statesFor(change, more))
  }

  /** Moves what was found; answers the ids that were moved, in their order. */
  change(change: KeyChange, found: FoundKeys): readonly string[] {
    const changed: string[] = []
    for (const state of statesOf(found)) {
      for (const id of found[state] ?? []) {
        if (!this.#apply(change, id, state)) continue
        changed.push(id)
        this.#moved(change, id)
      }
    }
    return changed
  }

  /** Keeps a key that was made here as the accepted one of the id. Throws `bad-id`. */
  acceptNew(id: string, pem: string): void {
    this.store.storeDecided(id, pem, 'accepted')
    this.store.delete(id, 'rejected')
    this.#moved('accept', id)
  }

  #apply(change: KeyChange, id: string, state: KeyState): boolean {
    if (change === 'accept') return this.store.accept(id, state)
    return change === 'reject' ? this.store.reject(id, state) : this.store.delete(id, state)
  }

  #told(found: FoundKeys, tell: (id: string, state: KeyState) => string): Record<string, Record<string, string>> {
    return byFolder(statesOf(found), (state) =>
      Object.fromEntries((found[state] ?? []).map((id) => [id, tell(id, state)])),
    )
  }
}

/** Deletion looks at all keys; acceptance and rejection at those that wait. */
export function statesFor(change: KeyChange, more: MoreStates): readonly KeyState[] {
  if (change === 'delete') return keyStates
  const states: KeyState[] = ['pending']
  if (change === 'accept' && more.rejected === true) states.push('rejected')
  if (change === 'reject' && more.accepted === true) states.push('accepted')
  if (more.denied === true) states.push('denied')
  return states
}

/** The state that a word means, of which Salt reads the beginning: `pre` or `un…`, `acc…`, `rej…`, `den…`. */
export function stateNamed(word: string): KeyState | undefined {
  if (/^(pre|un)/.test(word)) return 'pending'
  return keyStates.find((state) => state.startsWith(word.slice(0, 3)))
}

export function statesOf(found: FoundKeys): readonly KeyState[] {
  return keyStates.filter((state) => (found[state]?.length ?? 0) > 0)
}

/** By the names of the folders, which are the names that Salt shows. */
export function byFolder<T>(states: readonly KeyState[], value: (state: KeyState) => T): Record<string, T> {
  return Object.fromEntries(states.map((state) => [keyFolders[state], value(state)]))
}
