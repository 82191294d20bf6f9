/** The rules of `file.line`: where a line goes, by mode. All of it works on lines with their ends. */
import { SaltError } from '../../../base/errors.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'

export interface LineRequest {
  readonly mode: 'ensure' | 'replace' | 'insert' | 'delete'
  readonly content: string | undefined
  readonly match: string | undefined
  readonly location: string | undefined
  readonly before: string | undefined
  readonly after: string | undefined
  readonly indent: boolean
}

/** The lines as they shall be. Throws `execution-failed` where the request does not lead to one place. */
export function editLines(given: readonly string[], request: LineRequest): string[] {
  // A line end at the end makes an empty last line: one can insert after the line before.
  const lines = [...given]
  if (lineEndOf(lines.at(-1) ?? '') !== '') lines.push('')
  const edited = edit(lines, request)
  for (const [index, line] of edited.entries()) {
    if (index + 1 === edited.length || lineEndOf(line) !== '') continue
    edited[index] = withEndOf(edited[index === 0 ? 1 : index - 1] ?? '', line)
  }
  if (edited.at(-1) === '') edited.pop()
  return edited
}

function edit(lines: string[], request: LineRequest): string[] {
  const { mode, content = '', indent } = request
  if (mode === 'insert') return insert(lines, request, content)
  if (mode === 'ensure') return ensure(lines, request, content)
  const fallback = request.before === undefined && request.after === undefined ? content : undefined
  const match = found(lines, request.match || fallback)[0]
  if (match === undefined) return lines
  if (mode === 'delete') return lines.filter((line) => line !== match)
  return put(lines, lines.indexOf(match), 1, indented(match, content, indent))
}

function insert(lines: string[], request: LineRequest, content: string): string[] {
  const { location, before, after, indent } = request
  if (location) return insertAt(lines, location, content, indent)
  if (before === undefined && after === undefined) {
    throw failed('On insert either "location" or "before/after" conditions are required.')
  }
  const places = placesOf(lines, request)
  if (places.before !== undefined && places.after !== undefined) {
    return put(lines, places.before, 0, indented(lines[places.before], content, indent))
  }
  if (places.after !== undefined) return insertAfter(lines, places.after, content, indent)
  if (places.before !== undefined) {
    const previous = lines.at(places.before - 1) ?? ''
    if (bare(previous) === bare(content)) return lines
    return put(lines, places.before, 0, indented(lines[places.before], content, indent))
  }
  throw failed('Neither before or after was found in file')
}

function insertAt(lines: string[], location: string, content: string, indent: boolean): string[] {
  const first = lines[0]
  if (location === 'start') return [first === undefined ? `${content}\n` : withEndOf(first, content), ...lines]
  if (location !== 'end') return lines
  if (first === undefined) return [content]
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length
  return put(lines, end, 0, indented(lines[end - 1], content, indent))
}

function insertAfter(lines: string[], place: number, content: string, indent: boolean): string[] {
  const next = lines[place + 1]
  if (next !== undefined && bare(next) === bare(content)) return lines
  return put(lines, place + 1, 0, indented(lines[place], content, indent))
}

function ensure(lines: string[], request: LineRequest, content: string): string[] {
  const { indent } = request
  const { before, after } = placesOf(lines, request)
  if (before !== undefined && after !== undefined) {
    if (lines.some((line) => line.trimStart() === content)) return lines
    const line = indented(lines[after], content, indent)
    if (after + 1 === before) return put(lines, before, 0, line)
    if (after + 2 === before) return put(lines, after + 1, 1, line)
    throw failed('Found more than one line between boundaries "before" and "after".')
  }
  if (before !== undefined) {
    if (before > 0 && bare(lines[before - 1] ?? '') === bare(content)) return lines
    return put(lines, before, 0, indented(lines.at(before - 1), content, indent))
  }
  if (after !== undefined) return insertAfter(lines, after, content, indent)
  throw failed('Wrong conditions? Unable to ensure line without knowing where to put it before and/or after.')
}

/** Indexes of the lines that bound the place; each expression may match one line only. */
function placesOf(lines: readonly string[], { before, after }: LineRequest): { before?: number; after?: number } {
  const befores = found(lines, before)
  const afters = found(lines, after)
  if (befores.length > 1) throw failed('Found more than expected occurrences in "before" expression')
  if (afters.length > 1) throw failed('Found more than expected occurrences in "after" expression')
  return {
    ...(befores[0] === undefined ? {} : { before: lines.indexOf(befores[0]) }),
    ...(afters[0] === undefined ? {} : { after: lines.indexOf(afters[0]) }),
  }
}

/** Lines that the expression matches, or that have it as plain text. */
function found(lines: readonly string[], expression: string | undefined): string[] {
  if (!expression) return []
  const matching = new PythonRegex(expression, { dotAll: true }).searchEach(lines)
  return lines.filter((line, index) => matching[index] === true || line.includes(expression))
}

function put(lines: readonly string[], at: number, removed: number, line: string): string[] {
  return [...lines.slice(0, at), line, ...lines.slice(at + removed)]
}

/** The line with the white space that another one starts with. */
function indented(like: string | undefined, line: string, indent: boolean): string {
  if (!indent) return line
  return (/^[ \t]*/.exec(like ?? '')?.[0] ?? '') + line.trimStart()
}

function lineEndOf(line: string): string {
  return /(?:\r\n|\n|\r)$/.exec(line)?.[0] ?? ''
}

function withEndOf(like: string, line: string): string {
  return line.trimEnd() + (lineEndOf(like) || '\n')
}

function bare(line: string): string {
  return line.replace(/[\r\n]+$/, '')
}

function failed(message: string): SaltError {
  return new SaltError('execution-failed', message)
}
