/** The shape of an outputter: it turns a value into the text that a person or a program reads. */
import type { StateOutputOptions } from './state/output-options.ts'

export interface OutputOptions {
  /** Whether terminal colors are wanted. */
  readonly color: boolean
  /** Salt's `--out-indent`: spaces per level, `-1` for everything on one line, `pretty` for 4 spaces and sorted keys. */
  readonly indent?: number | 'pretty'
  /** Width of the terminal that shows the text; none for a file or a program. */
  readonly columns?: number
  /** Return code of the job: lists and keys turn red when it is not 0. */
  readonly retcode?: number
  /** How results of states are shown; as Salt does without any configuration where it is left out. */
  readonly states?: StateOutputOptions
}

export interface Outputter {
  readonly name: string
  readonly doc: string
  /** Its text has colors where they are wanted, and no other control characters but line breaks and tabs. */
  readonly isColored?: true
  /** The text may end with line breaks: whoever prints it removes them and adds one. An empty text prints nothing. */
  render(value: unknown, options: OutputOptions): string
}
