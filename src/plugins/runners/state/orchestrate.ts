/** Orchestrations: states that run inside the master, as if it were a minion. */

import { s } from '../../../base/schema.ts'
import { nameList } from '../../../engine/arguments/comma-list.ts'
import { type FunctionContext, type RunnerContext, runnerFn } from '../../../engine/plugin.ts'
import type { CompileRequest } from '../../../engine/state/compile/compiled.ts'
import { statesSucceeded } from '../../../engine/state/run/succeeded.ts'
import type { RunOptions, StateReturns } from '../../../engine/state/state-return.ts'
import { stepEvents } from './step-events.ts'

const pillarArgument = s.record(s.any(), 'Values that come over those of the pillar of the master')
const further = s.any('Taken and not used')

const orchestrationArguments = {
  mods: s.union([s.string(), s.array(s.string())], 'SLS files, as a list or with commas'),
  saltenv: s.withDefault(s.string('Environment of the SLS files'), 'base'),
  test: s.optional(s.boolean('Only show what would be done; the minions are asked for a dry run')),
  exclude: s.optional(s.union([s.string(), s.array(s.any())], 'SLS files or ids to leave out')),
  pillar: s.optional(pillarArgument),
  pillarenv: s.optional(s.string('Environment of the pillar')),
  pillar_enc: s.optional(s.literal(['gpg'], 'How the values in `pillar` are encrypted')),
  orchestration_jid: s.optional(s.any('Accepted: the id of the run is that of the orchestration')),
}

type Pillar = Readonly<Record<string, unknown>>

interface Order {
  readonly saltenv?: string | undefined
  readonly test?: boolean | undefined
  readonly exclude?: string | readonly unknown[] | undefined
  readonly pillar?: Pillar | undefined
  readonly pillar_enc?: 'gpg' | undefined
  readonly pillarenv?: string | undefined
}

export const orchestrate = runnerFn({
  doc: 'Run SLS files inside the master: their states give orders to minions, runners and wheel functions, one after the other. Each step is told by events `salt/run/JID/step/…`.',
  args: orchestrationArguments,
  returns: s.record(s.any(), 'data: id of the master → results; outputter, and retcode: 0 where all went well'),
  examples: [
    'salt run state.orchestrate orch.deploy',
    `salt run state.orchestrate orch.deploy pillar='{version: "1.2"}' test=True`,
  ],
  outputter: 'highstate',
  run: (ctx, { mods, ...order }) => run(ctx, order, { sls: nameList(mods) }),
})

export const orchestrateHigh = runnerFn({
  doc: 'Run states inside the master that are given as data.',
  args: {
    data: s.record(s.any(), 'Id → state → arguments, as an SLS file has it'),
    test: orchestrationArguments.test,
    queue: s.optional(s.any('Accepted: the master runs orchestrations side by side')),
    pillar: s.optional(pillarArgument),
  },
  extra: further,
  returns: s.record(s.any(), 'Id of the master → results'),
  examples: [`salt run state.orchestrate_high '{ping: {salt.function: [{tgt: "*"}, {name: test.ping}]}}'`],
  outputter: 'highstate',
  run: (ctx, { data, ...order }) => resultsOf(ctx, order, { high: data }),
})

export const orchestrateSingle = runnerFn({
  doc: 'Run one state inside the master.',
  args: {
    fun: s.string('The state, such as salt.wheel'),
    name: s.string('Its name'),
    test: orchestrationArguments.test,
    queue: s.optional(s.any('Accepted: the master runs orchestrations side by side')),
    pillar: s.optional(pillarArgument),
  },
  extra: s.any('Further arguments of the state'),
  returns: s.record(s.any(), 'Id of the master → results'),
  examples: ['salt run state.orchestrate_single fun=salt.wheel name=key.list_all'],
  outputter: 'highstate',
  run(ctx, { fun, name, ...order }, { extra }) {
    const args = Object.entries({ name, ...extra }).map(([key, value]) => ({ [key]: value }))
    return resultsOf(ctx, order, { high: { [name]: { [fun]: args } } })
  },
})

export const showOrchestration = runnerFn({
  doc: 'Show the steps of an orchestration in the order in which they are run, and run nothing.',
  args: { ...orchestrationArguments, queue: s.optional(s.any('Accepted: nothing is run')) },
  returns: s.record(s.any(), 'Id of the master → steps'),
  examples: [`salt run state.orchestrate_show_sls orch.deploy pillar='{version: "1.2"}'`],
  async run(ctx, { mods, ...order }) {
    const host = await hostOf(ctx, order)
    const { chunks, errors } = await compile(host, order, { sls: nameList(mods) })
    const { lowRecord } = await import('../../../engine/state/compile/low-record.ts')
    if (errors.length > 0) ctx.setRetcode(1)
    return { [host.id]: errors.length > 0 ? errors : chunks.map(lowRecord) }
  },
})

async function run(ctx: RunnerContext, order: Order, request: CompileRequest): Promise<Record<string, unknown>> {
  const data = await resultsOf(ctx, order, request)
  const retcode = statesSucceeded(data) ? 0 : 1
  return { data, outputter: 'highstate', retcode }
}

/** Id of the master → results, or errors of the compiler. */
async function resultsOf(
  ctx: RunnerContext,
  order: Order,
  request: CompileRequest,
): Promise<Record<string, StateReturns | readonly string[]>> {
  const host = await hostOf(ctx, order)
  const { chunks, errors } = await compile(host, order, request)
  const test = order.test ?? ctx.config.get('test') === true
  let results: StateReturns | readonly string[] = errors
  if (errors.length === 0) {
    const { runStates } = await import('../../../engine/state/run/run.ts')
    const { RunControl } = await import('../../../engine/state/run/run-control.ts')
    using control = new RunControl(ctx.jid, ctx.signal)
    const before: RunOptions['before'] = (chunk) => control.admit(chunk)
    results = await runStates(host, chunks, { test, jid: ctx.jid, before, ...stepEvents(ctx, chunks, test) })
  }
  const data = { [host.id]: results }
  if (!statesSucceeded(data)) ctx.setRetcode(1)
  return data
}

async function compile(host: FunctionContext, { saltenv, exclude }: Order, request: CompileRequest) {
  const { compileStates } = await import('../../../engine/state/compile/compile.ts')
  return await compileStates(host, {
    ...request,
    ...(saltenv === undefined ? {} : { saltenv }),
    ...(exclude === undefined ? {} : { exclude: typeof exclude === 'string' ? exclude.split(',') : exclude }),
  })
}

/** The master as a minion: with the pillar that is made for its id, and what is given over that. */
async function hostOf(ctx: RunnerContext, { pillar, pillar_enc, pillarenv, saltenv }: Order): Promise<FunctionContext> {
  const host = await ctx.host()
  const { decryptedMapping } = await import('../../../engine/render/gpg/gpg-of-context.ts')
  const override = pillar === undefined || pillar_enc === undefined ? pillar : await decryptedMapping(host, pillar)
  const { id, grains } = host
  return host.derive({ pillar: await ctx.pillar.compile({ id, grains, pillarenv, saltenv, override }) })
}
