/** How a call that went wrong is told, by the kind of what went wrong (the sentences that Salt's users know). */
import { asSaltError, type ErrorRecord, SaltError } from '../../base/errors.ts'
import type { FunctionDoc } from '../plugin.ts'
import { SignatureError } from './bind.ts'
import { invalidArgumentsText } from './doc-text.ts'
import { faultPath, readableFault } from './system-faults.ts'

export type FailureKind =
  | 'unknown-function'
  /** The arguments do not fit the signature. */
  | 'signature'
  /** The function refuses its arguments. */
  | 'invocation'
  | 'missing-program'
  | 'execution'
  | 'exception'
  | 'timeout'
  | 'cancelled'

export interface CallFailure {
  readonly kind: FailureKind
  /** Without the words that stand before it in the return. */
  readonly message: string
  /** Similar names, for an unknown function. */
  readonly nearest?: readonly string[]
  /** The function's description, for arguments that do not fit. */
  readonly doc?: FunctionDoc
  readonly error: ErrorRecord
}

export function failureOf(thrown: unknown): CallFailure {
  const path = faultPath(thrown)
  const error = asSaltError(path === undefined ? thrown : readableFault(thrown, path))
  return { kind: kindOf(error), message: messageOf(error), error: error.toRecord() }
}

/** Whether it is a fault of the program itself, whose stack belongs into the debug log. */
export function isException(thrown: unknown): boolean {
  return kindOf(asSaltError(thrown)) === 'exception'
}

/** The text that stands in place of a result. */
export function failureText(name: string, failure: CallFailure): string {
  switch (failure.kind) {
    case 'unknown-function':
      return failure.message
    case 'signature':
      return invalidArgumentsText(name, failure.message, failure.doc)
    case 'invocation':
      return `ERROR executing '${name}': ${failure.message}`
    case 'missing-program':
      return `Command required for '${name}' not found: ${failure.message}`
    case 'exception':
      return `The minion function caused an exception: ${failure.message}`
    case 'execution':
    case 'timeout':
    case 'cancelled':
      return `ERROR: ${failure.message}`
  }
}

function kindOf(error: SaltError): FailureKind {
  if (error instanceof SignatureError) return 'signature'
  switch (error.code) {
    case 'unknown-function':
    case 'missing-program':
    case 'timeout':
    case 'cancelled':
      return error.code
    case 'bad-arguments':
      return 'invocation'
    case 'internal':
      return 'exception'
    default:
      return 'execution'
  }
}

function messageOf(error: SaltError): string {
  const where = error.where === undefined || error.message.includes(error.where) ? '' : ` (${error.where})`
  const text = error.message + where
  const hint = error.hint === undefined ? '' : hintAfter(error.message, error.hint)
  if (error.code !== 'internal') return text + hint
  const { cause } = error
  const name = cause instanceof Error && !(cause instanceof SaltError) ? `${cause.name}: ` : ''
  return name + text + hint
}

/** A hint that is a sentence of its own follows a full stop. */
function hintAfter(sentence: string, hint: string): string {
  return /[.!?:]$/.test(sentence) || hint.startsWith('(') ? ` ${hint}` : `. ${hint}`
}
