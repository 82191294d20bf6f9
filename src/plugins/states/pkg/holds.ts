/** Packages that stay at their version: `hold` of pkg.installed, and pkg.held and pkg.unheld. */
import { isRecord } from '../../../base/narrow.ts'
import type { FunctionContext, StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import type { HeldWishes } from './arguments.ts'
import { asItems, type Wanted, wantedPackages } from './packages.ts'

export interface HoldAnswer {
  readonly name: string
  readonly changes: Readonly<Record<string, unknown>>
  /** Null: it would change. */
  readonly result: boolean | null
  readonly comment: string
}

/** Holds packages, or lets them go; with `isAsked` only tells what that would do. */
export async function setHolds(
  ctx: StateContext,
  names: readonly string[],
  hold: boolean,
  isAsked = false,
): Promise<readonly HoldAnswer[]> {
  const asking = (name: string): unknown => (name === 'test' ? true : ctx.config.get(name))
  const context: FunctionContext = isAsked
    ? ctx.derive({ config: { get: asking, all: { ...ctx.config.all, test: true } } })
    : ctx
  const answer = await context.salt(hold ? 'pkg.hold' : 'pkg.unhold', [], { pkgs: [...names] })
  return isRecord(answer) ? (Object.values(answer) as HoldAnswer[]) : []
}

const noHolds = '`hold` function is not implemented for the package manager.'

/** What is held, with the version where that is part of the lock. */
async function locks(ctx: StateContext): Promise<ReadonlyMap<string, string | undefined> | undefined> {
  if (await hasFunction(ctx, 'pkg.list_locks')) {
    const found = await ctx.salt('pkg.list_locks')
    const entries = isRecord(found) ? Object.entries(found) : []
    return new Map(
      entries
        .filter(([, lock]) => !isRecord(lock) || (lock.type ?? 'package') === 'package')
        .map(([name, lock]) => [
          name,
          isRecord(lock) && typeof lock.version === 'string' ? lock.version.replace(/^[= ]+/, '') : undefined,
        ]),
    )
  }
  if (!(await hasFunction(ctx, 'pkg.list_holds'))) return undefined
  const found = await ctx.salt('pkg.list_holds')
  return new Map((Array.isArray(found) ? found : []).map((lock) => [nameOf(String(lock)), undefined]))
}

/** `bash-0:5.1.8-9.el9.*` of versionlock, or a name alone. */
function nameOf(lock: string): string {
  return /^(.+)-\d+:.*\.\*$/.exec(lock)?.[1] ?? lock
}

interface HoldPlan {
  readonly names: readonly string[]
  readonly replaced: readonly string[]
  readonly comments: readonly string[]
}

async function heldWishes(ctx: StateContext, want: HeldWishes): Promise<Wanted> {
  return wantedPackages(ctx, { ...want, normalize: false })
}

export async function planHeld(ctx: StateContext, want: HeldWishes & { readonly replace: boolean }) {
  if (want.pkgs?.length === 0 && !want.replace) return right('No packages to be held provided')
  const held = await locks(ctx)
  if (held === undefined || !(await hasFunction(ctx, 'pkg.hold'))) return impossible(noHolds)
  const wanted = await heldWishes(ctx, want)
  const missing = new Map([...wanted].filter(([name, version]) => !held.has(name) || differs(held.get(name), version)))
  const superfluous = want.replace ? [...held.keys()].filter((name) => !wanted.has(name)) : []
  const comments = [
    ...[...missing].map(([name, version]) =>
      held.has(name)
        ? `The following package's hold rule would be updated: ${name}${versionNote(version)}`
        : `The following package would be held: ${name}${versionNote(version)}`,
    ),
    ...superfluous.map((name) => `The following package would be unheld: ${name}`),
  ]
  const replaced = [...missing.keys()].filter((name) => held.has(name))
  return planned(comments, () => hold(ctx, missing, { names: superfluous, replaced, comments }))
}

function differs(held: string | undefined, wanted: string | undefined): boolean {
  return held !== undefined && wanted !== undefined && held !== wanted
}

function versionNote(version: string | undefined): string {
  return version === undefined ? '' : ` (version = ${version})`
}

function planned(comments: readonly string[], apply: () => Promise<StateOutcome>): StatePlan {
  if (comments.length === 0) return right('No changes made')
  return pending({ comment: comments.join('\n'), changes: {}, apply })
}

async function hold(ctx: StateContext, missing: Wanted, plan: HoldPlan): Promise<StateOutcome> {
  const answers: HoldAnswer[] = []
  const comments: string[] = []
  for (const item of asItems(missing)) {
    const name = typeof item === 'string' ? item : (Object.keys(item as object)[0] ?? '')
    if (plan.replaced.includes(name)) await setHolds(ctx, [name], false)
    const answer = await ctx.salt('pkg.hold', [], { pkgs: [item] })
    const found = (isRecord(answer) ? Object.values(answer) : []) as HoldAnswer[]
    answers.push(...found)
    const isHeld = found.some(({ result }) => result === true)
    const what = plan.replaced.includes(name) ? 'was updated with hold rule' : 'is now being held'
    comments.push(`Package ${name} ${isHeld ? what : 'was not held'}`)
  }
  const released = plan.names.length === 0 ? [] : await setHolds(ctx, plan.names, false)
  return outcomeOf([...answers, ...released], [...comments, ...released.map(({ comment }) => comment)])
}

function outcomeOf(answers: readonly HoldAnswer[], comments: readonly string[]): StateOutcome {
  const changes = Object.fromEntries(answers.map((answer) => [answer.name, answer]))
  const outcome = answers.every(({ result }) => result === true) ? done : failed
  return outcome(comments.join('\n'), changes)
}

export async function planUnheld(ctx: StateContext, want: HeldWishes & { readonly all: boolean }): Promise<StatePlan> {
  if (want.pkgs?.length === 0 && !want.all) return right('No packages to be unheld provided')
  const held = await locks(ctx)
  if (held === undefined || !(await hasFunction(ctx, 'pkg.unhold'))) return impossible(noHolds)
  const wanted = await heldWishes(ctx, want)
  const names = [...held.keys()].filter(
    (name) => want.all || (wanted.has(name) && !differs(held.get(name), wanted.get(name))),
  )
  const comments = names.map((name) => `The following package would be unheld: ${name}`)
  return planned(comments, async () => {
    const answers = await setHolds(ctx, names, false)
    return outcomeOf(
      answers,
      answers.map(({ comment }) => comment),
    )
  })
}
