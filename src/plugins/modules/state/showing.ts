/** Functions that show what would be done: nothing is run. */

import { s } from '../../../base/schema.ts'
import { nameList } from '../../../engine/arguments/comma-list.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { toPlain } from '../../../engine/render/values/plain.ts'
import type { CompiledStates, CompileRequest } from '../../../engine/state/compile/compiled.ts'

const names = s.union([s.string(), s.array(s.string())], 'SLS files, as a list or with commas')
const excluded = s.union([s.string(), s.array(s.any())], 'What to leave out: SLS files, or `{id: …}` and `{sls: …}`')
const pillarArgument = s.record(s.any(), 'Values that come over those of the pillar')

/** What all of them take. Salt has more that says how states are run; that means nothing here. */
const common = {
  saltenv: s.optional(s.string('Environment')),
  pillar: s.optional(pillarArgument),
  pillarenv: s.optional(s.string('Environment of the pillar')),
  exclude: s.optional(excluded),
}
const further = s.any('Taken and not used: what says how states are run')

interface Common {
  readonly saltenv?: string | undefined
  readonly pillar?: Readonly<Record<string, unknown>> | undefined
  readonly pillarenv?: string | undefined
  readonly exclude?: string | readonly unknown[] | undefined
}

const errorList = s.array(s.string(), 'What is wrong, where something is')
const highData = s.union([s.record(s.any(), 'Id → state → arguments'), errorList])
const lowData = s.union([s.array(s.record(s.any()), 'Calls in the order in which they are run'), errorList])

/** Errors are the result, and make the job fail. */
export function failed(ctx: FunctionContext, errors: readonly string[]): readonly string[] {
  ctx.setRetcode(1)
  return errors
}

/** What a run would see, but for the arguments that only a run has. Loaded on first use, as what compiles. */
async function withPillar(ctx: FunctionContext, given: Common): Promise<FunctionContext> {
  const { withRunPillar } = await import('../../../engine/state/run/run-pillar.ts')
  const { withOptionsOfMaster } = await import('../../../engine/state/options-of-master.ts')
  return await withRunPillar(await withOptionsOfMaster(ctx), given)
}

export function requestOf(ctx: FunctionContext, { saltenv, exclude }: Common, sls?: readonly string[]): CompileRequest {
  const configured = ctx.config.get('saltenv')
  const chosen = saltenv ?? (typeof configured === 'string' && configured !== '' ? configured : undefined)
  return {
    ...(sls === undefined ? {} : { sls }),
    ...(chosen === undefined ? {} : { saltenv: chosen }),
    ...(exclude === undefined ? {} : { exclude: typeof exclude === 'string' ? exclude.split(',') : exclude }),
  }
}

/** Loaded on first use: most jobs render no template. */
async function compiled(ctx: FunctionContext, given: Common, sls?: readonly string[]): Promise<CompiledStates> {
  const { compileStates } = await import('../../../engine/state/compile/compile.ts')
  return await compileStates(await withPillar(ctx, given), requestOf(ctx, given, sls))
}

async function high(ctx: FunctionContext, given: Common, sls?: readonly string[]): Promise<unknown> {
  const { shownHigh } = await import('../../../engine/state/compile/shown-states.ts')
  const { value, errors } = await shownHigh(await withPillar(ctx, given), requestOf(ctx, given, sls))
  return errors.length > 0 ? failed(ctx, errors) : toPlain(value)
}

async function low(ctx: FunctionContext, given: Common, sls?: readonly string[]): Promise<unknown> {
  const { chunks, errors } = await compiled(ctx, given, sls)
  if (errors.length > 0) return failed(ctx, errors)
  const { lowRecord } = await import('../../../engine/state/compile/low-record.ts')
  return chunks.map(lowRecord)
}

export const showingFunctions: Readonly<Record<string, FunctionDefinition>> = {
  show_top: fn({
    doc: 'Show which SLS files the top files have for this minion.',
    args: { saltenv: common.saltenv, pillar: common.pillar, pillarenv: common.pillarenv },
    extra: further,
    returns: s.union([s.record(s.array(s.string()), 'Environment → SLS files'), errorList]),
    examples: ["salt '*' state.show_top"],
    async run(ctx, args) {
      const { shownTop } = await import('../../../engine/state/compile/shown-states.ts')
      const { value, errors } = await shownTop(await withPillar(ctx, args), requestOf(ctx, args).saltenv)
      if (errors.length > 0) return [...failed(ctx, errors)]
      return Object.fromEntries(Array.from(value, ([saltenv, names]) => [saltenv, [...names]]))
    },
  }),
  show_highstate: fn({
    doc: 'Show what the top files come to for this minion, as SLS files have it.',
    args: { ...common },
    extra: further,
    returns: highData,
    examples: ["salt '*' state.show_highstate"],
    run: (ctx, args) => high(ctx, args) as Promise<string[]>,
  }),
  show_lowstate: fn({
    doc: 'Show the calls that the top files come to for this minion, in the order in which they are run.',
    args: { ...common },
    extra: further,
    returns: lowData,
    examples: ["salt '*' state.show_lowstate"],
    run: (ctx, args) => low(ctx, args) as Promise<string[]>,
  }),
  show_sls: fn({
    doc: 'Show what SLS files come to on this minion, as SLS files have it.',
    args: { mods: names, test: s.optional(s.boolean('Means nothing here')), ...common },
    extra: further,
    returns: highData,
    examples: ["salt '*' state.show_sls core,edit.vim", "salt '*' state.show_sls core pillar='{a: 1}'"],
    run: (ctx, args) => high(ctx, args, nameList(args.mods)) as Promise<string[]>,
  }),
  show_low_sls: fn({
    doc: 'Show the calls that SLS files come to on this minion, in the order in which they are run.',
    args: { mods: names, test: s.optional(s.boolean('Means nothing here')), ...common },
    extra: further,
    returns: lowData,
    examples: ["salt '*' state.show_low_sls core,edit.vim"],
    run: (ctx, args) => low(ctx, args, nameList(args.mods)) as Promise<string[]>,
  }),
  show_states: fn({
    doc: 'List the SLS files, with those that are included, which the top files come to for this minion.',
    args: {
      sorted: s.withDefault(s.boolean('By name, instead of in the order in which they are run'), true),
      ...common,
    },
    extra: further,
    returns: s.array(s.string(), 'Names, or what is wrong'),
    examples: ["salt '*' state.show_states"],
    async run(ctx, args) {
      const { chunks, errors } = await compiled(ctx, args)
      if (errors.length > 0) return [...failed(ctx, errors)]
      const found = [...new Set(chunks.flatMap(({ sls }) => sls ?? []))]
      return args.sorted ? found.sort() : found
    },
  }),
  show_state_usage: fn({
    doc: 'Tell which SLS files of each environment the top files use for this minion, and which not.',
    args: { saltenv: common.saltenv, pillar: common.pillar, pillarenv: common.pillarenv },
    extra: further,
    returns: s.union([s.record(s.any(), 'Environment → used, unused and how many of each'), errorList]),
    examples: ["salt '*' state.show_state_usage"],
    async run(ctx, args) {
      const { shownUsage } = await import('../../../engine/state/compile/shown-states.ts')
      const { value, errors } = await shownUsage(await withPillar(ctx, args), requestOf(ctx, args).saltenv)
      return errors.length > 0 ? [...failed(ctx, errors)] : value
    },
  }),
  sls_exists: fn({
    doc: 'Tell whether SLS files are there and can be rendered.',
    args: { mods: names, test: s.optional(s.boolean('Means nothing here')), ...common },
    extra: further,
    returns: s.boolean(),
    examples: ["salt '*' state.sls_exists core,edit.vim"],
    async run(ctx, args) {
      const { shownHigh } = await import('../../../engine/state/compile/shown-states.ts')
      const request = requestOf(ctx, args, nameList(args.mods))
      return (await shownHigh(await withPillar(ctx, args), request)).errors.length === 0
    },
  }),
  id_exists: fn({
    doc: 'Tell whether SLS files have all of these ids.',
    args: {
      ids: s.union([s.string(), s.array(s.string())], 'Ids, as a list or with commas'),
      mods: names,
      test: s.optional(s.boolean('Means nothing here')),
      ...common,
    },
    extra: further,
    returns: s.boolean(),
    examples: ["salt '*' state.id_exists vim,/etc/motd edit.vim"],
    async run(ctx, args) {
      const { chunks } = await compiled(ctx, args, nameList(args.mods))
      const known = new Set(chunks.map(({ id }) => id))
      return nameList(args.ids).every((id) => known.has(id))
    },
  }),
}
