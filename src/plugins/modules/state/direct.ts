/** States that come from no SLS file: given on the command line, as data or as a template. */
import { readFileSync, statSync } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { asPartial, isPartial } from '../../../engine/functions/partial-result.ts'
import { type FunctionContext, type FunctionDefinition, fn, type MoreArguments } from '../../../engine/plugin.ts'
import type { LowChunk } from '../../../engine/state/low-chunk.ts'
import { stateResults } from './applying.ts'
import { furtherArguments, type GivenRun, runArguments } from './arguments.ts'
import { runJob } from './running.ts'
import { failed } from './showing.ts'

const outputter = 'highstate'
/** Templates are written by people. */
const largestTemplate = 10 * 1024 * 1024

export const directFunctions: Readonly<Record<string, FunctionDefinition>> = {
  single: fn({
    doc: 'Run one state, which needs no SLS file: its arguments are given by name.',
    args: { fun: s.string('The state, such as `pkg.installed`'), name: s.string('What it is about'), ...runArguments },
    extra: s.any('Arguments of the state, and global options such as `unless`'),
    returns: stateResults,
    outputter,
    examples: [
      "salt '*' state.single file.managed name=/srv/app/motd contents=Welcome",
      "salt '*' state.single file.absent /srv/app/old test=True",
    ],
    run: (ctx, { fun, name, ...given }, more) => runSingle(ctx, { fun, name, given, more }),
  }),
  low: fn({
    doc: 'Run one call of a state, as `state.show_lowstate` shows them.',
    args: { data: s.record(s.any(), '`state`, `fun`, `name`, and its arguments'), ...runArguments },
    extra: furtherArguments,
    returns: s.any('What became of it; or what is wrong, as a list'),
    examples: [`salt '*' state.low '{"state": "file", "fun": "absent", "name": "/srv/app/old"}'`],
    run: (ctx, { data, ...given }, more) => runLow(ctx, data, given, more),
  }),
  high: fn({
    doc: 'Run states that are given as data, in the form in which an SLS file has them.',
    args: { data: s.any('Id → state → function and arguments'), ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    examples: [`salt '*' state.high '{"/srv/app/old": {"file": ["absent"]}}'`],
    run: (ctx, { data, ...given }, more) =>
      runJob(ctx, { fun: 'state.high', given, more, source: { kind: 'high', make: () => data } }),
  }),
  template: fn({
    doc: 'Run the states of a file of this minion, which is rendered as an SLS file.',
    args: { tem: s.path('The file'), ...runArguments },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ["salt '*' state.template /srv/salt/web/init.sls"],
    run: (ctx, { tem, ...given }, more) =>
      runText(ctx, { fun: 'state.template', file: tem, text: readTemplate(tem), given, more }),
  }),
  template_str: fn({
    doc: 'Run the states of a text, which is rendered as an SLS file.',
    args: {
      tem: s.union([s.text(), s.record(s.any())], 'The text; or what it comes to, as a mapping'),
      ...runArguments,
    },
    extra: furtherArguments,
    returns: stateResults,
    outputter,
    examples: ["salt '*' state.template_str 'all is well: test.nop'"],
    run: (ctx, { tem, ...given }, more) =>
      typeof tem === 'string'
        ? runText(ctx, { fun: 'state.template_str', file: 'the given text', text: tem, given, more })
        : runJob(ctx, { fun: 'state.template_str', given, more, source: { kind: 'high', make: () => tem } }),
  }),
}

interface Single {
  readonly fun: string
  readonly name: string
  readonly given: GivenRun
  readonly more: MoreArguments
}

async function runSingle(ctx: FunctionContext, { fun, name, given, more }: Single): Promise<unknown> {
  if (!fun.includes('.')) {
    ctx.setRetcode(1)
    return 'Invalid function passed'
  }
  const args = Object.fromEntries(Object.entries(more.extra).filter(([key]) => !key.startsWith('__pub_')))
  const { state_events: _events, sync_mods: _sync, ...global } = given
  const record = { __id__: name, ...args, state: fun, name, ...stateArguments(global) }
  return await runRecord(ctx, record, { fun: 'state.single', given, more: publishedOnly(more) }, (returns) => returns)
}

/** Keywords that a state may have, too, beside those of the run. */
function stateArguments({ saltenv }: GivenRun): Readonly<Record<string, unknown>> {
  return saltenv === undefined ? {} : { __env__: saltenv }
}

function publishedOnly({ extra, rest }: MoreArguments): MoreArguments {
  return { rest, extra: Object.fromEntries(Object.entries(extra).filter(([key]) => key.startsWith('__pub_'))) }
}

async function runLow(
  ctx: FunctionContext,
  data: Readonly<Record<string, unknown>>,
  given: GivenRun,
  more: MoreArguments,
): Promise<unknown> {
  const first = (returns: Readonly<Record<string, unknown>>): unknown => Object.values(returns)[0] ?? {}
  return await runRecord(ctx, data, { fun: 'state.low', given, more }, first)
}

async function runRecord(
  ctx: FunctionContext,
  record: Readonly<Record<string, unknown>>,
  job: { readonly fun: string; readonly given: GivenRun; readonly more: MoreArguments },
  shown: (returns: Readonly<Record<string, unknown>>) => unknown,
): Promise<unknown> {
  const { lowFaults, readLow } = await import('../../../engine/state/compile/low-record.ts')
  const { chunkFaults } = await import('../../../engine/state/run/verify-chunk.ts')
  const chunk: LowChunk | undefined = readLow(record)
  const faults = chunk === undefined ? lowFaults(record) : await chunkFaults(ctx.states, chunk)
  if (chunk === undefined || faults.length > 0) return failed(ctx, faults)
  const result = await runJob(ctx, { ...job, source: { kind: 'chunks', chunks: [chunk] } })
  if (Array.isArray(result)) return result
  const value = shown({ ...(result as Readonly<Record<string, unknown>>) })
  return isPartial(result) && isRecord(value) ? asPartial(value) : value
}

interface TextRun extends Omit<Single, 'name'> {
  readonly file: string
  readonly text: string
}

/** Rendered like an SLS file that lies in no environment. */
async function runText(ctx: FunctionContext, { fun, file, text, given, more }: TextRun): Promise<unknown> {
  const make = async (own: FunctionContext): Promise<unknown> => {
    const { renderSls } = await import('../../../engine/render/render-sls.ts')
    const { TemplateWorld } = await import('../../../engine/render/template-world.ts')
    const { toPlain } = await import('../../../engine/render/values/plain.ts')
    const request = { text, file, hostPath: file, saltenv: given.saltenv ?? 'base', sls: file }
    return toPlain((await renderSls(new TemplateWorld(own), request)).value)
  }
  return await runJob(ctx, { fun, given, more, source: { kind: 'high', make } })
}

function readTemplate(path: string): string {
  try {
    if (statSync(path).size > largestTemplate)
      throw new SaltError('bad-arguments', 'the template is too large', { where: path })
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof SaltError) throw error
    throw new SaltError('bad-arguments', `the template cannot be read: ${systemReason(error)}`, { where: path })
  }
}
