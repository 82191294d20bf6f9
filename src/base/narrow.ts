import { SaltError } from './errors.ts'

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Throws `bad-arguments` when the value is not a mapping. `what` names it for the reader. */
export function asRecord(value: unknown, what = 'the parameters of this call'): Record<string, unknown> {
  if (!isRecord(value)) throw new SaltError('bad-arguments', `${what} must be a mapping`)
  return value
}

export function asString(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new SaltError('bad-arguments', `${what} must be text`)
  return value
}

export function asStrings(value: unknown, what: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new SaltError('bad-arguments', `${what} must be a list of texts`)
  }
  return value
}

export function asList(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new SaltError('bad-arguments', `${what} must be a list`)
  return value
}

/** The entries that have a value. */
export function definedOnly(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

/** A text that holds something. */
export function textIfAny(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
