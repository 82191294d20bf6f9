/** What the policies of a configuration say about a job, where no master runs that would know its minions. */
import { compileTarget } from '../target/compile.ts'
import { type AuthorizationRequest, authorize, type Policies } from './authorize.ts'
import type { Decision } from './decision.ts'
import { asCompound } from './suggestion.ts'
import type { JobTarget } from './target-rules.ts'

export interface OfflineFacts {
  /** Ids whose keys are accepted; undefined where they cannot be read. */
  readonly accepted: readonly string[] | undefined
  readonly nodegroups: Readonly<Record<string, unknown>>
}

export interface OfflineRequest extends Omit<AuthorizationRequest, 'job'> {
  readonly tgt: string | readonly string[]
  readonly tgtType: string
  readonly delimiter?: string | undefined
}

export interface OfflineVerdict {
  readonly decision: Decision
  /** Ids that the target means, as far as that can be said. */
  readonly targets: readonly string[]
  /** What the answer would have had to know. */
  readonly unknown: readonly string[]
}

/** Throws `bad-target`. What is not known is taken as if it did not match: the verdict permits no more than a master would. */
export function judgeOffline(policies: Policies, request: OfflineRequest, facts: OfflineFacts): OfflineVerdict {
  const known = new OfflineTargets(request, facts)
  const { subject, action, fun, arg } = request
  const decision = authorize(policies, { subject, action, fun, arg, job: known.job })
  return { decision, targets: known.ids ?? [], unknown: known.unknown }
}

class OfflineTargets {
  /** Undefined when the target looks at more than ids. */
  readonly ids: readonly string[] | undefined
  readonly unknown: string[] = []
  readonly job: JobTarget
  readonly #facts: OfflineFacts
  readonly #compound: string

  constructor({ tgt, tgtType, delimiter }: OfflineRequest, facts: OfflineFacts) {
    this.#facts = facts
    this.#compound = asCompound(tgt, tgtType)
    const { nodegroups, accepted } = facts
    const matcher = compileTarget(tgt, tgtType, { nodegroups, ...(delimiter === undefined ? {} : { delimiter }) })
    if (matcher.minionsOnlyById) {
      const found = (accepted ?? []).filter((id) => matcher.matches({ id }))
      this.ids = found.length > 0 ? found : [...(matcher.ids ?? [])]
      if (accepted === undefined) this.unknown.push('which keys are accepted')
      else if (found.length === 0) this.unknown.push('a minion with an accepted key that the target means')
    } else this.unknown.push(`which minions ${this.#compound} means: it asks for more than ids`)
    this.job = {
      // The target stands for the minions that nobody knows.
      targets: this.ids === undefined || this.ids.length === 0 ? [this.#compound] : this.ids,
      matches: (compound) => this.#within(compound),
    }
  }

  #within(compound: string): readonly string[] {
    // The same words mean the same minions, whichever these are.
    if (compound === this.#compound) return this.job.targets
    const matcher = compileTarget(compound, 'compound', { nodegroups: this.#facts.nodegroups })
    if (matcher.minionsOnlyById) return (this.ids ?? []).filter((id) => matcher.matches({ id }))
    const fact = `which minions ${compound} means: it asks for more than ids`
    if (!this.unknown.includes(fact)) this.unknown.push(fact)
    return []
  }
}
