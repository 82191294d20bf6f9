/** Jobs and returns as a backend gives them back: written by this program, or by Salt before. */
import { isRecord } from '../../base/narrow.ts'
import type { JobReturn } from '../../client/api.ts'
import type { JobLoadRecord } from '../returner.ts'

/** Undefined where it is no job at all. Fields that are missing are empty. */
export function jobLoadOf(value: unknown): JobLoadRecord | undefined {
  if (!isRecord(value) || !isFun(value.fun)) return undefined
  const { metadata } = value
  return {
    jid: text(value.jid),
    fun: value.fun,
    arg: list(value.arg),
    tgt: isTexts(value.tgt) ? value.tgt : text(value.tgt),
    tgt_type: text(value.tgt_type) || 'glob',
    user: text(value.user),
    // Salt keeps them as `Minions`, where it does.
    minions: list(value.minions ?? value.Minions).map(String),
    ...(isRecord(metadata) ? { metadata } : {}),
  }
}

/** Undefined where it is no return at all. `known` has what the place of it tells. */
export function jobReturnOf(value: unknown, known: Partial<JobReturn> = {}): JobReturn | undefined {
  if (!isRecord(value)) return undefined
  const fun = isFun(value.fun) ? value.fun : known.fun
  const id = text(value.id) || known.id
  if (fun === undefined || id === undefined) return undefined
  const retcode = Number(value.retcode ?? 0)
  return {
    id,
    jid: text(value.jid) || (known.jid ?? ''),
    fun,
    fun_args: list(value.fun_args),
    return: value.return,
    retcode: Number.isInteger(retcode) ? retcode : 1,
    success: typeof value.success === 'boolean' ? value.success : retcode === 0,
    ...(typeof value.out === 'string' ? { out: value.out } : {}),
    ...(typeof value.user === 'string' ? { user: value.user } : {}),
    ...(isRecord(value.metadata) ? { metadata: value.metadata } : {}),
  }
}

/** The value of JSON; undefined for what is none. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== 'string') return undefined
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

function isFun(value: unknown): value is string | readonly string[] {
  return typeof value === 'string' || isTexts(value)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
