/** Changes below paths, as the system tells of them. */
import { type FSWatcher, lstatSync, statSync, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { PythonRegex } from '../functions/python-regex.ts'
import { matchGlob } from '../target/glob.ts'

export type ChangeKind = 'create' | 'delete' | 'modify' | 'attrib'

export interface Exclusion {
  /** A path, a glob, or a regular expression. */
  readonly text: string
  readonly isRegex: boolean
}

export interface WatchedPath {
  readonly path: string
  readonly kinds: ReadonlySet<ChangeKind>
  readonly isRecursive: boolean
  readonly exclusions: readonly Exclusion[]
}

export interface Change {
  /** The folder in which it happened; the path itself where a file is watched. */
  readonly folder: string
  readonly path: string
  /** As Salt names it: `IN_CREATE`, `IN_DELETE|IN_ISDIR`; `IN_Q_OVERFLOW` where changes were lost. */
  readonly change: string
  /** How many changes were lost. */
  readonly dropped?: number
}

/** Kinds that Node does not tell of. */
export const unseenKinds: ReadonlySet<string> = new Set(['access', 'close_nowrite', 'open', 'unmount', 'ignored'])

const mostWaiting = 4096

export class TreeWatch implements Disposable {
  readonly #paths: readonly WatchedPath[]
  readonly #wake: () => void
  readonly #watchers = new Map<WatchedPath, FSWatcher>()
  #waiting: Change[] = []
  #dropped = 0
  #fault: unknown

  constructor(paths: readonly WatchedPath[], wake: () => void) {
    this.#paths = paths
    this.#wake = wake
  }

  /** Begins to watch what exists by now. Throws what went wrong since the last time. */
  begin(): void {
    const fault = this.#fault
    this.#fault = undefined
    if (fault !== undefined) throw fault
    for (const watched of this.#paths) if (!this.#watchers.has(watched)) this.#begin(watched)
  }

  /** What happened since the last time. */
  take(): readonly Change[] {
    const changes = this.#waiting
    const dropped = this.#dropped
    this.#waiting = []
    this.#dropped = 0
    if (dropped > 0) changes.push({ folder: '', path: '', change: 'IN_Q_OVERFLOW', dropped })
    return changes
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** A file is watched by way of its folder: an editor puts another one in its place. */
  #begin(watched: WatchedPath): void {
    const { path, isRecursive } = watched
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    const place = isFolder ? path : dirname(path)
    if (statSync(place, { throwIfNoEntry: false }) === undefined) return
    const watcher = watch(place, { persistent: false, recursive: isFolder && isRecursive }, (kind, name) => {
      if (name === null) return
      if (isFolder) this.#changedBelow(watched, kind, name)
      else if (name === basename(path)) this.#changed(watched, kind, path, path)
    })
    watcher.on('error', (error) => {
      this.#fault = error
      this.#end(watched)
      this.#wake()
    })
    this.#watchers.set(watched, watcher)
  }

  #end(watched: WatchedPath): void {
    this.#watchers.get(watched)?.close()
    this.#watchers.delete(watched)
  }

  #changedBelow(watched: WatchedPath, kind: string, name: string): void {
    const { path } = watched
    if (name === basename(path) && statSync(path, { throwIfNoEntry: false }) === undefined) {
      this.#changed(watched, kind, path, path)
      this.#end(watched)
      return
    }
    const full = join(path, name)
    this.#changed(watched, kind, dirname(full), full)
  }

  #changed({ kinds, exclusions }: WatchedPath, event: string, folder: string, path: string): void {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    const kind = kindOf(event, stat)
    if (!kinds.has(kind) || exclusions.some((exclusion) => isExcluded(path, exclusion))) return
    if (this.#waiting.length >= mostWaiting) this.#dropped += 1
    else {
      const change = `IN_${kind.toUpperCase()}${stat?.isDirectory() === true ? '|IN_ISDIR' : ''}`
      this.#waiting.push({ folder, path, change })
    }
    this.#wake()
  }
}

/** Writing sets both times of a file, a change of its mode or owner only one. */
function kindOf(event: string, stat: { readonly mtimeMs: number; readonly ctimeMs: number } | undefined): ChangeKind {
  if (stat === undefined) return 'delete'
  if (event === 'rename') return 'create'
  return stat.mtimeMs >= stat.ctimeMs ? 'modify' : 'attrib'
}

function isExcluded(path: string, { text, isRegex }: Exclusion): boolean {
  if (isRegex) return new PythonRegex(text).search(path)
  return text.includes('*') ? matchGlob(text, path) : path.startsWith(text)
}
