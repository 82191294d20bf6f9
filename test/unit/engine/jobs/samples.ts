import type { Clock } from '../../../../src/base/clock.ts'
import type { Log, LogFields } from '../../../../src/base/log.ts'
import type { JobReturn } from '../../../../src/client/api.ts'
import type { JobLoad, JobRecord } from '../../../../src/engine/jobs/types.ts'

export const startMs = Date.UTC(2026, 10, 21, 3)

export function jidOf(number: number): string {
  return `20261121030000${String(number).padStart(6, '0')}`
}

export function jobRecord(number: number, more: Partial<JobRecord> = {}): JobRecord {
  return {
    jid: jidOf(number),
    fun: 'test.arg',
    arg: [number, { __kwarg__: true, k: 'ž' }],
    tgt: '*',
    tgtType: 'glob',
    user: 'root',
    minions: ['alpha', 'beta'],
    startedAt: startMs + number,
    ...more,
  }
}

export function jobReturn(number: number, id = 'alpha', value: unknown = { number }): JobReturn {
  return { id, jid: jidOf(number), fun: 'test.arg', fun_args: [number], return: value, retcode: 0, success: true }
}

export function jobLoad(number: number, expiresAt = startMs + 60_000): JobLoad {
  const { jid, fun, arg, tgt, tgtType, user } = jobRecord(number)
  return { jid, fun, arg, tgt, tgt_type: tgtType, ret: '', user, issuedAt: startMs, expiresAt }
}

/** A clock whose timers run when the test says so. */
export class ManualClock implements Clock {
  time = startMs
  readonly #timers: { at: number; action: () => void }[] = []

  now(): number {
    return this.time
  }

  monotonic(): number {
    return this.time
  }

  after(delayMs: number, action: () => void): { cancel(): void } {
    const timer = { at: this.time + delayMs, action }
    this.#timers.push(timer)
    return { cancel: () => void this.#timers.splice(this.#timers.indexOf(timer), 1) }
  }

  advance(ms: number): void {
    this.time += ms
    for (const timer of this.#timers.filter(({ at }) => at <= this.time)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1)
      timer.action()
    }
  }
}

/** A log that keeps its lines: `level message`. */
export function keptLog(): Log & { readonly lines: { text: string; fields: LogFields | undefined }[] } {
  const lines: { text: string; fields: LogFields | undefined }[] = []
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push({ text: `${level} ${message}`, fields })
  return {
    lines,
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    critical: at('critical'),
  }
}
