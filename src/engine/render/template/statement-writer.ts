/** What the code of loops needs of the code of all statements. */
import type { FunctionCode } from './function-code.ts'
import type { Body, Expression, Target } from './nodes.ts'

export interface StatementWriter {
  readonly code: FunctionCode
  expression(expression: Expression, operand?: string): string
  statements(body: Body): string
  /** Statements in a scope of their own, whose variable is `s` again; `prepare` is code that runs in it first. */
  scoped(body: Body, prepare?: string): string
  /** Code that is not at the top level of the template. */
  inside<T>(write: () => T): T
  /** Code of a loop's body, where `break` and `continue` are allowed. */
  insideLoop<T>(write: () => T): T
  /** Assigns the value of a code to a target. */
  assign(target: Target, value: string): string
}
