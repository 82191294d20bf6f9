import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Tells that something has happened to one of some paths, which need not exist, by way of their folders. */
export class PathWatches implements Disposable {
  readonly #names = new Map<string, Set<string>>()
  readonly #changed: () => void
  readonly #watchers = new Map<string, FSWatcher>()

  constructor(paths: readonly string[], changed: () => void) {
    this.#changed = changed
    for (const path of paths) {
      const names = this.#names.get(dirname(path)) ?? new Set()
      this.#names.set(dirname(path), names.add(basename(path)))
    }
  }

  /** To be called from time to time: a folder may have come. Where one cannot be watched, only the interval helps. */
  begin(): void {
    for (const [folder, names] of this.#names) {
      if (!this.#watchers.has(folder)) this.#begin(folder, names)
    }
  }

  [Symbol.dispose](): void {
    for (const folder of [...this.#watchers.keys()]) this.#end(folder)
  }

  #begin(folder: string, names: ReadonlySet<string>): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_kind, name) => {
        const isFolder = name === basename(folder)
        // It is told by its own name that it goes; whether it is that, the next look finds out.
        if (isFolder) this.#end(folder)
        if (isFolder || (name !== null && names.has(name))) this.#changed()
      })
      watcher.on('error', () => this.#end(folder))
      this.#watchers.set(folder, watcher)
    } catch {
      // It does not exist, or there are too many watches on this host.
    }
  }

  #end(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}
