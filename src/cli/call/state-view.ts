/** Shows the states of `salt call` on the terminal as they end, and asks before they change something. */
import type { LowChunk } from '../../engine/state/low-chunk.ts'
import type { StateOnlooker } from '../../engine/state/run/onlooker.ts'
import type { Decision, RunOptions, StateReturn } from '../../engine/state/state-return.ts'
import { forTerminal } from '../../plugins/outputters/colors.ts'
import type { OptionValues } from '../parse-command.ts'
import { lineColumns, type Terminal } from '../publish/running-view.ts'
import { progressText } from '../state-progress.ts'

const eraseLine = '\r\u001b[K'
/** States end faster than anybody reads. */
const rewrittenAfterMs = 100

type Confirm = NonNullable<RunOptions['confirm']>

export interface StateViewOptions {
  /** Undefined where nobody looks. */
  readonly terminal: Terminal | undefined
  readonly asks: boolean
  /** Reads a line that answers a question; undefined when there will be none. */
  readonly ask?: (question: string) => Promise<string | undefined>
}

export class StateView implements StateOnlooker {
  readonly confirm?: (...asked: Parameters<Confirm>) => Promise<Decision>
  readonly #terminal: Terminal | undefined
  readonly #ask: (question: string) => Promise<string | undefined>
  #isDrawn = false
  #drawnMs = Number.NEGATIVE_INFINITY
  #doesAll = false

  constructor({ terminal, asks, ask = askOnTerminal }: StateViewOptions) {
    this.#terminal = terminal
    this.#ask = ask
    if (asks) this.confirm = (chunk, shown) => this.#question(chunk, shown)
  }

  ended({ id }: LowChunk, { result, changes, __run_num__ }: StateReturn, total: number): void {
    const nowMs = performance.now()
    if (this.#terminal === undefined || nowMs - this.#drawnMs < rewrittenAfterMs) return
    this.#drawnMs = nowMs
    const hasChanges = Object.keys(changes).length > 0
    const ended = { id, result, hasChanges, number: __run_num__ + 1, total }
    this.#terminal.write(eraseLine + progressText(ended, lineColumns(this.#terminal)))
    this.#isDrawn = true
  }

  /** Part of a view that something is printed over: the line comes back with the next state. */
  draw(): void {}

  /** Takes the line away, so that something else can be written in its place. */
  clear(): void {
    if (this.#isDrawn) this.#terminal?.write(eraseLine)
    this.#isDrawn = false
  }

  async #question({ state, fun, id, name }: LowChunk, shown: Parameters<Confirm>[1]): Promise<Decision> {
    if (this.#doesAll) return 'do'
    this.clear()
    const { nested } = await import('../../plugins/outputters/nested.ts')
    const changes =
      Object.keys(shown.changes).length === 0 ? '' : `\n${nested.render(shown.changes, { color: false }).trimEnd()}`
    const title = `${state}.${fun} ${name}${id === name ? '' : ` (${id})`}`
    for (;;) {
      const about = forTerminal(`${title}\n${shown.comment}${changes}`, false)
      const answer = await this.#ask(`${about}\nDo it? [y]es, [n]o, [a]ll, [q]uit: `)
      switch (answer?.trim().toLowerCase()) {
        case 'y':
        case 'yes':
          return 'do'
        case 'n':
        case 'no':
          return 'skip'
        case 'a':
        case 'all':
          this.#doesAll = true
          return 'do'
        case 'q':
        case 'quit':
        case undefined:
          return 'stop'
      }
    }
  }
}

/** Undefined where nobody looks and nobody is to be asked. */
export function onlookerFor(options: OptionValues): StateView | undefined {
  const asks = options.has('confirm-each')
  const isSeen = process.stderr.isTTY === true && process.env.TERM !== 'dumb' && !options.has('no-progress')
  return isSeen || asks ? new StateView({ terminal: isSeen ? process.stderr : undefined, asks }) : undefined
}

async function askOnTerminal(question: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline')
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  lines.once('close', () => resolve(undefined))
  lines.question(question, (answer) => {
    resolve(answer)
    lines.close()
  })
  return await promise
}
