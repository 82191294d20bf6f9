/** Judges what is asked of the master, whoever asks and by whichever way, and records it. */
import { SaltError } from '../../base/errors.ts'
import type { AuditEntry } from '../../engine/audit/audit-line.ts'
import { type AuthorizationRequest, authorize, type Policies } from '../../engine/authorization/authorize.ts'
import type { Decision } from '../../engine/authorization/decision.ts'
import { exactTargetType, mayUsePillarPatterns } from '../../engine/target/exact-pillar.ts'
import type { Publisher } from './publisher.ts'

/** A request, with the target as it was asked for where it is a job. */
export interface Asked extends Omit<AuthorizationRequest, 'job'> {
  readonly tgt?: string | readonly string[]
  readonly tgt_type?: string
  readonly delimiter?: string | undefined
}

export interface Verdict {
  readonly decision: Decision
  /** Ids that the target means, if a rule had to know. */
  readonly targets: readonly string[] | undefined
}

/** What became of a request that was permitted. */
interface Outcome {
  readonly jid?: string
  readonly targets?: readonly string[]
}

export interface AuthorityOptions {
  readonly policies: Policies
  readonly publisher: Pick<Publisher, 'resolve' | 'resolveKnown'>
  /** Takes what is to be recorded; does nothing where no audit log is kept. */
  record(entry: AuditEntry): void
}

export class Authority {
  readonly #options: AuthorityOptions

  constructor(options: AuthorityOptions) {
    this.#options = options
  }

  /** Without a record: nothing follows from it. */
  judge(asked: Asked): Verdict {
    const { policies, publisher } = this.#options
    const { subject, action, fun, arg, tgt, tgt_type = 'glob', delimiter } = asked
    if (tgt === undefined) return { decision: authorize(policies, { subject, action, fun, arg }), targets: undefined }
    let found: readonly string[] | undefined
    const find = () => this.targets({ tgt, tgt_type, delimiter })
    const job = {
      get targets(): readonly string[] {
        found ??= find()
        return found
      },
      get exactTargets(): readonly string[] | undefined {
        if (subject.kind !== 'minion' || !mayUsePillarPatterns(tgt, tgt_type)) return undefined
        return publisher.resolve({ tgt, tgt_type: exactTargetType(tgt_type), ...(delimiter && { delimiter }) })
      },
      matches: (compound: string) => publisher.resolveKnown({ tgt: compound, tgt_type: 'compound' }),
    }
    const decision = authorize(policies, { subject, action, fun, arg, job })
    return { decision, targets: found }
  }

  /** What the target of a request means. */
  targets({ tgt, tgt_type = 'glob', delimiter }: Pick<Asked, 'tgt' | 'tgt_type' | 'delimiter'>): readonly string[] {
    if (tgt === undefined) return []
    return this.#options.publisher.resolve({ tgt, tgt_type, ...(delimiter === undefined ? {} : { delimiter }) })
  }

  /** Records a verdict; one that permits, together with what became of it. */
  record(asked: Asked, { decision, targets }: Verdict, outcome: Outcome = {}): void {
    const { subject, action, fun, arg, tgt, tgt_type } = asked
    const ids = outcome.targets ?? targets
    this.#options.record({
      subject,
      action,
      fun,
      arg,
      ...(tgt === undefined ? {} : { tgt, tgtType: tgt_type ?? 'glob' }),
      ...(ids === undefined ? {} : { targets: ids }),
      ...(outcome.jid === undefined ? {} : { jid: outcome.jid }),
      decision: decision.allowed ? 'allowed' : 'refused',
      ...(decision.rule === undefined ? {} : { rule: decision.rule }),
      ...(decision.where === undefined ? {} : { where: decision.where }),
      ...(decision.allowed ? {} : { reason: decision.reason }),
    })
  }

  /** The verdict when it permits; else records it and throws `denied`. */
  demand(asked: Asked): Verdict {
    const verdict = this.judge(asked)
    if (verdict.decision.allowed) return verdict
    this.record(asked, verdict)
    throw new SaltError('denied', reasonFor(asked, verdict.decision), { hint: hintFor(asked) })
  }

  /** Records what is governed by no policy. */
  note(entry: AuditEntry): void {
    this.#options.record(entry)
  }

  /** Records what became of a key: by a wheel function, or at first sight by a rule of autosign (then the minion is who asked). */
  noteKey(subject: AuditEntry['subject'] & {}, change: string, id: string, rule?: string): void {
    this.note({
      subject,
      action: `key.${change}`,
      targets: [id],
      decision: 'allowed',
      ...(rule === undefined ? {} : { rule }),
    })
  }
}

/** A user must not learn by asking which ids there are, and what grains they have, beyond those that he may reach. */
function reasonFor({ subject, fun }: Asked, { reason, tellsTargets }: Decision): string {
  if (subject.kind !== 'user' || tellsTargets === undefined) return reason
  return `${subject.name} may call ${[fun].flat().join(',')} on other minions only, or with other arguments`
}

function hintFor({ subject, action, fun }: Asked): string {
  if (action !== 'publish' || subject.kind === 'minion') return 'The security page describes what is permitted to whom.'
  const name = subject.name.replace(/^sudo_/, '')
  return `As root, \`salt acl explain ${name} TARGET ${[fun].flat().join(',')}\` says which rule would permit it.`
}
