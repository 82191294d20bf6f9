/** Functions that minions do not have because their names are mistyped. */
import { isRecord } from '../../base/narrow.ts'
import { didYouMean, editDistance, nearest } from '../../base/text.ts'
import type { TargetOutcome } from '../../client/api.ts'
import { likelySlips } from '../normalize-words.ts'

const unavailable = /^'(\S+)' is not available\.$/

/**
 * A line for each name that no minion knows and that looks like one of a function, for stderr: what a minion returns is
 * Salt's sentence, which scripts look for.
 */
export async function functionHints(outcomes: readonly TargetOutcome[]): Promise<string> {
  const missing = new Set(outcomes.flatMap(missingFunctions))
  if (missing.size === 0) return ''
  const { moduleRegistry } = await import('../../plugins/registry.ts')
  const names = moduleRegistry.entries.flatMap(({ name, functions }) => functions.map((fun) => `${name}.${fun}`))
  return [...missing].map((name) => hint(name, names)).join('')
}

function missingFunctions({ ret }: TargetOutcome): readonly string[] {
  if (ret === undefined || ret.success) return []
  // Several functions of one job return under their names.
  const returns = isRecord(ret.return) ? Object.values(ret.return) : [ret.return]
  return returns.flatMap((text) => (typeof text === 'string' ? (unavailable.exec(text)?.[1] ?? []) : []))
}

function hint(name: string, names: readonly string[]): string {
  if (names.includes(name)) return `${name} is not there on the systems of these minions.\n`
  const near = nearNames(name, names)
  return near.length === 0 ? '' : `There is no function ${name}.${didYouMean(near)}\n`
}

function nearNames(name: string, names: readonly string[]): readonly string[] {
  // Without a module: `ping`.
  if (!name.includes('.')) return names.filter((known) => known.endsWith(`.${name}`)).slice(0, 3)
  return nearest(name, new Set(names)).filter((known) => editDistance(name, known) <= likelySlips)
}
