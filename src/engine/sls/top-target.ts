/** Targets of top files, of states and of pillar. */
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { withinTime } from '../../base/time-limit.ts'
import type { Value } from '../render/values/kinds.ts'
import { repr } from '../render/values/print.ts'
import { compileTarget } from '../target/compile.ts'
import { type Matcher, type TargetMinion, type TargetType, targetTypes } from '../target/matcher.ts'

/** All targets that are looked at together may take as long. */
const limitMs = 1000

export interface TopTarget {
  readonly tgt: string
  /** What stands below it: names of files, and mappings that say more of it. */
  readonly items: readonly Value[]
}

export interface TopMatching {
  readonly nodegroups: unknown
  readonly log: Log
  /** Told of a target that cannot be used, or of all where they take too long. */
  fail(fault: SaltError, target: TopTarget | undefined): void
}

interface CompiledTarget {
  readonly matcher: Matcher
  readonly type: TargetType
}

/** Which of them mean a minion, in their order. One bad target does not keep the minion from what the others give it. */
export function meantTargets<Target extends TopTarget>(
  targets: readonly Target[],
  minion: TargetMinion,
  matching: TopMatching,
): readonly Target[] {
  const compiled = targets.flatMap((target) => {
    const usable = usableTarget(target, matching)
    return usable === undefined ? [] : [{ target, ...usable }]
  })
  const match = (): readonly Target[] =>
    compiled.filter(({ matcher }) => matcher.matches(minion)).map(({ target }) => target)
  if (compiled.every(isQuick)) return match()
  try {
    return withinTime(limitMs, match, (cause) => tooLong(targets, cause))
  } catch (error) {
    if (!(error instanceof SaltError) || error.code !== 'bad-target') throw error
    matching.fail(error, targets.length === 1 ? targets[0] : undefined)
    return []
  }
}

/** `match: grain` below a target says of what kind it is; without it is compound. Throws `bad-target`. */
export function compileTopTarget({ tgt, items }: TopTarget, nodegroups: unknown): CompiledTarget {
  const type = typeOf(items)
  return { matcher: compileTarget(tgt, type, { nodegroups: nodegroups ?? {} }), type }
}

function typeOf(items: readonly Value[]): TargetType {
  const words = items.map((item) => (item instanceof Map ? item.get('match') : undefined))
  const word = words.findLast((one) => one !== undefined) ?? 'compound'
  const type = targetTypes.find((one) => one === word)
  if (type === undefined) throw new SaltError('bad-target', `there is no match ${repr(word)}`)
  return type
}

function usableTarget(target: TopTarget, { nodegroups, log, fail }: TopMatching): CompiledTarget | undefined {
  try {
    // As in Salt: a minion that works alone has top files of a master and none of its nodegroups.
    if (typeOf(target.items) === 'nodegroup' && !(isRecord(nodegroups) && Object.hasOwn(nodegroups, target.tgt))) {
      log.warning('A top file names a nodegroup that there is not', { nodegroup: target.tgt })
      return undefined
    }
    return compileTopTarget(target, nodegroups)
  } catch (error) {
    if (!(error instanceof SaltError) || error.code !== 'bad-target') throw error
    fail(error, target)
    return undefined
  }
}

/** Watching the time takes longer than to match one of these. */
function isQuick({ target, type }: CompiledTarget & { readonly target: TopTarget }): boolean {
  return type === 'glob' || type === 'list' || (type === 'compound' && /^[\w.*?-]+$/.test(target.tgt))
}

function tooLong(targets: readonly TopTarget[], cause: unknown): SaltError {
  const what = targets.length === 1 ? 'the target of a top file takes' : 'the targets of the top file take'
  return new SaltError('bad-target', `${what} longer than ${limitMs / 1000} s`, {
    hint: 'Use fewer parts, or simpler regular expressions: no repetition inside a repetition, such as (a+)+.',
    cause,
  })
}
