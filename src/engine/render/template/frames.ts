/** Where a render is: the templates and macros that it is inside of. */
import { SaltError } from '../../../base/errors.ts'
import { EndlessCalls } from '../../functions/call-depth.ts'
import { PyError, type TemplatePlace } from '../values/py-error.ts'
import { maximumLength } from '../values/text.ts'
import type { TemplateIdentity } from './program.ts'

export interface Frame {
  readonly template: TemplateIdentity
  /** Offset in the source of what runs. */
  at: number
}

/** Macros and templates inside of each other; Python gives up there too. */
const maximumDepth = 240

export class Frames {
  readonly #stack: Frame[] = []

  enter(template: TemplateIdentity): Frame {
    if (this.#stack.length >= maximumDepth) throw new PyError('RecursionError', 'maximum recursion depth exceeded')
    const frame = { template, at: 0 }
    this.#stack.push(frame)
    return frame
  }

  get current(): Frame | undefined {
    return this.#stack.at(-1)
  }

  leave(): void {
    this.#stack.pop()
  }

  /** The error as one of the template's, with the places where the render is now if it has none yet. */
  located(error: unknown): PyError {
    const known = asPyError(error)
    known.places ??= this.places()
    return known
  }

  places(): TemplatePlace[] {
    return this.#stack.map(({ template, at }) => ({ file: template.location, ...positionOf(template.source, at) }))
  }
}

/** 1-based line and column of an offset. */
export function positionOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** Any failure under the name that it has in Salt. */
function asPyError(error: unknown): PyError {
  if (error instanceof PyError) return error
  if (error instanceof SaltError) {
    const type = error.code === 'bad-arguments' ? 'SaltInvocationError' : 'CommandExecutionError'
    // Every template of a circle would say it once more.
    const { message } = EndlessCalls.behind(error) ?? error
    return new PyError(type, message, { cause: error })
  }
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new PyError('RecursionError', 'maximum recursion depth exceeded', { cause: error })
  }
  if (error instanceof RangeError && /^Invalid (string|array) length/.test(error.message)) {
    return new PyError('MemoryError', `a value would be longer than ${maximumLength} characters`, { cause: error })
  }
  return error instanceof Error
    ? new PyError(error.name, error.message, { cause: error })
    : new PyError('Exception', String(error))
}
