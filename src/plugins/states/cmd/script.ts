/** cmd.script and what waits for a watch. */
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { sourceExists } from '../../modules/file/source.ts'
import { faultOf, type ScriptWishes, sharedKeywords, statefulOf } from './arguments.ts'
import { isReport, missingFolder, reportOf, told } from './command.ts'
import { reinterpreted } from './stateful.ts'

export async function planScript(ctx: StateContext, want: ScriptWishes): Promise<StatePlan> {
  const fault = faultOf(want)
  if (fault !== undefined) return impossible(fault)
  const { isStateful, testCommand } = statefulOf(want.stateful)
  if (ctx.run.isTest && testCommand !== undefined) return told(await execute(ctx, { ...want, name: testCommand }, true))
  if (ctx.run.isTest && (await isNotServed(ctx, want))) return impossible(notCached(ctx, want))
  return pending({
    comment: `Command '${want.name}' would have been executed`,
    changes: {},
    fingerprint: () => fingerprintOf(ctx, want),
    apply: () => execute(ctx, want, isStateful),
  })
}

/** The script as it is: what it does is not known before. */
async function fingerprintOf(ctx: StateContext, want: ScriptWishes): Promise<string> {
  try {
    const hash = await ctx.salt('cp.hash_file', [sourceOf(want)], { saltenv: ctx.saltenv })
    return isRecord(hash) ? String(hash.hsum) : ''
  } catch {
    ctx.signal.throwIfAborted()
    return ''
  }
}

/** A file that the master does not have now will not be there later in the run: a run fails at once. */
async function isNotServed(ctx: StateContext, want: ScriptWishes): Promise<boolean> {
  const source = sourceOf(want)
  if (!source.startsWith('salt://')) return false
  try {
    return !(await sourceExists(ctx, source, ctx.saltenv))
  } catch {
    ctx.signal.throwIfAborted()
    return false
  }
}

function notCached(ctx: StateContext, want: ScriptWishes): string {
  return `Unable to cache script ${sourceOf(want)} from saltenv '${ctx.saltenv}'`
}

function sourceOf({ source, name }: ScriptWishes): string {
  return source ?? splitOnce(name)[0]
}

async function execute(ctx: StateContext, want: ScriptWishes, isStateful: boolean): Promise<StateOutcome> {
  const missing = missingFolder(want.cwd)
  if (missing !== undefined) return missing
  const [, words] = splitOnce(want.name)
  const source = sourceOf(want)
  const args = want.args ?? words
  const context = { ...(isRecord(want.defaults) ? want.defaults : {}), ...(isRecord(want.context) ? want.context : {}) }
  const answer = await ctx.salt('cmd.script', [source], {
    ...sharedKeywords(ctx, want),
    ...(args === undefined ? {} : { args }),
    ...(Object.keys(context).length === 0 ? {} : { context }),
  })
  const report = reportOf(answer)
  if (report.cache_error === true) {
    return failed(notCached(ctx, want), report)
  }
  if (isStateful && isReport(report)) return reinterpreted(report)
  return (report.retcode === 0 ? done : failed)(`Command '${want.name}' run`, report)
}

/** The first word, and what follows it. */
function splitOnce(text: string): [string, string | undefined] {
  const at = text.trim().indexOf(' ')
  return at < 0 ? [text.trim(), undefined] : [text.trim().slice(0, at), text.trim().slice(at + 1)]
}
