/** cron.present, cron.absent and the variables of a crontab. */
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { changed, hasTimes, isMatch, isSame } from '../../modules/cron/match.ts'
import { type Entry, type Job, type SpecialJob, timeFields } from '../../modules/cron/tab.ts'
import { untilThereAre } from '../file/unknown-owners.ts'
import { type AbsentWishes, identifierOf, type PresentWishes } from './arguments.ts'

interface Crontab {
  readonly crons: readonly Job[]
  readonly special: readonly SpecialJob[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly isOfNobody?: true
}

/** A user who is not there yet, whom another state may add, has an empty one. */
async function readTab(ctx: StateContext, user: string): Promise<Crontab> {
  const info = await ctx.salt('user.info', [user])
  if (!isRecord(info) || Object.keys(info).length === 0) return { crons: [], special: [], env: [], isOfNobody: true }
  return (await ctx.salt('cron.list_tab', [user])) as Crontab
}

/** The plan for a crontab, whose user may still have to be added. */
function untilThereIsUser(ctx: StateContext, { isOfNobody }: Crontab, user: string, plan: StatePlan): StatePlan {
  return isOfNobody === true ? untilThereAre(ctx, plan, `User '${user}' does not exist`, [user]) : plan
}

function find<E extends Entry>(entries: readonly E[], cmd: string, identifier: string): E | undefined {
  return entries.find((entry) => isMatch(entry, cmd, identifier))
}

export async function planPresent(ctx: StateContext, want: PresentWishes): Promise<StatePlan> {
  const cmd = want.name.trim()
  const identifier = identifierOf(want)
  const tab = await readTab(ctx, want.user)
  const { crons, special } = tab
  const [same, other] = want.special === undefined ? [crons, special] : [special, crons]
  const now = find<Entry>(same, cmd, identifier)
  // A job that had times and has a moment with a name now, or the other way round.
  const double = find<Entry>(other, cmd, identifier)
  const isRight = now !== undefined && isAsWanted(now, want, cmd, identifier)
  if (isRight && double === undefined) return right(`Cron ${cmd} already present`)
  const what = now === undefined && double === undefined ? 'added' : 'updated'
  const plan = pending({
    comment: `Cron ${cmd} is set to be ${what}`,
    changes: {},
    apply: () => setJob(ctx, want, cmd, double !== undefined),
  })
  return untilThereIsUser(ctx, tab, want.user, plan)
}

function isAsWanted(now: Entry, want: PresentWishes, cmd: string, identifier: string): boolean {
  const { comment, commented } = want
  if (!isSame(now, changed(now, { cmd, identifier, comment, commented }))) return false
  return want.special === undefined ? hasTimes(now as Job, want) : (now as SpecialJob).spec === want.special
}

async function setJob(ctx: StateContext, want: PresentWishes, cmd: string, isDouble: boolean): Promise<StateOutcome> {
  const { user, special, comment, commented } = want
  const identifier = identifierOf(want)
  if (isDouble) await ctx.salt(special === undefined ? 'cron.rm_special' : 'cron.rm_job', [user, cmd], { identifier })
  const more = { ...(comment === undefined ? {} : { comment }), commented, identifier }
  const answer =
    special === undefined
      ? await ctx.salt('cron.set_job', [user, ...timeFields.map((field) => want[field]), cmd], more)
      : await ctx.salt('cron.set_special', [user, special, cmd], more)
  const changes = { [user]: cmd }
  if (answer === 'present') {
    return isDouble ? done(`Duplicate Cron ${cmd} removed`, changes) : done(`Cron ${cmd} already present`)
  }
  if (answer === 'new') {
    return done(isDouble ? `Cron ${cmd} time specification changed` : `Cron ${cmd} added to ${user}'s crontab`, changes)
  }
  if (answer === 'updated') return done(`Cron ${cmd} updated`, changes)
  return failed(`Cron ${cmd} for user ${user} failed to commit with error \n${answer}`)
}

export async function planAbsent(ctx: StateContext, want: AbsentWishes): Promise<StatePlan> {
  const cmd = want.name.trim()
  const { user, special } = want
  const identifier = identifierOf(want)
  const tab = await readTab(ctx, user)
  const now =
    special === undefined
      ? find<Entry>(tab.crons, cmd, identifier)
      : tab.special.find((job) => isMatch(job, cmd, identifier) && job.spec === special)
  if (now === undefined) return right(`Cron ${cmd} already absent`)
  return pending({
    comment: `Cron ${cmd} is set to be removed`,
    changes: {},
    async apply() {
      const more = { identifier, ...(special === undefined ? {} : { special }) }
      const answer = await ctx.salt(special === undefined ? 'cron.rm_job' : 'cron.rm_special', [user, cmd], more)
      return removed(`Cron ${cmd}`, user, cmd, answer)
    },
  })
}

function removed(what: string, user: string, name: string, answer: unknown): StateOutcome {
  if (answer === 'absent') return done(`${what} already absent`)
  if (answer === 'removed') return done(`${what} removed from ${user}'s crontab`, { [user]: name })
  return failed(`${what} for user ${user} failed to commit with error ${answer}`)
}

interface Variable {
  readonly name: string
  readonly user: string
}

export async function planVariable(
  ctx: StateContext,
  { name, user, value = '' }: Variable & { readonly value?: string | undefined },
): Promise<StatePlan> {
  const tab = await readTab(ctx, user)
  const now = tab.env.find((variable) => variable.name === name)
  const quoted = value === '' ? '""' : value
  if (now !== undefined && (now.value === quoted || now.value === value))
    return right(`Cron env ${name} already present`)
  const plan = pending({
    comment: `Cron env ${name} is set to be ${now === undefined ? 'added' : 'updated'}`,
    changes: {},
    async apply() {
      const answer = await ctx.salt('cron.set_env', [user, name, value])
      if (answer === 'new') return done(`Cron env ${name} added to ${user}'s crontab`, { [user]: name })
      if (answer === 'updated') return done(`Cron env ${name} updated`, { [user]: name })
      if (answer === 'present') return done(`Cron env ${name} already present`)
      return failed(`Cron env ${name} for user ${user} failed to commit with error \n${answer}`)
    },
  })
  return untilThereIsUser(ctx, tab, user, plan)
}

export async function planNoVariable(ctx: StateContext, want: Variable): Promise<StatePlan> {
  const name = want.name.trim()
  const { user } = want
  if (!(await readTab(ctx, user)).env.some((variable) => variable.name === name)) {
    return right(`Cron env ${name} already absent`)
  }
  return pending({
    comment: `Cron env ${name} is set to be removed`,
    changes: {},
    apply: async () => removed(`Cron env ${name}`, user, name, await ctx.salt('cron.rm_env', [user, name])),
  })
}
