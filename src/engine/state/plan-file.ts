/** Plans on disk: the calls that SLS files came to, and what each would have changed when the plan was made. */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { SaltError } from '../../base/errors.ts'
import { systemReason, writeFileAtomic } from '../../base/files.ts'
import { toJson } from '../../base/json.ts'
import { isRecord } from '../../base/narrow.ts'
import { lowRecord } from './compile/low-record.ts'
import { chunkTag, type LowChunk } from './low-chunk.ts'
import type { StateReturns } from './state-return.ts'

const version = 1
const largestPlan = 64 * 1024 * 1024

export interface StatePlanFile {
  /** Of the minion that it was made on. */
  readonly id: string
  /** What it was made with: SLS files, pillar and the like. */
  readonly given: Readonly<Record<string, unknown>>
  /** Calls by their tags, in the order of the run, as `state.show_lowstate` shows them. */
  readonly calls: Readonly<Record<string, unknown>>
  /** What a dry run said of each. */
  readonly planned: Readonly<Record<string, PlannedResult>>
  /** Digest of calls and results with all that is hidden in them, and what was put before them. */
  readonly sealed: { readonly salt: string; readonly digest: string }
}

export interface PlanParts {
  readonly id: string
  readonly given: StatePlanFile['given']
  readonly chunks: readonly LowChunk[]
  readonly returns: StateReturns
  /** By the tags of the calls. */
  readonly fingerprints: ReadonlyMap<string, string>
  /** Puts dots in place of what was decrypted: it is not for the disk. */
  hide<T>(value: T): T
}

interface PlannedResult {
  readonly result: unknown
  readonly changes: unknown
  readonly comment: unknown
  /** Of what the changes leave out: a digest, with the salt of the plan. */
  readonly fingerprint?: unknown
}

/** @param salt of the plan that this one is compared with; a new one when left out */
export function planOf(
  { id, given, chunks, returns, fingerprints, hide }: PlanParts,
  salt = randomBytes(16).toString('hex'),
): StatePlanFile {
  const planned = Object.entries(returns).map(([tag, { result, changes, comment }]) => {
    const fingerprint = fingerprints.get(tag)
    const more = fingerprint === undefined ? {} : { fingerprint: saltedDigest(salt, fingerprint) }
    return [tag, { result, changes, comment, ...more }]
  })
  const calls = chunks.map((chunk) => [chunkTag(chunk), lowRecord(chunk)])
  const open = { calls: Object.fromEntries(calls), planned: Object.fromEntries(planned) }
  const sealed = toJson([calls, Object.entries(returns).map(([tag, { result, changes }]) => [tag, result, changes])])
  const digest = saltedDigest(salt, sealed)
  // Only what JSON can say is compared later.
  return JSON.parse(toJson({ id, given, ...hide(open), sealed: { salt, digest } }))
}

function saltedDigest(salt: string, text: string): string {
  return createHash('sha256').update(salt).update(text).digest('hex')
}

/** For its owner alone: pillar may be in it. */
export async function writePlan(path: string, plan: StatePlanFile): Promise<void> {
  const content = { version, digest: digestOf(plan), ...plan }
  try {
    await writeFileAtomic(path, `${JSON.stringify(content, undefined, 1)}\n`, 0o600)
  } catch (error) {
    throw new SaltError('execution-failed', `the plan cannot be written: ${systemReason(error)}`, { where: path })
  }
}

/** Throws `execution-failed` for a file that is none, is of another version, or was changed. */
export function readPlan(path: string): StatePlanFile {
  const fault = (reason: string, hint = 'Make it anew with state.plan … plan_out=FILE.'): SaltError =>
    new SaltError('execution-failed', reason, { where: path, hint })
  let content: unknown
  try {
    if (statSync(path).size > largestPlan) throw fault('the plan is larger than any that was written')
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SaltError) throw error
    throw fault(
      error instanceof SyntaxError ? 'the file holds no plan' : `the plan cannot be read: ${systemReason(error)}`,
    )
  }
  if (!isRecord(content) || typeof content.version !== 'number') throw fault('the file holds no plan')
  if (content.version !== version)
    throw fault(`the plan is of version ${content.version}, and this program knows ${version}`)
  const { version: _version, digest, ...plan } = content
  if (!isPlan(plan) || digest !== digestOf(plan)) throw fault('the plan was changed after it was made')
  return plan
}

/** What is not as it was when the plan was made, a sentence for each state; none where all is. */
export function planDifferences(before: StatePlanFile, now: StatePlanFile): string[] {
  const tags = new Set([...Object.keys(before.calls), ...Object.keys(now.calls)])
  const found: string[] = []
  for (const tag of tags) {
    const was = before.calls[tag]
    const is = now.calls[tag]
    if (was === undefined) found.push(`${shownTag(tag)} is new`)
    else if (is === undefined) found.push(`${shownTag(tag)} is gone`)
    else if (!isDeepStrictEqual(was, is))
      found.push(`${shownTag(tag)} is written otherwise: ${keyDifferences(was, is)}`)
  }
  if (found.length > 0) return found
  if (!isDeepStrictEqual(Object.keys(before.calls), Object.keys(now.calls)))
    return ['the states stand in another order']
  for (const tag of new Set([...Object.keys(before.planned), ...Object.keys(now.planned)])) {
    const reason = resultDifference(before.planned[tag], now.planned[tag])
    if (reason !== undefined) found.push(`${shownTag(tag)} ${reason}`)
  }
  const isSame = found.length > 0 || before.sealed.digest === now.sealed.digest
  return isSame ? found : ['a value that is not shown is another one now']
}

function resultDifference(was: PlannedResult | undefined, is: PlannedResult | undefined): string | undefined {
  if (was === undefined) return 'would be run now'
  if (is === undefined) return 'would not be run any more'
  if (was.result !== is.result)
    return `would have come to ${outcomeWord(was)}, and now comes to ${outcomeWord(is)}: ${String(is.comment)}`
  if (!isDeepStrictEqual(was.changes, is.changes)) return 'would change something else now'
  return was.fingerprint === is.fingerprint ? undefined : 'would bring another content now'
}

function outcomeWord({ result }: PlannedResult): string {
  return result === null ? 'a change' : result === true ? 'no change' : 'a failure'
}

function keyDifferences(was: unknown, is: unknown): string {
  const a = isRecord(was) ? was : {}
  const b = isRecord(is) ? is : {}
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys.filter((key) => !isDeepStrictEqual(a[key], b[key])).join(', ')
}

/** `file.managed /etc/motd (message of the day)` */
function shownTag(tag: string): string {
  const [state = '', id = '', name = '', fun = ''] = tag.split('_|-')
  return `${state}.${fun} ${name}${id === name ? '' : ` (${id})`}`
}

function isPlan(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & StatePlanFile {
  return typeof value.id === 'string' && [value.given, value.calls, value.planned, value.sealed].every(isRecord)
}

function digestOf({ id, given, calls, planned, sealed }: StatePlanFile): string {
  return createHash('sha256')
    .update(JSON.stringify([id, given, calls, planned, sealed]))
    .digest('hex')
}
