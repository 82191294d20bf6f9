/** A template that cannot be read. */
import { PyError } from '../values/py-error.ts'

export class TemplateSyntaxError extends PyError {
  /** 1-based. */
  readonly line: number
  /** Offset in the source with `\n` for every line break; undefined where only the line is known. */
  readonly offset: number | undefined

  /** @param type `TemplateAssertionError` for a template whose form is right but whose meaning is not. */
  constructor(message: string, line: number, offset?: number, type = 'TemplateSyntaxError') {
    super(type, message)
    this.line = line
    this.offset = offset
  }
}
