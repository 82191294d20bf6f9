/** `salt.function`: runs a function on minions. */
import { asSaltError } from '../../../base/errors.ts'
import { type StaticProperties, s } from '../../../base/schema.ts'
import type { TargetOutcome } from '../../../client/api.ts'
import type { FleetJob } from '../../../engine/fleet.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { failed, pending, type StateOutcome } from '../../../engine/state/plan.ts'
import { answersOf, fleetOf, publishRequest, toleratedMinions, withJid, withWarnings } from './fleet.ts'
import { jobArguments, jobArgumentsIgnored } from './job-arguments.ts'

const args = {
  name: s.string('The function'),
  ...jobArguments,
  expr_form: s.optional(s.string('The old name of tgt_type')),
  arg: s.optional(s.union([s.array(s.any()), s.string()], 'Its positional arguments, as a list')),
  kwarg: s.optional(s.record(s.any(), 'Its keyword arguments')),
  fail_function: s.optional(
    s.string('Function on the master that is given what a minion returned, and says whether that is a success'),
  ),
}

type Want = StaticProperties<typeof args>

export const runFunction = state({
  doc: 'Run a function on minions. The changes are what they returned. A minion that does not return is only a warning, unless expect_minions says otherwise.',
  args,
  ignored: jobArgumentsIgnored,
  examples: [
    'is somebody there:\n  salt.function:\n    - name: test.ping\n    - tgt: "*"',
    'clean up:\n  salt.function:\n    - name: cmd.run\n    - tgt: "web*"\n    - arg:\n      - rm -rf /var/cache/site\n    - kwarg:\n        runas: www-data',
  ],
  plan(ctx, want) {
    const warnings = typeof want.arg === 'string' ? ["Please specify 'arg' as a list of arguments."] : []
    return pending({
      comment: `Function ${want.name} would be executed on target ${String(want.tgt)}`,
      changes: {},
      ...withWarnings(warnings),
      apply: () => run(ctx, want),
    })
  },
})

async function run(ctx: StateContext, want: Want): Promise<StateOutcome> {
  const { name, kwarg, arg = [] } = want
  const given = typeof arg === 'string' ? arg.split(/\s+/).filter((word) => word !== '') : arg
  const tgt_type = want.tgt_type ?? want.expr_form
  let job: FleetJob
  try {
    const sending = { fun: name, arg: given, ...(kwarg === undefined ? {} : { kwargs: kwarg }) }
    job = await fleetOf(ctx).publish(publishRequest(ctx, { ...want, tgt_type }, sending))
  } catch (error) {
    ctx.signal.throwIfAborted()
    const { message, hint } = asSaltError(error)
    return failed(hint === undefined ? message : `${message}. ${hint}`)
  }
  return await judge(ctx, want, job)
}

async function judge(ctx: StateContext, want: Want, job: FleetJob): Promise<StateOutcome> {
  const { ids: tolerated, warnings } = toleratedMinions(want.fail_minions)
  const answers = answersOf(job, want.expect_minions === true)
  const said = withWarnings([...warnings, ...answers.warnings])
  if (answers.outcomes.length === 0) return failed('No minions responded', {}, said)
  const returned: Record<string, unknown> = {}
  const faulty: string[] = []
  for (const outcome of answers.outcomes) {
    returned[outcome.id] = outcome.ret === undefined ? false : outcome.ret.return
    if (!(await isSuccess(ctx, want, outcome)) && !tolerated.has(outcome.id)) faulty.push(outcome.id)
  }
  const ran = `Function ${want.name} ran on ${Object.keys(returned).join(', ')}.`
  const verdict =
    faulty.length > 0
      ? `Running function ${want.name} failed on minions: ${faulty.join(', ')}`
      : 'Function ran successfully.'
  return {
    result: faulty.length === 0,
    comment: `${verdict} ${ran}`,
    changes: { ret: returned },
    ...withJid(job.jid),
    ...said,
  }
}

async function isSuccess(ctx: StateContext, want: Want, { ret }: TargetOutcome): Promise<boolean> {
  if (ret === undefined || ret.retcode !== 0 || !ret.success || ret.return === false) return false
  if (want.fail_function === undefined) return true
  return Boolean(await ctx.salt(want.fail_function, [ret.return]))
}
