/**
 * Which runs of states are at work on this host, in whatever process, so that two do not change it at once.
 *
 * Each run has a file in a folder below `cachedir`; the one whose turn it is has the file `turn` besides, which is a link that only
 * one can make. Files of processes that have died count for nothing.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { formatStartTime } from '../../jobs/jid.ts'

export interface RegisteredRun {
  readonly jid: string
  readonly fun: string
  readonly pid: number
  /** When the process began, by the clock of the system: another one may have the same number later. */
  readonly begun: string
  /**
   * - `claims`: it is about to look whether it may go on
   * - `waits`: for its turn
   * - `runs`
   */
  readonly stage: 'claims' | 'waits' | 'runs'
}

export interface EntryRequest {
  readonly jid: string
  readonly fun: string
  /** Wait until nobody else is at work, if at most so many wait already; true: whatever their number. */
  readonly queue: boolean | number
  /** Go on whoever else is at work. */
  readonly concurrent: boolean
  /** Whether another one is at work only for the sake of which this one was called. */
  readonly isNested: (other: RegisteredRun) => boolean
  readonly signal: AbortSignal
}

export type Entry =
  | { readonly kind: 'entered'; leave(): void }
  /** In Salt's words, one for each run that is at work. */
  | { readonly kind: 'refused'; readonly conflicts: readonly string[] }

/** Ends of processes that died make no event in the folder. */
const checkedAfterMs = 5000
const ending = '.json'

/** Files that runs of this process have: those of a former one with the same number are not among them. */
const ownFiles = new Set<string>()

export class RunRegister {
  readonly #folder: string

  /** @param folder is made where it is missing */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Those at work or waiting, oldest first. */
  list(): RegisteredRun[] {
    return this.#names().flatMap((name) => this.#living(name) ?? [])
  }

  /** A file system that cannot be written to is no reason to refuse: the run goes on without a turn of its own. */
  async enter(request: EntryRequest): Promise<Entry> {
    const { jid, concurrent, queue, isNested } = request
    if (this.list().some((run) => run.pid === process.pid && isNested(run))) return { kind: 'entered', leave() {} }
    if (!this.#register(request)) return { kind: 'entered', leave() {} }
    const leave = (): void => this.#leave(jid)
    try {
      if (concurrent) {
        this.#write(request, 'runs')
        return { kind: 'entered', leave }
      }
      const others = this.#others(jid)
      const mayWait = queue === true || (typeof queue === 'number' && others.length <= queue)
      if (mayWait) await this.#wait(request)
      else {
        const conflicts = others.filter(({ stage }) => stage !== 'claims')
        if (conflicts.length > 0 || !this.#takeTurn(jid)) {
          const shown = conflicts.length > 0 ? conflicts : this.#others(jid)
          leave()
          return { kind: 'refused', conflicts: shown.map(conflictText) }
        }
      }
      this.#write(request, 'runs')
      return { kind: 'entered', leave }
    } catch (error) {
      leave()
      throw error
    }
  }

  #register(request: EntryRequest): boolean {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      this.#write(request, request.queue === false ? 'claims' : 'waits')
      return true
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false
      throw error
    }
  }

  #write({ jid, fun }: EntryRequest, stage: RegisteredRun['stage']): void {
    const file = join(this.#folder, jid + ending)
    const run: RegisteredRun = { jid, fun, pid: process.pid, begun: processOf(process.pid)?.begun ?? '', stage }
    ownFiles.add(file)
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, JSON.stringify(run), { mode: 0o600 })
    renameSync(draft, file)
  }

  #leave(jid: string): void {
    const file = join(this.#folder, jid + ending)
    if (this.#holder()?.jid === jid) rmSync(this.#turn, { force: true })
    rmSync(file, { force: true })
    ownFiles.delete(file)
  }

  get #turn(): string {
    return join(this.#folder, 'turn')
  }

  #others(jid: string): RegisteredRun[] {
    return this.list().filter((run) => run.jid !== jid)
  }

  /** After those who run, and those who wait and are older. */
  async #wait({ jid, signal }: EntryRequest): Promise<void> {
    for (;;) {
      // Watched before looking: what happens in between is not missed.
      using changes = new FolderChanges(this.#folder, signal)
      const isBehind = this.#others(jid).some(({ stage, jid: other }) => stage === 'runs' || other < jid)
      if (!isBehind && this.#takeTurn(jid)) return
      await changes.next()
      signal.throwIfAborted()
    }
  }

  #takeTurn(jid: string): boolean {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        linkSync(join(this.#folder, jid + ending), this.#turn)
        return true
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error
      }
      const holder = this.#holder()
      if (holder !== undefined && isAlive(holder, join(this.#folder, holder.jid + ending))) return false
      this.#removeStale(jid, holder)
    }
    return false
  }

  #holder(): RegisteredRun | undefined {
    return readRun(this.#turn)
  }

  /** Takes away the turn of one that died, unless it is somebody else's by now. */
  #removeStale(jid: string, holder: RegisteredRun | undefined): void {
    const aside = `${this.#turn}.${jid}`
    try {
      renameSync(this.#turn, aside)
      if (readRun(aside)?.jid !== holder?.jid) linkSync(aside, this.#turn)
    } catch (error) {
      if (!['ENOENT', 'EEXIST'].includes(systemCode(error) ?? '')) throw error
    } finally {
      rmSync(aside, { force: true })
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith(ending))
        .sort()
    } catch {
      return []
    }
  }

  #living(name: string): RegisteredRun | undefined {
    const file = join(this.#folder, name)
    const run = readRun(file)
    if (run !== undefined && isAlive(run, file)) return run
    rmSync(file, { force: true })
    return undefined
  }
}

/** The next change of a folder, or the time to look again. */
class FolderChanges implements Disposable {
  readonly #watcher
  readonly #timer
  readonly #signal: AbortSignal
  readonly #resolve: () => void
  readonly #changed: Promise<void>

  constructor(folder: string, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#changed = promise
    this.#resolve = () => resolve()
    this.#signal = signal
    this.#watcher = watch(folder, () => resolve()).on('error', () => resolve())
    this.#timer = setTimeout(resolve, checkedAfterMs)
    signal.addEventListener('abort', this.#resolve, { once: true })
  }

  next(): Promise<void> {
    return this.#signal.aborted ? Promise.resolve() : this.#changed
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#resolve)
  }
}

/** In Salt's words. */
export function conflictText({ fun, pid, jid }: RegisteredRun): string {
  return `The function "${fun}" is running as PID ${pid} and was started at ${formatStartTime(jid)} with jid ${jid}`
}

function readRun(file: string): RegisteredRun | undefined {
  try {
    const run: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isRecord(run) || typeof run.jid !== 'string' || typeof run.pid !== 'number') return undefined
    const stage = run.stage === 'runs' || run.stage === 'waits' ? run.stage : 'claims'
    return { jid: run.jid, pid: run.pid, fun: String(run.fun), begun: String(run.begun), stage }
  } catch {
    return undefined
  }
}

function isAlive({ pid, begun }: RegisteredRun, file: string): boolean {
  if (pid === process.pid) return ownFiles.has(file)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false
  }
  const known = processOf(pid)
  if (known?.hasEnded === true) return false
  return begun === '' || (known?.begun ?? begun) === begun
}

interface ProcessFacts {
  /** In ticks since the system began. */
  readonly begun: string
  /** Nothing of it is left but the number, which its parent has not asked for. */
  readonly hasEnded: boolean
}

/** Undefined where the system does not say. */
function processOf(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { begun: fields[19] ?? '', hasEnded: fields[0] === 'Z' || fields[0] === 'X' }
  } catch {
    return undefined
  }
}
