/**
 * The form of the audit log: one JSON object a line, each with a number and the SHA-256 of the line before it, so that no line
 * can be changed, added or taken out without the ones behind it telling.
 */
import { hash } from 'node:crypto'
import { isRecord } from '../../base/narrow.ts'

/** What is to be recorded. */
export interface AuditEntry {
  /** Who asked; absent for what the master does by itself (`start`, `reload`, `stop`, `gap`). */
  readonly subject?: { readonly kind: string; readonly name: string }
  /** `publish`, `runner`, `key.accept`, … */
  readonly action: string
  readonly fun?: string | readonly string[]
  /** Only how many there are and a digest of them is written: arguments hold passwords. */
  readonly arg?: readonly unknown[]
  /** The target as it was asked for. */
  readonly tgt?: string | readonly string[]
  readonly tgtType?: string
  /** Ids that it meant, where that was found out. */
  readonly targets?: readonly string[]
  readonly jid?: string
  readonly decision?: 'allowed' | 'refused'
  readonly rule?: string
  readonly where?: string
  readonly reason?: string
  /** Further facts of the master's own entries. */
  readonly facts?: Readonly<Record<string, string | number>>
}

/** What a line tells of its place in the chain. */
export interface ChainLink {
  readonly n: number
  readonly prev: string
}

/** What the first line of all names as the one before it. */
export const chainBegin = '0'.repeat(64)

const firstTargets = 5
const firstFunctions = 20
const longestText = 300

/** The hash that the next line names: of the bytes of the line without its line feed. */
export function lineHash(line: string | Uint8Array): string {
  return hash('sha256', line, 'hex')
}

/** `digest` makes the text that stands for the arguments. */
export function formatLine(
  entry: AuditEntry,
  link: ChainLink,
  time: number,
  digest: (arg: readonly unknown[]) => string,
): string {
  const { subject, action, fun, arg, tgt, tgtType, targets, jid, decision, rule, where, reason, facts } = entry
  return JSON.stringify({
    n: link.n,
    time: new Date(time).toISOString(),
    ...(subject && { subject: { kind: subject.kind, name: cut(subject.name) } }),
    action,
    ...(fun !== undefined && { fun: shortList(fun, firstFunctions) }),
    ...(arg !== undefined && arg.length > 0 && { arguments: { count: arg.length, digest: digest(arg) } }),
    ...(tgt !== undefined && { target: shortList(tgt, firstTargets), target_type: cut(tgtType ?? 'glob') }),
    ...(targets && { targets: { count: targets.length, first: targets.slice(0, firstTargets) } }),
    ...(jid !== undefined && { jid: cut(jid) }),
    ...(decision && { decision }),
    ...(rule !== undefined && { rule }),
    ...(where !== undefined && { where }),
    ...(reason !== undefined && { reason: cut(reason) }),
    ...facts,
    prev: link.prev,
  })
}

/** The link of a line, or undefined when it is none of ours. */
export function linkOf(line: string): (ChainLink & Readonly<Record<string, unknown>>) | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const { n, prev } = value
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 1) return undefined
  return typeof prev === 'string' && /^[0-9a-f]{64}$/.test(prev) ? { ...value, n, prev } : undefined
}

function shortList(value: string | readonly string[], most: number): string | readonly string[] {
  if (typeof value === 'string') return cut(value)
  const first = value.slice(0, most).map(cut)
  return value.length > most ? [...first, `… ${value.length - most} more`] : first
}

function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`
}
