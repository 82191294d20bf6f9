import { SaltError } from '../../base/errors.ts'
import type { PublishRequest } from '../../client/api.ts'
import { isMinionId } from '../../engine/keys/minion-id.ts'
import { compileTarget } from '../../engine/target/compile.ts'
import { matchingMinions } from '../../engine/target/match-time.ts'
import type { Matcher, TargetMinion } from '../../engine/target/matcher.ts'
import type { MinionCache } from './minion-cache.ts'

export type TargetRequest = Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter'>

export interface TargetResolverOptions {
  readonly cache: MinionCache
  nodegroups(): Readonly<Record<string, unknown>>
  accepted(): readonly string[]
  /** As last made for the minion; undefined where nothing is known. */
  pillar(id: string): Readonly<Record<string, unknown>> | undefined
  /** Keys that wait for acceptance. */
  pending(): number
}

/** From a target to the accepted minions that it means. */
export class TargetResolver {
  readonly #options: TargetResolverOptions

  constructor(options: TargetResolverOptions) {
    this.#options = options
  }

  /** Sorted. Throws `bad-target`. */
  resolve(request: TargetRequest): readonly string[] {
    const matcher = this.#compile(request)
    const minions = this.#minions(matcher).map((minion) => ({ ...minion, grains: minion.grains ?? {} }))
    return idsOf(matchingMinions(matcher, request.tgt_type, minions))
  }

  /** Ids that a list names and of which no key is accepted, sorted: who names a minion is told what becomes of it. */
  unknown(request: TargetRequest): readonly string[] {
    if (request.tgt_type !== 'list') return []
    const accepted = new Set(this.#options.accepted())
    return (this.#compile(request).ids ?? []).filter((id) => !accepted.has(id) && isMinionId(id)).sort()
  }

  /**
   * As `resolve`, but only those of whom all is known that the target looks at. What grants a permission must not match a
   * minion because its grains are unknown: `not G@role:db` means every minion that has told nothing yet.
   */
  resolveKnown(request: TargetRequest): readonly string[] {
    const matcher = this.#compile(request)
    const known = this.#minions(matcher).filter(
      ({ grains, pillar }) =>
        matcher.minionsOnlyById || (grains !== undefined && (pillar !== undefined || !matcher.usesPillar)),
    )
    return idsOf(matchingMinions(matcher, request.tgt_type, known))
  }

  /** What to say when `resolve` finds nobody. */
  noMatch(request: TargetRequest): SaltError {
    const hint = this.#waitingHint() ?? this.#grainHint(request)
    return new SaltError(
      'no-match',
      'No minions matched the target. No command was sent, no jid was assigned.',
      hint === undefined ? {} : { hint },
    )
  }

  #minions({ usesPillar }: Matcher): TargetMinion[] {
    const { accepted, cache, pillar } = this.#options
    return accepted().map((id) => ({ id, grains: cache.grains(id), ...(usesPillar ? { pillar: pillar(id) } : {}) }))
  }

  #waitingHint(): string | undefined {
    const waiting = this.#options.accepted().length === 0 ? this.#options.pending() : 0
    const count = waiting === 1 ? 'one key waits' : `${waiting} keys wait`
    return waiting === 0 ? undefined : `No key is accepted yet, and ${count}: see salt key -L, accept with salt key -A.`
  }

  /** No near names: who asks may not be allowed to know them. */
  #grainHint({ tgt, tgt_type, delimiter = ':' }: TargetRequest): string | undefined {
    if (typeof tgt !== 'string' || !tgt_type.startsWith('grain')) return undefined
    const [name = '', ...rest] = tgt.split(delimiter)
    if (rest.length === 0) return `A target by grain is a name and a value: ${tgt}${delimiter}VALUE`
    const { accepted, cache } = this.#options
    const isKnown = accepted().some((id) => Object.hasOwn(cache.grains(id) ?? {}, name))
    return isKnown || name.includes('*') ? undefined : `No accepted minion has a grain ${JSON.stringify(name)}.`
  }

  #compile(request: TargetRequest): Matcher {
    if (request.tgt.length === 0)
      throw new SaltError('bad-target', 'the target is empty', { hint: "Use '*' for all minions." })
    return compileTarget(request.tgt, request.tgt_type, {
      nodegroups: this.#options.nodegroups(),
      ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
    })
  }
}

function idsOf(minions: readonly TargetMinion[]): readonly string[] {
  return minions.map(({ id }) => id).sort()
}
