/** Notices keys that another process (`salt key`, an operator's `mv`) changes in the folders of a key store. */
import * as fs from 'node:fs'
import { join } from 'node:path'
import { asSaltError } from '../../base/errors.ts'
import { type Log, silentLog } from '../../base/log.ts'
import { type KeyState, type KeyStore, keyStates } from './key-store.ts'
import { isMinionId } from './minion-id.ts'

/** `state` as `KeyStore.state` answers: undefined when no key of the id is left. */
export type OnKeyChange = (id: string, state: KeyState | undefined) => void

export interface KeyWatcher extends Disposable {
  close(): void
}

/**
 * Calls back once per id and event-loop turn when its state or the content of its key files has changed since last time.
 *
 * It is told by the system, not by looking again and again. Where the system only says that something changed, the folders are
 * read and compared. Changes by this process are reported as well. Makes the folders that are missing.
 */
export function watchKeys(keys: KeyStore, onChange: OnKeyChange, options: { readonly log?: Log } = {}): KeyWatcher {
  keys.prepare()
  const watch = new KeyWatch(keys, onChange, options.log ?? silentLog)
  watch.start()
  return watch
}

/** A system that has this much to tell at once may have dropped some of it, without a word. */
const burst = 1000

class KeyWatch implements KeyWatcher {
  readonly #keys: KeyStore
  readonly #onChange: OnKeyChange
  readonly #log: Log
  readonly #watchers: fs.FSWatcher[] = []
  #known = new Map<string, string>()
  #touched = new Set<string>()
  #mustCompareAll = false
  #scheduled: NodeJS.Immediate | undefined

  constructor(keys: KeyStore, onChange: OnKeyChange, log: Log) {
    this.#keys = keys
    this.#onChange = onChange
    this.#log = log
  }

  start(): void {
    for (const state of keyStates) {
      const watcher = fs.watch(this.#keys.folder(state), { persistent: false }, (_event, name) => this.#touch(name))
      watcher.on('error', (error) => {
        this.#log.warning('cannot watch a folder of keys any more', { state, error: asSaltError(error).message })
        this.#touch(null)
      })
      this.#watchers.push(watcher)
    }
    this.#known = new Map(this.#allIds().map((id) => [id, this.#signature(id)]))
  }

  [Symbol.dispose](): void {
    this.close()
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close()
    if (this.#scheduled) clearImmediate(this.#scheduled)
  }

  #touch(name: string | null): void {
    if (name === null) this.#mustCompareAll = true
    else if (isMinionId(name)) this.#touched.add(name)
    else return
    this.#scheduled ??= setImmediate(() => this.#report())
  }

  #report(): void {
    this.#scheduled = undefined
    const compareAll = this.#mustCompareAll || this.#touched.size >= burst
    const ids = compareAll ? new Set([...this.#known.keys(), ...this.#allIds()]) : this.#touched
    this.#touched = new Set()
    this.#mustCompareAll = false
    for (const id of ids) this.#compare(id)
  }

  /** Never throws: nobody waits for what it finds. */
  #compare(id: string): void {
    try {
      const signature = this.#signature(id)
      if (signature === (this.#known.get(id) ?? '')) return
      if (signature === '') this.#known.delete(id)
      else this.#known.set(id, signature)
      this.#keys.noticed(id)
      this.#onChange(id, this.#keys.state(id))
    } catch (error) {
      this.#log.error('a change of a key could not be dealt with', { id, error: asSaltError(error).message })
    }
  }

  #allIds(): string[] {
    return [...new Set(Object.values(this.#keys.list()).flat())]
  }

  /** Changes whenever a key of the id is added, moved, replaced or removed; empty when there is none. */
  #signature(id: string): string {
    return this.#keys
      .states(id)
      .map((state) => {
        const status = fs.statSync(join(this.#keys.folder(state), id), { throwIfNoEntry: false })
        return `${state}:${status?.ino}:${status?.mtimeMs}:${status?.size};`
      })
      .join('')
  }
}
