/** The smallest rule that would permit a job, as it would be written in the configuration. */
import { pythonString } from '../../base/python-repr.ts'
import { splitKwargs } from '../arguments/parse.ts'
import { compoundEngines } from '../target/matcher.ts'
import { callsOf } from './target-rules.ts'

export interface WantedRule {
  readonly policy: 'peer' | 'publisher_acl'
  /** Who asks. */
  readonly name: string
  readonly fun: string | readonly string[]
  readonly arg: readonly unknown[]
  readonly tgt: string | readonly string[]
  readonly tgtType: string
}

/** `{peer: {'web1': [{'db*': ['test.ping']}]}}` */
export function suggestRule({ policy, name, fun, arg, tgt, tgtType }: WantedRule): Readonly<Record<string, unknown>> {
  const functions = callsOf(fun, arg).map(functionRule)
  const target = asCompound(tgt, tgtType)
  const key = policy === 'peer' ? escapePattern(name) : name
  // A mapping that stands in the list itself would be read as a target.
  const needsNoTarget = target === '*' && functions.every((one) => typeof one === 'string')
  return { [policy]: { [key]: needsNoTarget ? functions : [{ [target]: functions }] } }
}

/** A target of any type as the compound that means the same. */
export function asCompound(tgt: string | readonly string[], tgtType: string): string {
  if (tgtType === 'compound' || tgtType === 'glob') return typeof tgt === 'string' ? tgt : tgt.join(' or ')
  const letter = Object.entries(compoundEngines).find(([, type]) => type === tgtType)?.[0] ?? 'L'
  const text = typeof tgt === 'string' ? tgt : tgt.join(',')
  return `${letter}@${text}`
}

function functionRule({ fun, arg }: { readonly fun: string; readonly arg: readonly unknown[] }): unknown {
  const { positional, keyword } = splitKwargs(arg)
  const pattern = (value: unknown): string => escapePattern(pythonString(value))
  const args = positional.map(pattern)
  const kwargs = Object.fromEntries(Object.entries(keyword).map(([name, value]) => [name, pattern(value)]))
  const limits = { ...(args.length > 0 && { args }), ...(Object.keys(kwargs).length > 0 && { kwargs }) }
  return Object.keys(limits).length === 0 ? fun : { [fun]: limits }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
