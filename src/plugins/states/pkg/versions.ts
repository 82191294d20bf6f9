/** Whether what is installed is what is wanted. */
import { parseConditions } from '../../../engine/functions/packages/version-order.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import { matchGlob } from '../../../engine/target/glob.ts'
import type { Versions, Wanted } from './packages.ts'

export interface VersionRules {
  /** Undefined: where the wanted version has none. */
  readonly ignoreEpoch: boolean | undefined
  readonly allowUpdates: boolean
}

/** Whether one of the installed versions is the wanted one, or meets all conditions. */
export async function fulfills(
  ctx: StateContext,
  installed: readonly string[],
  wanted: string,
  rules: VersionRules,
): Promise<boolean> {
  const plain = wanted.replace(/^=+/, '').trim()
  const conditions = parseConditions(wanted) ?? [{ operator: rules.allowUpdates ? '>=' : '==', version: plain }]
  for (const version of installed) {
    const answers = await Promise.all(conditions.map((condition) => holds(ctx, version, condition, rules)))
    if (answers.every(Boolean)) return true
  }
  return false
}

async function holds(
  ctx: StateContext,
  installed: string,
  { operator, version }: { readonly operator: string; readonly version: string },
  { ignoreEpoch }: VersionRules,
): Promise<boolean> {
  if (operator === '==' && (installed === version || matchGlob(version, installed))) return true
  if (!(await hasFunction(ctx, 'pkg.version_cmp'))) return false
  const order = await ctx.salt('pkg.version_cmp', [installed, version], {
    ignore_epoch: ignoreEpoch ?? !version.includes(':'),
  })
  const meanings: Readonly<Record<string, boolean>> = {
    '==': order === 0,
    '!=': order !== 0,
    '<': order === -1,
    '<=': order === -1 || order === 0,
    '>': order === 1,
    '>=': order === 1 || order === 0,
  }
  return meanings[operator] === true
}

/** Names that are there as wanted, and those that are not. */
export async function verified(ctx: StateContext, wanted: Wanted, installed: Versions, rules: VersionRules) {
  const found: string[] = []
  const missing: string[] = []
  for (const [name, version] of wanted) {
    const versions = installed[name] ?? []
    const is = versions.length > 0 && (version === undefined || (await fulfills(ctx, versions, version, rules)))
    const list = is ? found : missing
    list.push(name)
  }
  return { found, missing }
}
