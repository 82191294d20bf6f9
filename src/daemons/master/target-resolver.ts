import { SaltError } from '../../base/errors.ts'
import type { PublishRequest } from '../../client/api.ts'
import { compileTarget } from '../../engine/target/compile.ts'
import type { Matcher } from '../../engine/target/matcher.ts'
import type { MinionCache } from './minion-cache.ts'

export type TargetRequest = Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter'>

export interface TargetResolverOptions {
  readonly cache: MinionCache
  nodegroups(): Readonly<Record<string, unknown>>
  accepted(): readonly string[]
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

  #compile(request: TargetRequest): Matcher {
    if (request.tgt.length === 0)
      throw new SaltError('bad-target', 'the target is empty', { hint: "Use '*' for all minions." })
    return compileTarget(request.tgt, request.tgt_type, {
      nodegroups: this.#options.nodegroups(),
      ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
    })
  }
}
