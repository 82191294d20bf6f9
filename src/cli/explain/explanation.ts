/** An answer of `salt peer explain` in words, and as data. */
import type { Explanation, PublishRequest } from '../../client/api.ts'

export interface Question extends Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter' | 'fun' | 'arg'> {
  readonly subject: { readonly kind: 'minion' | 'user'; readonly name: string }
}

export interface Explained extends Explanation {
  /** Whether a running master has answered, by the policies in force, or the configuration files. */
  readonly source: 'master' | 'configuration'
  readonly unknown: readonly string[]
}

const shownTargets = 5

/** As `--out json` prints it. */
export async function explanationRecord(
  question: Question,
  explained: Explained,
): Promise<Readonly<Record<string, unknown>>> {
  const { subject, fun, arg, tgt, tgt_type } = question
  const { allowed, reason, rule, where, targets, source, unknown } = explained
  // A rule that refuses is one of a blacklist: no other can permit what it forbids.
  const permitting = allowed || rule !== undefined ? undefined : await permittingRule(question, targets)
  return {
    allowed,
    [subject.kind]: subject.name,
    fun,
    arg,
    tgt,
    tgt_type,
    targets,
    reason,
    ...(rule === undefined ? {} : { rule }),
    ...(where === undefined ? {} : { where }),
    ...(permitting === undefined ? {} : { would_permit: permitting }),
    source,
    unknown,
  }
}

export async function explanationText(
  question: Question,
  explained: Explained,
  record: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { subject, fun, tgt } = question
  const { allowed, reason, rule, where, targets, source, unknown } = explained
  const what = `${[fun].flat().join(', ')} on ${[tgt].flat().join(', ')}`
  const lines = [`${subject.name} ${allowed ? 'may' : 'may not'} call ${what}`]
  if (rule === undefined) lines.push(`  reason:  ${reason}`)
  else lines.push(`  ${allowed ? 'rule:    ' : 'reason:  '}${allowed ? rule : reason}`)
  if (where !== undefined) lines.push(`  where:   ${where}`)
  if (targets.length > 0) lines.push(`  targets: ${shortened(targets)}`)
  const by = source === 'master' ? 'the policies in force in the running master' : 'the configuration files'
  lines.push(`  by:      ${by}`)
  for (const fact of unknown) lines.push(`  not known without a running master: ${fact}`)
  if (allowed) return lines.join('\n')
  const { would_permit: permitting } = record
  if (permitting === undefined) {
    const never = rule === undefined ? 'No rule could permit it.' : 'It is forbidden, whatever other rules permit.'
    return [...lines, `  ${never}`].join('\n')
  }
  const { emitYaml } = await import('../../base/yaml-emit.ts')
  const rules = emitYaml(permitting).trimEnd().replaceAll(/^/gm, '    ')
  return [...lines, '  This would permit it, in the configuration of the master:', rules].join('\n')
}

/** Undefined when it would not: some things no rule permits, and what is forbidden stays so. */
async function permittingRule(question: Question, targets: readonly string[]): Promise<unknown> {
  const { suggestRule } = await import('../../engine/authorization/suggestion.ts')
  const { subject, fun, arg, tgt, tgt_type: tgtType } = question
  const policy = subject.kind === 'minion' ? 'peer' : 'publisher_acl'
  const rule = suggestRule({ policy, name: subject.name, fun, arg, tgt, tgtType })
  return (await isEnough(rule, question, targets)) ? rule : undefined
}

async function isEnough(
  rule: Readonly<Record<string, unknown>>,
  { subject, fun, arg, tgt }: Question,
  targets: readonly string[],
): Promise<boolean> {
  const [{ authorize }, { compilePeerPolicy }, { compilePeerRunPolicy }, { PublisherAcl }] = await Promise.all([
    import('../../engine/authorization/authorize.ts'),
    import('../../engine/authorization/peer.ts'),
    import('../../engine/authorization/peer-run.ts'),
    import('../../engine/authorization/publisher-acl.ts'),
  ])
  const policies = {
    peer: compilePeerPolicy(rule.peer),
    peerRun: compilePeerRunPolicy({}),
    publisherAcl: new PublisherAcl({ publisher_acl: rule.publisher_acl }),
  }
  const ids = targets.length > 0 ? targets : [tgt].flat()
  const job = { targets: ids, matches: () => ids }
  return authorize(policies, { subject, action: 'publish', fun, arg, job }).allowed
}

function shortened(ids: readonly string[]): string {
  const more = ids.length - shownTargets
  return more <= 0 ? ids.join(', ') : `${ids.slice(0, shownTargets).join(', ')} and ${more} more`
}
