/** Reading tokens one after the other, with Jinja's messages where another one was expected. */
import { TemplateSyntaxError } from './syntax-error.ts'
import { describeKind, describeToken, type Token } from './token.ts'

export class TokenStream {
  readonly #tokens: readonly Token[]
  readonly #end: Token
  readonly #error: TemplateSyntaxError | undefined
  #index = 0

  /** @param error What comes behind the tokens where there is no end. */
  constructor(tokens: readonly Token[], error?: TemplateSyntaxError) {
    this.#tokens = tokens
    this.#error = error
    this.#failAtError()
    this.#end = tokens.at(-1) ?? { kind: 'end', text: '', offset: 0, line: 1 }
  }

  get current(): Token {
    return this.#tokens[this.#index] ?? this.#end
  }

  get following(): Token {
    return this.#tokens[this.#index + 1] ?? this.#end
  }

  next(): Token {
    const token = this.current
    this.#index += 1
    this.#failAtError()
    return token
  }

  #failAtError(): void {
    if (this.#error !== undefined && this.#index >= this.#tokens.length) throw this.#error
  }

  is(...kinds: readonly string[]): boolean {
    return kinds.includes(this.current.kind)
  }

  isName(...names: readonly string[]): boolean {
    return isNamed(this.current, names)
  }

  /** Whether the current token is the first name and the one behind it the second. */
  areNames(first: readonly string[], second: string): boolean {
    return isNamed(this.current, first) && isNamed(this.following, [second])
  }

  skip(kind: string): boolean {
    if (!this.is(kind)) return false
    this.next()
    return true
  }

  skipName(name: string): boolean {
    if (!this.isName(name)) return false
    this.next()
    return true
  }

  expect(kind: string): Token {
    if (!this.is(kind)) throw this.#unexpected(describeKind(kind))
    return this.next()
  }

  expectName(name: string): Token {
    if (!this.isName(name)) throw this.#unexpected(name)
    return this.next()
  }

  #unexpected(wanted: string): TemplateSyntaxError {
    return this.current.kind === 'end'
      ? this.error(`unexpected end of template, expected '${wanted}'.`)
      : this.error(`expected token '${wanted}', got '${describeToken(this.current)}'`)
  }

  /** An error at the current token, or at another one. */
  error(
    message: string,
    at: { readonly line: number; readonly offset: number } = this.current,
    type?: string,
  ): TemplateSyntaxError {
    return new TemplateSyntaxError(message, at.line, at.offset, type)
  }
}

function isNamed(token: Token, names: readonly string[]): boolean {
  return token.kind === 'name' && names.includes(token.text)
}
