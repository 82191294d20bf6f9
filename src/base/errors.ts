/**
 * The one error class of the project and the table its members come from.
 *
 * A code is stable: it is printed, travels over the wire, and has a line in the generated reference of error codes.
 */

export interface ErrorKind {
  /** Exit code of a command that ends with this error (docs/reference/exit-codes.md). */
  readonly exit: number
  /** HTTP status that a gateway answers with. */
  readonly http: number
  /** One sentence for the reference page. */
  readonly doc: string
}

export const errorKinds = {
  internal: { exit: 70, http: 500, doc: 'A fault of this program. Please report it with the output of `-l debug`.' },
  usage: { exit: 64, http: 400, doc: 'The command line is wrong: an unknown option, a missing value.' },
  incomplete: {
    exit: 42,
    http: 400,
    doc: 'A target or a function is missing on the command line, or the file that is to be copied is not there.',
  },
  configuration: {
    exit: 78,
    http: 500,
    doc: 'A configuration file is unreadable, not valid YAML, or holds a wrong value.',
  },
  'master-unreachable': { exit: 69, http: 503, doc: 'No master answers on its local bus or at its address.' },
  'minion-unreachable': { exit: 69, http: 503, doc: 'No minion answers on its local bus.' },
  'no-match': { exit: 2, http: 404, doc: 'No minion matches the target.' },
  'bad-target': { exit: 2, http: 400, doc: 'The target expression cannot be understood.' },
  'unknown-function': { exit: 1, http: 404, doc: 'No function of that name is available.' },
  'bad-arguments': { exit: 1, http: 400, doc: 'The arguments do not fit the function.' },
  'execution-failed': { exit: 1, http: 500, doc: 'The function ran and reports that it failed.' },
  'missing-program': { exit: 1, http: 500, doc: 'A program that the function needs is not installed.' },
  denied: { exit: 77, http: 403, doc: 'The request is not permitted.' },
  timeout: { exit: 75, http: 504, doc: 'No answer came within the time limit.' },
  cancelled: { exit: 75, http: 503, doc: 'The work was cancelled.' },
  'key-permissions': { exit: 77, http: 500, doc: 'A private key can be read by others, or belongs to somebody else.' },
  'key-invalid': { exit: 78, http: 500, doc: 'A key file does not hold the key it should.' },
  'key-rejected': { exit: 77, http: 403, doc: 'The master rejected this key.' },
  'key-pending': { exit: 77, http: 403, doc: 'The master has not accepted this key yet.' },
  'master-mismatch': { exit: 77, http: 403, doc: 'The master shows another identity than the one pinned.' },
  'bad-id': { exit: 78, http: 400, doc: 'A minion id has a form that is not allowed.' },
  'render-failed': { exit: 1, http: 500, doc: 'A template or the YAML that it makes is wrong.' },
  'bad-path': { exit: 1, http: 400, doc: 'A path leaves the folder it must stay in.' },
  'bad-frame': { exit: 76, http: 400, doc: 'Bytes from the network or the bus are not a valid frame or record.' },
  'session-closed': { exit: 69, http: 503, doc: 'The connection ended before the answer came.' },
  overloaded: { exit: 75, http: 429, doc: 'A bounded queue is full or the other side asks to come back later.' },
  'address-in-use': { exit: 69, http: 500, doc: 'Another process listens on the address.' },
  storage: { exit: 74, http: 500, doc: 'Data could not be written or read: the disk is full or the file is damaged.' },
  'bad-artifact': {
    exit: 1,
    http: 400,
    doc: 'A file does not match its manifest or the manifest does not match its signature.',
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorKinds

export interface SaltErrorOptions {
  /** What the reader can do about it. */
  readonly hint?: string
  /** `file`, `file:line` or `file:line:column` that the error is about. */
  readonly where?: string
  readonly cause?: unknown
}

/** Plain form of an error for the wire and for `--out json`. */
export interface ErrorRecord {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly where?: string
}

export class SaltError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly where: string | undefined

  constructor(code: ErrorCode, message: string, options: SaltErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SaltError'
    this.code = code
    this.hint = options.hint
    this.where = options.where
  }

  get exitCode(): number {
    return errorKinds[this.code].exit
  }

  get httpStatus(): number {
    return errorKinds[this.code].http
  }

  toRecord(): ErrorRecord {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.where === undefined ? {} : { where: this.where }),
    }
  }

  /** Rebuilds an error that crossed the wire; an unknown code becomes `internal`. */
  static fromRecord(record: unknown): SaltError {
    const { code, message, hint, where } = (
      typeof record === 'object' && record !== null ? record : {}
    ) as Partial<ErrorRecord>
    const known = typeof code === 'string' && Object.hasOwn(errorKinds, code) ? (code as ErrorCode) : 'internal'
    return new SaltError(known, typeof message === 'string' ? message : 'unreadable error', {
      ...(typeof hint === 'string' ? { hint } : {}),
      ...(typeof where === 'string' ? { where } : {}),
    })
  }
}

/** Any thrown value as a SaltError: a foreign error becomes `internal` with itself as cause. */
export function asSaltError(thrown: unknown, code: ErrorCode = 'internal'): SaltError {
  if (thrown instanceof SaltError) return thrown
  return new SaltError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
}

/** The `code` property of a Node system error (`ENOENT`, `EACCES`, …), or undefined. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
