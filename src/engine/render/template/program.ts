/** The code of a template as functions. */
import type { operators } from './operators.ts'
import type { Scope } from './scope.ts'

/** What blocks and names the templates of one inheritance share. */
export interface TemplateContext {
  /** Name → the block of the template furthest down first. */
  readonly blocks: Map<string, BlockFunction[]>
  readonly exports: Set<string>
  /** The outermost scope, which blocks see. */
  readonly scope: Scope
}

/** @param depth Which of the blocks with that name this is; 0 is that of the template furthest down. */
export type BlockFunction = (scope: Scope, out: string[], context: TemplateContext, depth: number) => Promise<void>

/** The functions of a template within one render. */
export interface TemplateProgram {
  readonly root: (scope: Scope, out: string[], context: TemplateContext) => Promise<void>
  readonly blocks: ReadonlyMap<string, BlockFunction>
}

/** A template as the code knows it. */
export interface TemplateIdentity {
  /** As it was asked for. */
  readonly name: string
  /** Its path below the file roots, for messages. */
  readonly location: string
  /** With `\n` for every line break. */
  readonly source: string
}

/** @param render The `Render` that runs it: what the code calls as `r`. */
export type ProgramFactory = (library: typeof operators, render: object, template: TemplateIdentity) => TemplateProgram
