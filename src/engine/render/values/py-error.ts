/** Exceptions of Python as templates raise and see them. */

/** A place in a template: 1-based line and column. */
export interface TemplatePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * An exception inside a template, under the name of its class in Python, Jinja or Salt (`TypeError`, `UndefinedError`,
 * `SaltInvocationError`). The renderer makes a `RenderError` with a place of it.
 */
export class PyError extends Error {
  readonly type: string
  /** What went wrong underneath: for broken YAML or JSON inside a template, with the line inside that text. */
  readonly problem: DataProblem | undefined
  /** Where it was raised: the main template first, the deepest place last. Set by the frame that it leaves first. */
  places: readonly TemplatePlace[] | undefined

  constructor(type: string, message: string, options: { problem?: DataProblem; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = type
    this.type = type
    this.problem = options.problem
  }
}

/** Bad YAML or JSON: PyYAML's name of the exception and 1-based line and column within the text that was loaded. */
export interface DataProblem {
  readonly type: string
  readonly message: string
  readonly line: number | undefined
  readonly column: number | undefined
}

export function typeError(message: string): PyError {
  return new PyError('TypeError', message)
}

export function valueError(message: string): PyError {
  return new PyError('ValueError', message)
}
