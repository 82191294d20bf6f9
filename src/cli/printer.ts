/** Prints values through the outputter that the user, or the function, asks for. */
import { appendFileSync, writeFileSync } from 'node:fs'
import { SaltError } from '../base/errors.ts'
import { systemReason } from '../base/files.ts'
import { didYouMean, nearest } from '../base/text.ts'
import type { ConfigView } from '../engine/config-view.ts'
import type { Outputter } from '../engine/output.ts'
import { type StateOutputOptions, stateOutputOptions } from '../engine/state/output-options.ts'
import { forTerminal } from '../plugins/outputters/colors.ts'
import { nested } from '../plugins/outputters/nested.ts'
import { loadOutputter, outputterNames } from '../plugins/outputters/outputters.ts'
import { terminalColumns } from './columns.ts'
import type { OptionValues } from './parse-command.ts'

export interface PrinterOptions {
  /** `--out`; wins over what a function asks for, but for `highstate`. */
  readonly outputter?: string
  readonly indent?: number | 'pretty'
  readonly color: boolean
  /** Instead of the terminal. */
  readonly file?: string
  readonly append?: boolean
  readonly states?: StateOutputOptions
  /** What stands on the terminal only until something is printed. */
  readonly view?: { clear(): void; draw(): void } | undefined
}

export interface ShowOptions {
  /** Outputter that suits the value. */
  readonly out?: string | undefined
  readonly retcode?: number | undefined
}

export class Printer {
  readonly #options: PrinterOptions
  #work: Promise<void> = Promise.resolve()

  constructor(options: PrinterOptions) {
    this.#options = options
    if (options.file !== undefined && options.append !== true) this.#toFile(options.file, '', writeFileSync)
  }

  /** What `--out` says. */
  get outputter(): string | undefined {
    return this.#options.outputter
  }

  /** Prints one value, after those before it. */
  show(value: unknown, options: ShowOptions = {}): Promise<void> {
    return this.#next(() => this.#show(value, options))
  }

  /** Prints a line of text as it is, in order with the values. */
  line(text: string): Promise<void> {
    return this.#next(() => this.#write(text))
  }

  /** Resolves when all is printed. Rejects when something could not be. */
  flush(): Promise<void> {
    return this.#work
  }

  #next(print: () => void | Promise<void>): Promise<void> {
    this.#work = this.#work.then(print)
    // Returns are printed as they come, and not everybody waits for each: the failure stays, and `flush` tells it.
    this.#work.catch(() => {})
    return this.#work
  }

  async #show(value: unknown, { out, retcode = 0 }: ShowOptions): Promise<void> {
    const wanted = this.#options.outputter
    const outputter = await find(wanted === undefined || wanted === 'highstate' ? (out ?? wanted) : wanted)
    const { indent, color, file, states } = this.#options
    const columns = file === undefined && process.stdout.isTTY ? terminalColumns() : undefined
    const text = outputter
      .render(value, {
        color,
        retcode,
        ...(states === undefined ? {} : { states }),
        ...(indent === undefined ? {} : { indent }),
        ...(columns === undefined ? {} : { columns }),
      })
      .trimEnd()
    if (text !== '') this.#write(text, color && outputter.isColored === true)
  }

  /** A program that reads the output gets it as it is; a terminal would obey what a minion returns. */
  #write(text: string, hasColors = false): void {
    const { file, view } = this.#options
    if (file === undefined) {
      view?.clear()
      process.stdout.write(`${process.stdout.isTTY ? forTerminal(text, hasColors) : text}\n`)
      view?.draw()
    } else this.#toFile(file, `${text}\n`, appendFileSync)
  }

  #toFile(file: string, text: string, write: (file: string, text: string) => void): void {
    try {
      write(file, text)
    } catch (cause) {
      throw new SaltError('storage', `the output cannot be written: ${systemReason(cause)}`, { where: file, cause })
    }
  }
}

async function find(name: string | undefined): Promise<Outputter> {
  if (name === undefined || name === '' || name === 'nested') return nested
  const found = await loadOutputter(name)
  if (found !== undefined) return found
  const near = didYouMean(nearest(name, outputterNames))
  process.stderr.write(`[ERROR   ] Invalid outputter ${name} specified, fall back to nested${near && `.${near}`}\n`)
  return nested
}

export interface PrinterSurroundings {
  readonly view?: PrinterOptions['view']
  /** Of the daemon whose command this is. */
  readonly config?: ConfigView
  /** Arguments of the job. */
  readonly arg?: readonly unknown[]
}

/** A printer for the output options of a command line. */
export function printerFor(options: OptionValues, { view, config, arg }: PrinterSurroundings = {}): Printer {
  const outputter = options.text('out')
  const file = options.text('out-file')
  const indent = indentOf(options.text('out-indent'))
  return new Printer({
    color: wantsColor(options, file !== undefined),
    append: options.has('out-file-append'),
    states: stateOutputOptions(config, {
      style: options.text('state-output'),
      verbose: options.text('state-verbose'),
      diff: options.has('output-diff'),
      arg,
    }),
    view,
    ...(outputter === undefined ? {} : { outputter }),
    ...(file === undefined ? {} : { file }),
    ...(indent === undefined ? {} : { indent }),
  })
}

function wantsColor(options: OptionValues, toFile: boolean): boolean {
  if (options.has('force-color')) return true
  if (options.has('no-color') || toFile || process.env.NO_COLOR) return false
  return process.stdout.isTTY === true && process.platform !== 'win32'
}

function indentOf(text: string | undefined): number | 'pretty' | undefined {
  if (text === undefined || text === 'pretty') return text
  const spaces = Number(text)
  if (Number.isInteger(spaces) && spaces <= 40) return spaces
  throw new SaltError('usage', `--out-indent takes a number of spaces, -1 or pretty, not '${text}'`)
}
