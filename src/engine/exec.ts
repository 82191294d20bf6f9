/** How a function runs a program, and what it learns of it. */

export interface ExecOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Whether `env` replaces the inherited environment (with Salt's `LC_*` defaults) or is added to it. */
  readonly cleanEnv?: boolean
  readonly runas?: string
  readonly group?: string
  readonly umask?: string
  readonly stdin?: string
  readonly timeoutMs?: number
  /** Merge stderr into stdout, in order. */
  readonly mergeStderr?: boolean
  /** Leave the locale as it is; otherwise messages are asked for in English (`LC_*` = C, but for `LC_ALL`). */
  readonly keepLocale?: boolean
  /** Name of the encoding of the output, `utf-8` by default. Bytes that do not fit become U+FFFD. */
  readonly outputEncoding?: string
  /** Do not wait: the result has the pid, and neither output nor a real return code. */
  readonly background?: boolean
}

export interface ExecResult {
  readonly pid: number
  /** Exit status; 128 + signal number when a signal ended it. */
  readonly retcode: number
  /** Number of the signal that ended it. */
  readonly signal?: number
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
}
