/**
 * Which runners and wheel functions a list of rules permits: its entries that begin with `@`, as Salt writes them.
 *
 * ```yaml
 * - '@runner'                    # every runner; '@runners' means the same
 * - '@jobs'                      # every function of the runner and of the wheel module jobs
 * - '@wheel': [key.list_all]     # these wheel functions, with limits as for any function
 * - '@jobs': [list_jobs]         # of one module, by the names behind its own
 * ```
 */
import { isRecord } from '../../base/narrow.ts'
import { allow, type Decision, refuse } from './decision.ts'
import { compileFunctionRules, type FunctionCall, type FunctionRule, findRule } from './function-rules.ts'
import type { PolicyPath } from './policy-path.ts'
import type { Asker } from './target-rules.ts'

export type ManagementAction = 'runner' | 'wheel'

export interface ManagementRule {
  readonly place: PolicyPath
  /** What stands behind the `@`. */
  readonly word: string
  /** Undefined permits every function. */
  readonly rules: readonly FunctionRule[] | undefined
}

/** Undefined when the entry of a list is none of these. Throws `configuration` with the path. */
export function compileManagementRule(entry: unknown, path: PolicyPath): ManagementRule | undefined {
  if (typeof entry === 'string') {
    return entry.startsWith('@') ? { place: path, word: wordOf(entry, path), rules: undefined } : undefined
  }
  if (!isRecord(entry)) return undefined
  const [only, ...more] = Object.entries(entry)
  if (only === undefined || more.length > 0 || !only[0].startsWith('@')) return undefined
  const place = path.key(only[0])
  return { place, word: wordOf(only[0], place), rules: compileFunctionRules(only[1], place) }
}

function wordOf(entry: string, path: PolicyPath): string {
  const word = entry.slice(1)
  if (/^\w+$/.test(word)) return word
  throw path.fault(
    `${JSON.stringify(entry)} names neither runner nor wheel nor a module of them`,
    "Write '@runner', '@wheel' or '@MODULE'.",
  )
}

/** Whether the rules permit one runner or wheel function with its arguments. */
export function judgeManagement(
  rules: readonly ManagementRule[],
  action: ManagementAction,
  call: FunctionCall,
  asker: Asker,
): Decision {
  const [module = '', ...names] = call.fun.split('.')
  let otherwise: Decision | undefined
  for (const { place, word, rules: limits } of rules) {
    const isWhole = word === action || word === `${action}s`
    if (!isWhole && word !== module) continue
    if (limits === undefined) return allow(place)
    const named = isWhole ? call : { ...call, fun: names.join('.') }
    const rule = findRule(limits, named)
    if (rule !== undefined) return allow(rule.place)
    const close = limits.find((candidate) => candidate.allowsFunction(named.fun))
    if (close !== undefined)
      otherwise ??= refuse(`${close.place} permits ${call.fun} to ${asker.name} with other arguments only`)
  }
  return (
    otherwise ??
    refuse(
      `no entry of ${asker.policy} permits the ${action === 'wheel' ? 'wheel function' : action} ${call.fun} to ${asker.name}`,
    )
  )
}
