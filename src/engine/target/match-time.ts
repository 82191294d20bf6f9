/** What matching may cost a daemon: while it matches, it does nothing else. */
import { SaltError } from '../../base/errors.ts'
import { plural } from '../../base/text.ts'
import { withinTime } from '../../base/time-limit.ts'
import type { Matcher, TargetMinion } from './matcher.ts'

const limitMs = 1000
/** Globs of ids take no longer than the ids are long; watching the time would take longer than most of them. */
const needNoLimit: ReadonlySet<string> = new Set(['glob', 'list'])

/** The minions that a target of this type means. Throws `bad-target` when that takes more than a second. */
export function matchingMinions(
  matcher: Matcher,
  tgtType: string,
  minions: readonly TargetMinion[],
): readonly TargetMinion[] {
  const match = (): TargetMinion[] => minions.filter((minion) => matcher.matches(minion))
  return needNoLimit.has(tgtType) ? match() : withinTime(limitMs, match, (cause) => tooLong(minions.length, cause))
}

/** As `matchingMinions`, for a minion that asks about itself. */
export function matchesInTime(matcher: Matcher, tgtType: string, minion: TargetMinion): boolean {
  return matchingMinions(matcher, tgtType, [minion]).length > 0
}

function tooLong(count: number, cause: unknown): SaltError {
  return new SaltError(
    'bad-target',
    `matching the target takes longer than ${limitMs / 1000} s with ${plural(count, 'minion')}`,
    {
      hint: 'Use fewer parts, or simpler regular expressions: no repetition inside a repetition, such as (a+)+.',
      cause,
    },
  )
}
