/** Runs compiled states: what each is bound to comes first, and decides on it. */
import { asSaltError } from '../../../base/errors.ts'
import { asPartial } from '../../functions/partial-result.ts'
import type { FunctionContext } from '../../plugin.ts'
import { chunkTag, type LowChunk } from '../low-chunk.ts'
import type { RunOptions, StateReturn, StateReturns } from '../state-return.ts'
import { listeners } from './listeners.ts'
import { ParallelTurns } from './parallel-turns.ts'
import { type Bond, missingComment, RequisiteIndex } from './requisite-index.ts'
import { type Fate, requisiteStatus } from './requisite-status.ts'
import { type Outcome, StateCaller } from './state-caller.ts'

/** More at one time only wait for each other. */
const usualParallel = 32

/**
 * Walks the chunks in their order. Gives what became of each by its tag; where `failhard` ends the run, those that come after are
 * not among them. When the job is cancelled, what was done by then is given back as a partial result.
 */
export async function runStates(
  ctx: FunctionContext,
  chunks: readonly LowChunk[],
  options: RunOptions,
): Promise<StateReturns> {
  return await new StateRunner(ctx, chunks, options).run()
}

/** What became of a state, for the others. */
interface Settled {
  readonly ret: StateReturn
  readonly fate: Fate
}

/** A state that is being run or planned (for a `prereq`), and how many of its bonds have been looked at. */
interface Frame {
  readonly chunk: LowChunk
  readonly isPlan: boolean
  readonly bonds: readonly Bond[]
  next: number
}

class StateRunner {
  readonly #ctx: FunctionContext
  readonly #chunks: readonly LowChunk[]
  readonly #options: RunOptions
  readonly #index: RequisiteIndex
  readonly #caller: StateCaller
  readonly #returns: Record<string, StateReturn> = {}
  readonly #settled = new Map<LowChunk, Settled>()
  /** What targets of a `prereq` would do. */
  readonly #planned = new Map<LowChunk, Settled>()
  readonly #running = new Set<LowChunk>()
  readonly #planning = new Set<LowChunk>()
  readonly #parallel = new Map<LowChunk, Promise<void>>()
  readonly #turns: ParallelTurns
  readonly #failsHard: boolean
  #isStopped = false

  constructor(ctx: FunctionContext, chunks: readonly LowChunk[], options: RunOptions) {
    this.#ctx = ctx
    this.#options = options
    this.#chunks = [...new Map(chunks.map((chunk) => [chunkTag(chunk), chunk])).values()]
    this.#index = new RequisiteIndex(this.#chunks)
    this.#caller = new StateCaller(ctx, this.#chunks, options, (chunk) => this.#isReady(chunk))
    const limit = ctx.config.get('state_max_parallel')
    this.#turns = new ParallelTurns(typeof limit === 'number' && limit > 0 ? limit : usualParallel)
    this.#failsHard = ctx.config.get('failhard') === true
  }

  async run(): Promise<StateReturns> {
    try {
      await this.#walk()
      await Promise.all(this.#parallel.values())
      if (!this.#isStopped && this.#options.only === undefined) await this.#listen()
    } finally {
      await Promise.allSettled(this.#parallel.values())
      await this.#caller.settled()
    }
    for (const [tag, ret] of Object.entries(this.#returns)) if (ret === startedInParallel) delete this.#returns[tag]
    return this.#ctx.signal.aborted ? asPartial(this.#returns) : this.#returns
  }

  async #walk(): Promise<void> {
    for (const chunk of this.#chunks) {
      if (this.#mustStop) return
      if (this.#isReached(chunk) || this.#options.only?.(chunk) === false) continue
      if (this.#options.before !== undefined && !(await this.#options.before(chunk))) {
        this.#isStopped = true
        return
      }
      await this.#reach(chunk)
    }
  }

  get #mustStop(): boolean {
    return this.#isStopped || this.#caller.isStopped || this.#ctx.signal.aborted
  }

  /** Whether it could be run now. */
  #isReady(chunk: LowChunk): boolean {
    if (this.#isReached(chunk) || chunk.requisites.some(({ kind }) => kind === 'prereq')) return false
    const { needed, missing } = this.#index.bondsOf(chunk)
    return missing.length === 0 && needed.every((bond) => this.#settled.has(bond.chunk))
  }

  #isReached(chunk: LowChunk): boolean {
    return this.#settled.has(chunk) || this.#parallel.has(chunk)
  }

  /** Settles a state, and before it all that it is bound to. A path of its own instead of calls: chains may be long. */
  async #reach(first: LowChunk): Promise<void> {
    const path: Frame[] = []
    this.#enter(path, first, false)
    for (let frame = path.at(-1); frame !== undefined && !this.#mustStop; frame = path.at(-1)) {
      const bond = frame.bonds[frame.next]
      frame.next += 1
      if (bond === undefined) {
        await this.#finish(frame)
        this.#leave(path, frame)
      } else if (!this.#isKnown(frame, bond)) {
        const isPlan = bond.kind === 'prereq'
        const isCircle = (isPlan ? this.#planning : this.#running).has(bond.chunk)
        if (!isCircle) this.#enter(path, bond.chunk, isPlan)
        // A target that needs the state that asks for its plan: the plan is made as if that had been run.
        else if (!frame.isPlan) {
          this.#settle(frame, this.#caller.unrun(frame.chunk, false, 'Recursive requisite found'))
          this.#leave(path, frame)
        }
      }
    }
    for (const { chunk, isPlan } of path) (isPlan ? this.#planning : this.#running).delete(chunk)
  }

  #isKnown(frame: Frame, { kind, chunk }: Bond): boolean {
    if (kind === 'prereq') return this.#planned.has(chunk)
    return (kind === 'prerequired' && frame.isPlan) || this.#isReached(chunk)
  }

  #enter(path: Frame[], chunk: LowChunk, isPlan: boolean): void {
    const { needed, missing } = this.#index.bondsOf(chunk)
    const frame: Frame = { chunk, isPlan, bonds: needed, next: 0 }
    if (missing.length > 0 && chunk.args.ignore_missing !== true) {
      this.#settle(frame, this.#caller.unrun(chunk, false, missingComment(missing, chunk.place)))
      return
    }
    ;(isPlan ? this.#planning : this.#running).add(chunk)
    path.push(frame)
  }

  #leave(path: Frame[], frame: Frame): void {
    path.pop()
    ;(frame.isPlan ? this.#planning : this.#running).delete(frame.chunk)
  }

  async #finish(frame: Frame): Promise<void> {
    const waits =
      this.#parallel.size === 0
        ? []
        : frame.bonds.map(({ chunk }) => this.#parallel.get(chunk)).filter((work) => work !== undefined)
    if (frame.isPlan || !isTrue(frame.chunk.args.parallel)) {
      if (waits.length > 0) await Promise.all(waits)
      await this.#decide(frame)
      return
    }
    // Keeps its place among the results.
    this.#returns[chunkTag(frame.chunk)] = startedInParallel
    const work = Promise.all(waits).then(() => this.#turns.run(() => this.#decide(frame)))
    this.#parallel.set(frame.chunk, work)
    // Whoever waits for it learns of what it throws.
    work.catch(() => {})
  }

  async #decide(frame: Frame): Promise<void> {
    if (this.#mustStop) return
    try {
      this.#settle(frame, await this.#outcome(frame))
    } catch (error) {
      if (!this.#ctx.signal.aborted) throw error
      const { message } = asSaltError(this.#ctx.signal.reason, 'cancelled')
      this.#settle(frame, this.#caller.unrun(frame.chunk, false, `The state was ended before it was done: ${message}`))
    }
  }

  /** By Salt's rules, and with Salt's words where it is not run. */
  async #outcome({ chunk, isPlan, bonds }: Frame): Promise<Outcome> {
    const caller = this.#caller
    if (bonds.length === 0) return await caller.call(chunk, { isPlan })
    const known = (await caller.takesWatch(chunk)) ? bonds : bonds.map(withoutWatch)
    const relevant = isPlan ? known.filter((bond) => this.#fateOf(bond) !== undefined) : known
    const status = requisiteStatus(relevant, (bond) => this.#fateOf(bond) ?? unknownFate)
    switch (status) {
      case 'fail':
        return this.#failure(chunk, relevant)
      case 'pre':
        return caller.unrun(chunk, true, 'No changes detected')
      case 'onfail':
        return caller.unrun(chunk, true, 'State was not run because onfail req did not change', notRun)
      case 'onchanges':
        return caller.unrun(chunk, true, 'State was not run because none of the onchanges reqs changed', notRun)
    }
    const called = await caller.call(chunk, { isPlan })
    if (status === 'met' || called.hasChanged || called.ret.skip_watch === true) return called
    const changed = relevant.filter((bond) => bond.kind.startsWith('watch') && this.#fateOf(bond)?.hasChanged === true)
    if (isPlan) return called.ret.result === false ? called : { ...called, ret: { ...called.ret, result: null } }
    return await caller.watch(chunk, { changed: unique(changed.map((bond) => bond.chunk)), checksConditions: false })
  }

  #failure(chunk: LowChunk, bonds: readonly Bond[]): Outcome {
    const own = this.#planned.get(chunk)
    // It was planned for a prereq: its own comment says more.
    if (own !== undefined) return this.#caller.repeated(chunk, own.ret)
    const failed = bonds.filter((bond) => this.#fateOf(bond)?.result === false)
    const names = unique(failed.map(({ chunk: { sls = null, id } }) => `${sls ?? 'None'}.${id}`))
    return this.#caller.unrun(chunk, false, `One or more requisite failed: ${names.join(', ')}`)
  }

  #fateOf({ kind, chunk }: Bond): Fate | undefined {
    return (kind === 'prereq' ? this.#planned : this.#settled).get(chunk)?.fate
  }

  #settle({ chunk, isPlan }: Pick<Frame, 'chunk' | 'isPlan'>, { ret, hasChanged }: Outcome): void {
    const fate: Fate = { result: ret.result, hasChanged, hasRun: ret.__state_ran__ !== false }
    if (isPlan) {
      this.#planned.set(chunk, { ret, fate })
      return
    }
    this.#settled.set(chunk, { ret, fate })
    this.#returns[chunkTag(chunk)] = ret
    this.#caller.tell(chunk, ret)
    const failsHard = chunk.args.failhard === undefined ? this.#failsHard : isTrue(chunk.args.failhard)
    if (failsHard && ret.result === false && !this.#options.test) this.#isStopped = true
  }

  async #listen(): Promise<void> {
    const { heard, faults } = listeners(this.#chunks, this.#index, (chunk) => {
      return this.#settled.get(chunk)?.fate.hasChanged === true
    })
    for (const chunk of heard) {
      if (this.#mustStop) return
      // As in Salt, it is not told what it heard.
      const { ret } = await this.#caller.watch(chunk, { changed: [], checksConditions: true })
      this.#returns[chunkTag(chunk)] = ret
      this.#caller.tell(chunk, ret)
    }
    for (const { tag, name, comment } of faults) this.#returns[tag] = this.#caller.fault(name, comment)
  }
}

const notRun = { __state_ran__: false }
const startedInParallel: StateReturn = { name: '', changes: {}, result: null, comment: '', __run_num__: 0 }
/** Of a state that failhard kept from being run. */
const unknownFate: Fate = { result: false, hasChanged: false, hasRun: false }

/** A state that has no watch only requires what it watches. */
function withoutWatch(bond: Bond): Bond {
  if (bond.kind === 'watch') return { ...bond, kind: 'require' }
  return bond.kind === 'watch_any' ? { ...bond, kind: 'require_any' } : bond
}

function isTrue(value: unknown): boolean {
  return value === true
}

function unique<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)]
}
