/** `salt.state`: runs states on minions. */
import { isRecord } from '../../../base/narrow.ts'
import { type StaticProperties, s } from '../../../base/schema.ts'
import type { FleetJob } from '../../../engine/fleet.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { impossible, pending, type SettledPlan, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { statesSucceeded } from '../../../engine/state/succeeded.ts'
import { answersOf, fleetOf, publishRequest, toleratedMinions, withJid, withWarnings } from './fleet.ts'
import { jobArguments, jobArgumentsIgnored } from './job-arguments.ts'

const args = {
  name: s.string('Any name for it'),
  ...jobArguments,
  expr_form: s.optional(s.string('The old name of tgt_type')),
  sls: s.optional(s.union([s.string(), s.array(s.string())], 'SLS files, as a list or with commas')),
  highstate: s.optional(s.boolean('Run what the top file says, whatever sls says')),
  top: s.optional(s.string('Run what this top file says')),
  saltenv: s.optional(s.string('Environment of the SLS files')),
  pillar: s.optional(s.record(s.any(), 'Pillar data of this run, over that of the minion')),
  pillarenv: s.optional(s.string('Environment of the pillar')),
  exclude: s.optional(s.any('States or SLS files to leave out')),
  test: s.optional(s.boolean('Whether it is a dry run; otherwise the minion decides')),
  concurrent: s.withDefault(s.any('Run although other states run there: true or false'), false),
  queue: s.withDefault(s.union([s.boolean(), s.integer()], 'Wait where other states run there'), false),
  allow_fail: s.withDefault(s.any('So many minions may fail'), 0),
  orchestration_jid: s.optional(s.any('Accepted: the orchestration knows its own id')),
}

type Want = StaticProperties<typeof args>

export const runStates = state({
  doc: 'Run states on minions, and succeed if they do. The changes are the results of those minions whose states changed something or failed. In a dry run, the minions do a dry run.',
  args,
  ignored: jobArgumentsIgnored,
  examples: [
    'webservers:\n  salt.state:\n    - tgt: "web*"\n    - sls:\n      - apache\n      - django\n    - batch: 10%',
    'databases:\n  salt.state:\n    - tgt: role:database\n    - tgt_type: grain\n    - highstate: true\n    - require:\n      - salt: webservers',
  ],
  plan: (ctx, want) => plan(ctx, want),
})

async function plan(ctx: StateContext, want: Want): Promise<StatePlan> {
  const allowFail = Number(want.allow_fail)
  if (!Number.isInteger(allowFail)) return impossible("Passed invalid value for 'allow_fail', must be an int")
  const order = orderOf(want)
  if (order === undefined) return impossible('No highstate or sls specified, no execution made')
  if (typeof want.concurrent !== 'boolean') return impossible("Must pass in boolean for value of 'concurrent'")
  const warnings =
    ctx.run.isTest && want.test === false ? ["'test: False' has no effect: a dry run changes nothing"] : []
  const run = async (isTest: boolean): Promise<StateOutcome> => {
    const kwargs = keywordsOf(want, isTest ? true : want.test)
    const job = await send(ctx, want, { ...order, kwargs })
    const outcome = judge(want, job, allowFail, isTest || want.test === true)
    return { ...outcome, ...withWarnings([...warnings, ...(outcome.warnings ?? [])]) }
  }
  // A dry run of an orchestration is what the dry runs of the minions say: they are asked before anything is done.
  if (ctx.run.isTest) return settled(await run(true))
  const shown = `States would be run on target ${String(want.tgt)}`
  return pending({ comment: shown, changes: {}, apply: () => run(false) })
}

function settled(outcome: StateOutcome): SettledPlan {
  return { kind: 'settled', ...outcome }
}

function orderOf({ highstate, top, sls }: Want): { fun: string; arg: readonly string[] } | undefined {
  if (highstate === true) return { fun: 'state.highstate', arg: [] }
  if (top !== undefined && top !== '') return { fun: 'state.top', arg: [top] }
  if (sls === undefined || sls.length === 0) return undefined
  return { fun: 'state.sls', arg: [typeof sls === 'string' ? sls : sls.join(',')] }
}

function keywordsOf(want: Want, test: boolean | undefined): Record<string, unknown> {
  const { pillar, pillarenv, saltenv, exclude, queue, concurrent } = want
  return {
    ...(test === undefined ? {} : { test }),
    ...(pillar === undefined || Object.keys(pillar).length === 0 ? {} : { pillar }),
    ...(pillarenv === undefined ? {} : { pillarenv }),
    ...(saltenv === undefined ? {} : { saltenv }),
    ...(exclude === undefined ? {} : { exclude }),
    queue,
    concurrent,
  }
}

interface Order {
  readonly fun: string
  readonly arg: readonly string[]
  readonly kwargs: Readonly<Record<string, unknown>>
}

/** A minion without a master is the only minion of an orchestration that it runs itself. */
async function send(ctx: StateContext, want: Want, order: Order): Promise<FleetJob> {
  if (ctx.services.fleet === undefined && ctx.config.get('file_client') === 'local') {
    const { id } = ctx
    const value = await ctx.salt(order.fun, order.arg, order.kwargs)
    const ret = { id, jid: '', fun: order.fun, fun_args: [], return: value, retcode: 0, success: true }
    return { jid: undefined, outcomes: [{ id, state: 'returned', ret }] }
  }
  const tgt_type = want.tgt_type ?? want.expr_form
  return await fleetOf(ctx).publish(publishRequest(ctx, { ...want, tgt_type }, order))
}

function judge(want: Want, job: FleetJob, allowFail: number, isTest: boolean): StateOutcome {
  const { ids: tolerated, warnings } = toleratedMinions(want.fail_minions)
  const expectsAll = want.expect_minions !== false
  const answers = answersOf(job, expectsAll)
  const said = withWarnings([...warnings, ...answers.warnings])
  if (answers.outcomes.length === 0 && expectsAll) {
    return { result: false, comment: 'No minions returned', changes: {}, ...said }
  }
  const failed: string[] = []
  const same: string[] = []
  const changed: Record<string, unknown> = {}
  for (const { id, ret } of answers.outcomes) {
    const value = ret === undefined ? false : ret.return
    if (!statesSucceeded(value)) {
      if (!tolerated.has(id)) failed.push(id)
      changed[id] = value
    } else if (hasChanges(value)) changed[id] = value
    else same.push(id)
  }
  const hasChanged = Object.keys(changed).length > 0
  const changes = hasChanged ? { out: 'highstate', ret: changed } : {}
  const more = { ...withJid(job.jid), ...said }
  if (failed.length > allowFail) {
    return { result: false, comment: `Run failed on minions: ${failed.join(', ')}`, changes, ...more }
  }
  const updated = hasChanged ? ` Updating ${Object.keys(changed).join(', ')}.` : ''
  const left = same.length > 0 ? ` No changes made to ${same.join(', ')}.` : ''
  const result = isTest && hasChanged ? null : true
  return { result, comment: `States ran successfully.${updated}${left}`, changes, ...more }
}

function hasChanges(value: unknown): boolean {
  if (!isRecord(value)) return false
  return Object.values(value).some(
    (item) => isRecord(item) && isRecord(item.changes) && Object.keys(item.changes).length > 0,
  )
}
