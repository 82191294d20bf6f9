/** Results of states, as people read them. */
import { pythonString } from '../../base/python-repr.ts'
import type { OutputOptions, Outputter } from '../../engine/output.ts'
import { type StateOutputOptions, stateOutputOptions } from '../../engine/state/output-options.ts'
import { type Color, forTerminal, type Palette, palette, withoutEscapes } from './colors.ts'
import { type Entry, entriesOf } from './entries.ts'
import { stateBlock } from './highstate/block.ts'
import { changedCount, compressIds } from './highstate/compress.ts'
import { isTrue, type StateResult, stateResult } from './highstate/result.ts'
import { Summary } from './highstate/summary.ts'
import { terseLine } from './highstate/terse.ts'
import { nestedText } from './nested.ts'
import { formatPython } from './pprint.ts'
import { splitLines } from './python-text.ts'

export const highstate: Outputter = {
  name: 'highstate',
  isColored: true,
  doc: 'Results of states with a summary; any other value as in nested.',
  render: (value, options) => new HighstateText(options).text(value),
}

/** Space of what one run of states holds of another. */
const inner = ' '.repeat(14)

/** Functions whose changes are the result of another run of states. */
const runsOfStates: ReadonlySet<string> = new Set(['state.orch', 'state.orchestrate', 'state.sls'])

interface Shown {
  readonly text: string
  readonly hasChanges: boolean
}

class HighstateText {
  readonly #options: OutputOptions
  readonly #output: StateOutputOptions
  readonly #colors: Palette

  constructor(options: OutputOptions) {
    this.#options = { color: options.color }
    this.#output = options.states ?? stateOutputOptions(undefined)
    this.#colors = palette(options.color)
  }

  text(value: unknown, depth = 1): string {
    const hosts = hostsOf(value)
    if (hosts === undefined) return nestedText(value, this.#options, 0)
    return hosts.map(([host, data]) => this.#host(host, data, depth).text).join('\n')
  }

  #host(id: string, data: unknown, depth: number): Shown {
    const host = this.#clean(id)
    const entries = entriesOf(data)
    if (Array.isArray(data) && data.every((item) => typeof item === 'string')) return this.#faults(host, data)
    if (entries === undefined) return this.#value(host, data)
    const states = entries.flatMap(([tag, item]) => stateResult(tag, item) ?? [])
    if (states.length === 0 && entries.length > 0) return this.#nested(host, data)
    return this.#states(host, entries, states, depth)
  }

  /** What the compiler says of states that cannot be run. */
  #faults(host: string, errors: readonly unknown[]): Shown {
    const { lightRed, reset } = this.#colors
    const lines = errors.map((error) => `${lightRed}----------\n    ${this.#clean(pythonString(error))}${reset}`)
    const head = `    ${lightRed}Data failed to compile:${reset}`
    return { text: [this.#head('lightRed', host), head, ...lines].join('\n'), hasChanges: false }
  }

  /** What a function gave back that is no state. */
  #value(host: string, data: unknown): Shown {
    if (data === null || typeof data === 'object') return this.#nested(host, data)
    const { green, reset } = this.#colors
    const lines = splitLines(pythonString(data)).map((line) => `${green}    ${this.#clean(line)}${reset}`)
    return { text: [this.#head('cyan', host), ...lines].join('\n'), hasChanges: true }
  }

  #nested(host: string, data: unknown): Shown {
    const text = nestedText({ [host]: data }, this.#options, 0)
    return { text, hasChanges: false }
  }

  #states(host: string, entries: readonly Entry[], states: readonly StateResult[], depth: number): Shown {
    const shown = this.#output.compressesIds ? compressIds(states) : states
    const summary = new Summary()
    const lines = this.#withoutOrder(entries)
    let color: Color = 'green'
    for (const state of shown.toSorted((left, right) => left.order - right.order)) {
      const changes = this.#changes(state, depth)
      summary.add(state, changes.hasChanges ? Math.max(1, changedCount(state)) : 0)
      if (isTrue(state.result) && !changes.hasChanges && (this.#output.isDiff || !this.#output.isVerbose)) continue
      if (state.result === false) color = 'red'
      if (state.result === null) color = 'lightYellow'
      lines.push(...this.#state(state, changes, summary))
    }
    lines.push(...summary.lines(host, this.#colors, this.#output))
    return { text: [this.#head(color, host), ...lines].join('\n'), hasChanges: summary.hasChanges }
  }

  #state(state: StateResult, changes: Shown, summary: Summary): readonly string[] {
    const { colors, output, clean } = { colors: this.#colors, output: this.#output, clean: this.#clean }
    const color = colors[colorOf(state, changes.hasChanges)]
    const name = output.byId ? state.id : state.name
    const form = this.#form(state, changes.hasChanges)
    if (form === 'none') return []
    if (form === 'terse') return [terseLine(state, name, { color, colors, output, clean })]
    if (state.warnings.length > 0) summary.warned()
    return stateBlock(state, name, { color, colors, output, clean, changes: changes.text })
  }

  #form({ result }: StateResult, hasChanges: boolean): 'full' | 'terse' | 'none' {
    const { style, exclude, terse } = this.#output
    if (style === 'terse') return 'terse'
    if (style === 'mixed') return result === false ? 'full' : 'terse'
    if (style === 'changes') return isTrue(result) && !hasChanges ? 'terse' : 'full'
    if (style !== 'filter') return 'full'
    if (terse.includes(pythonString(result))) return 'terse'
    return exclude.includes(pythonString(result)) ? 'none' : 'full'
  }

  #changes({ all, changes }: StateResult, depth: number): Shown {
    if (!isTrue(changes)) return { text: '', hasChanges: false }
    const fields = new Map(entriesOf(changes))
    if (fields.size === 0)
      return { text: `Invalid Changes data: ${this.#clean(pythonString(changes))}`, hasChanges: true }
    const run = fields.get('return')
    if (runsOfStates.has(String(all.get('name'))) && entriesOf(run) !== undefined) {
      const text = `\n${this.text(run, depth + 1)}`.replace(/^/gm, inner.repeat(depth))
      return { text, hasChanges: true }
    }
    const hosts = entriesOf(fields.get('ret'))
    if (fields.get('out') === 'highstate' && hosts !== undefined) return this.#changesOfHosts(hosts)
    return { text: `\n${nestedText(changes, this.#options, inner.length)}`, hasChanges: true }
  }

  #changesOfHosts(hosts: readonly Entry[]): Shown {
    const shown = hosts.map(([host, data]) => this.#host(host, data, 1))
    const lines = shown.flatMap(({ text }) => text.split('\n').map((line) => `\n${inner}${line}`))
    return { text: lines.join(''), hasChanges: shown.some(({ hasChanges }) => hasChanges) }
  }

  /** States that do not say when they were run cannot be put in order. */
  #withoutOrder(entries: readonly Entry[]): string[] {
    return entries
      .filter(([tag, item]) => tag !== 'changes' && isTrue(item) && entriesOf(item)?.every(isNoOrder) === true)
      .toReversed()
      .flatMap(([, item]) => [
        'The State execution failed to record the order in which all states were executed. The state return missing data is:',
        this.#clean(formatPython(item)),
      ])
  }

  #head(color: Color, host: string): string {
    return `${this.#colors[color]}${host}:${this.#colors.reset}`
  }

  readonly #clean = (text: string): string =>
    this.#output.stripsColors || !this.#options.color ? withoutEscapes(text) : forTerminal(text, true)
}

function isNoOrder([key]: Entry): boolean {
  return key !== '__run_num__'
}

/** Minion → its data. What a runner wraps it in is left out. */
function hostsOf(value: unknown): readonly Entry[] | undefined {
  const entries = entriesOf(value)
  if (entries === undefined) return undefined
  const fields = new Map(entries)
  if (fields.has('data') && (fields.has('outputter') || fields.has('retcode'))) return hostsOf(fields.get('data'))
  const isOrchestration = fields.has('retcode') && entries.filter(([key]) => key.endsWith('_master')).length === 1
  return isOrchestration ? entries.filter(([key]) => key !== 'retcode') : entries
}

function colorOf({ result }: StateResult, hasChanges: boolean): Color {
  if (result === false) return 'red'
  if (result === null) return 'lightYellow'
  return hasChanges ? 'cyan' : 'green'
}
