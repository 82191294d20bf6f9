/** `salt event listen` */

import { SaltError } from '../../base/errors.ts'
import { toJson } from '../../base/json.ts'
import type { BusEvent } from '../../bus/event.ts'
import type { EventConnectionState } from '../../client/event-connection.ts'
import { describeGap, type TagFilter } from '../../client/salt-event.ts'
import { eventLine } from '../../plugins/outputters/event-line.ts'
import type { OptionValues } from '../parse-command.ts'
import { printerFor } from '../printer.ts'
import { interruptedExit } from '../publish/interrupt.ts'
import { eventBusOf } from './event-bus-of.ts'

const timeoutExit = 75

interface ListenRequest extends TagFilter {
  readonly count: number | undefined
  readonly since?: number
  readonly timeoutMs: number | undefined
}

/**
 * Resolves to the exit code: 0 after `--count` events and, without a count, after Ctrl-C or `--timeout`; with one that was not reached
 * 130 and 75.
 */
export async function listen(options: OptionValues, pattern: string | undefined): Promise<number> {
  const { count, timeoutMs, ...request } = requestOf(options, pattern)
  const say = options.has('quiet') ? () => {} : tell
  await using bus = await eventBusOf(options, { onState: stateTeller(say) })
  const stop = new Stop(timeoutMs)
  const printer = printerFor(options)
  const render = rendererOf(options.text('out'))
  try {
    const events = bus.iterEvents({ ...request, signal: stop.signal, gaps: true })
    await events.ready
    const behind = request.since ?? events.position?.seq ?? 0
    say(`listening on the bus of the ${bus.node}, behind event ${behind}`)
    let left = count
    for await (const item of events) {
      if ('gap' in item) tell(describeGap(item.gap))
      else {
        await printer.line(render(item))
        await drained()
        if (left !== undefined) left -= 1
        if (left === 0) return 0
      }
    }
    if (count === undefined) return 0
    return stop.isInterrupted ? interruptedExit : timeoutExit
  } finally {
    stop.end()
  }
}

function requestOf(options: OptionValues, pattern: string | undefined): ListenRequest {
  const count = options.integer('count')
  if (count !== undefined && count < 1) throw new SaltError('usage', '--count takes a number from 1 on')
  const since = options.integer('since')
  if (since !== undefined && since < 0) throw new SaltError('usage', '--since takes a number from 0 on')
  const match = (options.text('match') ?? usualMatch(pattern)) as TagFilter['match'] & string
  return {
    ...(pattern === undefined ? {} : { tag: pattern, match }),
    ...(since === undefined ? {} : { since }),
    count,
    timeoutMs: timeoutOf(options.text('timeout')),
  }
}

function usualMatch(pattern = ''): TagFilter['match'] & string {
  return /[*?]/.test(pattern) ? 'glob' : 'startswith'
}

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (text.trim() !== '' && seconds > 0 && Number.isFinite(seconds)) return seconds * 1000
  throw new SaltError('usage', `--timeout takes a number of seconds above 0, not '${text}'`)
}

function rendererOf(form = 'pretty'): (event: BusEvent) => string {
  if (form === 'json') return ({ tag, seq, data }) => toJson({ tag, seq, data })
  return (event) => eventLine(event, form === 'pretty')
}

/** Ctrl-C, SIGTERM or the time. */
class Stop {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined
  readonly #onSignal = (): void => {
    this.isInterrupted = true
    this.#controller.abort()
  }
  isInterrupted = false

  constructor(timeoutMs: number | undefined) {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, this.#onSignal)
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#controller.abort(), timeoutMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(): void {
    clearTimeout(this.#timer)
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, this.#onSignal)
  }
}

/** Says once that the connection is away, and once that it is back. */
function stateTeller(say: (text: string) => void): (state: EventConnectionState) => void {
  let wasConnected = false
  let isAway = false
  return ({ kind }) => {
    if (kind === 'waiting' && wasConnected && !isAway) {
      isAway = true
      say('the connection was lost; trying again')
    } else if (kind === 'connected') {
      if (isAway) say('connected again')
      wasConnected = true
      isAway = false
    }
  }
}

function tell(text: string): void {
  process.stderr.write(`salt event: ${text}\n`)
}

/** A reader that takes its time holds the events back, instead of having them pile up here. */
async function drained(): Promise<void> {
  if (process.stdout.writableNeedDrain) await new Promise((resolve) => process.stdout.once('drain', resolve))
}
