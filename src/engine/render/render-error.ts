/** A file that could not be rendered: what is wrong, where, through which templates, and the lines around it. */
import { SaltError } from '../../base/errors.ts'
import { shortened } from '../../base/text.ts'
import type { DataProblem, PyError, TemplatePlace } from './values/py-error.ts'

export interface RenderFault {
  /** The renderer that failed. */
  readonly stage: 'jinja' | 'yaml' | 'json' | 'ts' | 'gpg'
  /** Class of the exception in Python, Jinja, PyYAML or Salt. */
  readonly type: string
  /** What it says, without Salt's prefix. */
  readonly reason: string
  /** From the file that was asked for to the place of the fault; empty where there is none. */
  readonly places: readonly TemplatePlace[]
  /** Bad YAML or JSON inside a template. */
  readonly problem?: DataProblem | undefined
}

export class RenderError extends SaltError {
  readonly stage: RenderFault['stage']
  readonly type: string
  readonly reason: string
  readonly places: readonly TemplatePlace[]
  readonly problem: DataProblem | undefined

  /** @param headline Salt's text. @param source Text of the file that the last place is in, for the excerpt. */
  constructor(fault: RenderFault, headline: string, source: string | undefined, cause: unknown) {
    const place = fault.places.at(-1)
    super('render-failed', shortened(headline, maximumHeadline) + details(fault, headline, source), {
      ...(place === undefined ? {} : { where: `${place.file}:${place.line}:${place.column}` }),
      cause,
    })
    this.name = 'RenderError'
    this.stage = fault.stage
    this.type = fault.type
    this.reason = fault.reason
    this.places = fault.places
    this.problem = fault.problem
  }
}

/** A headline of several lines names the line itself. */
function details({ places, problem }: RenderFault, headline: string, source: string | undefined): string {
  const place = places.at(-1)
  const inside = problem?.line === undefined ? '' : ` (line ${problem.line} of the text that was loaded)`
  if (place === undefined) return inside
  const excerpt = source === undefined ? '' : `\n\n${excerptAround(source, place.line)}`
  const line = headline.includes('\n') ? '' : `; line ${place.line}`
  return `${inside}${line}${excerpt}${chain(places)}`
}

function chain(places: readonly TemplatePlace[]): string {
  const outer = places.slice(0, -1).reverse()
  if (outer.length === 0) return ''
  const shown = outer.length <= maximumChain ? outer : [...outer.slice(0, maximumChain - 1), ...outer.slice(-1)]
  const last = places.at(-1)
  const lines = shown.map(({ file, line }) => `\n  reached from ${file}, line ${line}`)
  return `\n\nin ${last?.file ?? ''}${lines.join('')}`
}

/** Names and texts of a template stand in messages, however long they are. */
const maximumHeadline = 4000
const maximumChain = 10
const linesAround = 5
const maximumLine = 500
const marker = '    <======================'

/** The line with five before and behind it, marked as Salt marks it. */
function excerptAround(source: string, line: number): string {
  const lines = source.replace(/\n$/, '').split('\n')
  const start = Math.max(0, line - linesAround - 1)
  const end = Math.min(lines.length, line + linesAround)
  const shown = lines.slice(start, end).map((text, index) => cut(text) + (start + index === line - 1 ? marker : ''))
  return ['---', ...(start > 0 ? ['[...]'] : []), ...shown, ...(end < lines.length ? ['[...]'] : []), '---'].join('\n')
}

function cut(line: string): string {
  return line.length <= maximumLine ? line : `${line.slice(0, maximumLine)} …`
}

const syntaxTypes: ReadonlySet<string> = new Set([
  'TemplateSyntaxError',
  'TemplateAssertionError',
  'TemplateRuntimeError',
  'FilterArgumentError',
  'SecurityError',
])
const functionTypes: ReadonlySet<string> = new Set(['SaltInvocationError', 'CommandExecutionError'])

/** The error of a template, with Salt's words for its kind. @param sourceOf Text of a template by name. */
export function templateError(error: PyError, sourceOf: (name: string) => string | undefined): RenderError {
  const { type, message, problem } = error
  const places = error.places ?? []
  const headline =
    type === 'UndefinedError'
      ? `Jinja variable ${message}`
      : syntaxTypes.has(type)
        ? `Jinja syntax error: ${message}`
        : functionTypes.has(type)
          ? `Problem running salt function in Jinja template: ${message}`
          : `Jinja error: ${message}`
  const last = places.at(-1)
  const source = last === undefined ? undefined : sourceOf(last.file)
  return new RenderError({ stage: 'jinja', type, reason: message, places, problem }, headline, source, error)
}
