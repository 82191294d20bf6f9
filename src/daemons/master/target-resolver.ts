import { SaltError } from '../../base/errors.ts'
import type { PublishRequest } from '../../client/api.ts'
import { isMinionId } from '../../engine/keys/minion-id.ts'
import { compileTarget } from '../../engine/target/compile.ts'
import type { Matcher } from '../../engine/target/matcher.ts'
import type { MinionCache } from './minion-cache.ts'

export type TargetRequest = Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter'>

export interface TargetResolverOptions {
  readonly cache: MinionCache
  nodegroups(): Readonly<Record<string, unknown>>
  accepted(): readonly string[]
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
    return this.#options
      .accepted()
      .filter((id) => matcher.matches({ id, grains: this.#options.cache.grains(id) ?? {} }))
      .sort()
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
    // Nothing is known here of any minion's pillar.
    if (matcher.usesPillar) return []
    return this.#options
      .accepted()
      .filter((id) => {
        const grains = this.#options.cache.grains(id)
        return (grains !== undefined || matcher.minionsOnlyById) && matcher.matches({ id, grains })
      })
      .sort()
  }

  noMatch(): SaltError {
    const waiting = this.#options.accepted().length === 0 ? this.#options.pending() : 0
    const count = waiting === 1 ? 'one key waits' : `${waiting} keys wait`
    return new SaltError(
      'no-match',
      'No minions matched the target. No command was sent, no jid was assigned.',
      waiting === 0 ? {} : { hint: `No key is accepted yet, and ${count}: see salt key -L, accept with salt key -A.` },
    )
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
