/** Templates compiled once for each text. */
import type { KnownNames } from './function-code.ts'
import { generateCode } from './generate.ts'
import { normalizeSource } from './lexer.ts'
import { parseTemplate } from './parser.ts'
import type { ProgramFactory } from './program.ts'
import type { SyntaxOptions } from './syntax-options.ts'

/** Characters of source kept compiled; the oldest go first. */
const cacheLimit = 8 * 1024 * 1024

export class TemplateCompiler {
  readonly #known: KnownNames
  readonly #compiled = new Map<string, ProgramFactory>()
  #size = 0

  constructor(known: KnownNames) {
    this.#known = known
  }

  /** The template's code, and its source as places count in it. Throws TemplateSyntaxError, RangeError for what is nested too deeply. */
  compile(text: string, options: SyntaxOptions): { factory: ProgramFactory; source: string } {
    const source = normalizeSource(text, options)
    const key = `${Object.values(options).join('\u0000')}\u0000${source}`
    const known = this.#compiled.get(key)
    if (known !== undefined) {
      this.#compiled.delete(key)
      this.#compiled.set(key, known)
      return { factory: known, source }
    }
    const factory = compileSource(text, options, this.#known)
    this.#keep(key, factory)
    return { factory, source }
  }

  #keep(key: string, factory: ProgramFactory): void {
    this.#compiled.set(key, factory)
    this.#size += key.length
    for (const oldest of this.#compiled.keys()) {
      if (this.#size <= cacheLimit || oldest === key) break
      this.#compiled.delete(oldest)
      this.#size -= oldest.length
    }
  }
}

function compileSource(text: string, options: SyntaxOptions, known: KnownNames): ProgramFactory {
  const code = generateCode(parseTemplate(text, options), known)
  // The code holds nothing of the template but quoted literals: see expression-code.ts.
  return new Function('R', 'r', 'T', code) as ProgramFactory
}
