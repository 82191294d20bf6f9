import { SaltError } from '../../base/errors.ts'
import { asList, asRecord, asString } from '../../base/narrow.ts'
import type { Explanation } from '../../client/api.ts'
import { hostSubject, type Subject } from '../../engine/authorization/authorize.ts'
import { currentUser, groupsOfUser } from '../../engine/functions/accounts.ts'
import type { Authority } from './authority.ts'

/** What the policies in force say about a job, without publishing it. Throws `bad-arguments` and `bad-target`. */
export function explain(authority: Authority, params: Record<string, unknown>): Explanation {
  const { tgt, fun, delimiter } = params
  const asked = {
    subject: subjectFrom(asRecord(params.subject)),
    action: 'publish',
    fun: typeof fun === 'string' ? fun : asList(fun, 'fun').map((name) => asString(name, 'fun')),
    arg: asList(params.arg ?? [], 'arg'),
    tgt: typeof tgt === 'string' ? tgt : asList(tgt, 'tgt').map((id) => asString(id, 'tgt')),
    tgt_type: asString(params.tgt_type ?? 'glob', 'tgt_type'),
    ...(typeof delimiter === 'string' ? { delimiter } : {}),
  } as const
  const { decision } = authority.judge(asked)
  return { ...decision, targets: authority.targets(asked) }
}

function subjectFrom({ kind, name }: Record<string, unknown>): Subject {
  const who = asString(name, 'name')
  if (kind === 'minion') return { kind, name: who }
  if (kind === 'user') return hostSubject(who, currentUser(), groupsOfUser(who))
  throw new SaltError('bad-arguments', 'a policy is about a minion or a user')
}
