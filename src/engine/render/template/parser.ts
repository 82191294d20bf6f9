/** Tokens to a syntax tree: Jinja's statements, and those that Salt adds. */
import { ExpressionParser } from './expression-parser.ts'
import { normalizeSource, readTokens } from './lexer.ts'
import type { Body, Expression, Parameter, Statement, Target } from './nodes.ts'
import type { TemplateSyntaxError } from './syntax-error.ts'
import type { SyntaxOptions } from './syntax-options.ts'
import { TokenStream } from './token-stream.ts'

/** Throws TemplateSyntaxError with Jinja's message and line. */
export function parseTemplate(source: string, options: SyntaxOptions): Body {
  const { tokens, error } = readTokens(normalizeSource(source, options), options)
  return new Parser(new TokenStream(tokens, error)).template()
}

interface Place {
  readonly line: number
  readonly offset: number
}

type StatementParser = (place: Place) => Statement | Statement[]

/** How deep statements and brackets may be nested: what is deeper would exhaust the stack. */
const maximumDepth = 200

class Parser {
  readonly #tokens: TokenStream
  readonly #expressions: ExpressionParser
  /** Names of the tags that are open, the innermost last. */
  readonly #openTags: string[] = []
  /** Names that may come next, for each open body. */
  readonly #awaited: (readonly string[])[] = []
  readonly #statements: ReadonlyMap<string, StatementParser>
  /** Loops that are open. */
  #loops = 0
  /** Told once all is read: where the form is wrong, that comes first. */
  #loopAssigned: TemplateSyntaxError | undefined

  constructor(tokens: TokenStream) {
    this.#tokens = tokens
    this.#expressions = new ExpressionParser(tokens)
    this.#statements = new Map<string, StatementParser>([
      ['if', (place) => this.#if(place)],
      ['for', (place) => this.#for(place)],
      ['break', (place) => ({ kind: 'break', ...place })],
      ['continue', (place) => ({ kind: 'continue', ...place })],
      ['set', (place) => this.#set(place)],
      ['do', (place) => ({ kind: 'do', value: this.#expressions.tuple(), ...place })],
      ['print', (place) => this.#print(place)],
      ['macro', (place) => this.#macro(place)],
      ['call', (place) => this.#callBlock(place)],
      ['filter', (place) => this.#filterBlock(place)],
      ['with', (place) => this.#with(place)],
      ['autoescape', (place) => this.#autoescape(place)],
      ['block', (place) => this.#block(place)],
      ['extends', (place) => ({ kind: 'extends', template: this.#expressions.expression(), ...place })],
      ['include', (place) => this.#include(place)],
      ['import', (place) => ({ kind: 'import', ...this.#import(), ...place })],
      ['from', (place) => this.#fromImport(place)],
      ...['yaml', 'json', 'text'].flatMap((format): [string, StatementParser][] => [
        [`load_${format}`, (place) => this.#load(`load_${format}`, place)],
        [
          `import_${format}`,
          (place) => ({ kind: 'import-data', filter: `load_${format}`, ...this.#import(), ...place }),
        ],
      ]),
      ['profile', (place) => this.#profile(place)],
    ])
  }

  template(): Body {
    const body = this.#body(undefined)
    if (this.#loopAssigned !== undefined) throw this.#loopAssigned
    return body
  }

  /** Statements up to one of the names, which is then the current token; up to the end where there are none. */
  #body(endNames: readonly string[] | undefined): Statement[] {
    const tokens = this.#tokens
    const statements: Statement[] = []
    if (endNames !== undefined) this.#awaited.push(endNames)
    if (this.#awaited.length > maximumDepth) throw tokens.error('tags are nested too deeply')
    while (!tokens.is('end')) {
      const token = tokens.next()
      const { line, offset } = token
      if (token.kind === 'data') statements.push({ kind: 'data', text: token.text, line, offset })
      else if (token.kind === 'variable-begin') statements.push(this.#output())
      else {
        if (endNames !== undefined && tokens.isName(...endNames)) break
        statements.push(...this.#statement())
        tokens.expect('block-end')
      }
    }
    if (endNames !== undefined && tokens.is('end')) throw this.#unclosed(undefined)
    if (endNames !== undefined) this.#awaited.pop()
    return statements
  }

  #output(): Statement {
    const value = this.#expressions.tuple()
    this.#tokens.expect('variable-end')
    return { kind: 'output', value, line: value.line, offset: value.offset }
  }

  #statement(): Statement[] {
    const token = this.#tokens.current
    if (token.kind !== 'name') throw this.#tokens.error('tag name expected')
    const parse = this.#statements.get(token.text)
    if (parse === undefined) throw this.#unclosed(token.text)
    this.#openTags.push(token.text)
    this.#tokens.next()
    const parsed = parse({ line: token.line, offset: token.offset })
    this.#openTags.pop()
    return Array.isArray(parsed) ? parsed : [parsed]
  }

  /** For a tag that does not belong here, or for the end of the template where a tag is open. */
  #unclosed(tag: string | undefined): TemplateSyntaxError {
    const sentences = [tag === undefined ? 'Unexpected end of template.' : `Encountered unknown tag '${tag}'.`]
    const awaited = this.#awaited.at(-1)
    if (awaited !== undefined) {
      const names = awaited.map((name) => `'${name}'`).join(' or ')
      sentences.push(
        tag !== undefined && this.#awaited.some((all) => all.includes(tag))
          ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${names}.`
          : `Jinja was looking for the following tags: ${names}.`,
      )
    }
    const innermost = this.#openTags.at(-1)
    if (innermost !== undefined) sentences.push(`The innermost block that needs to be closed is '${innermost}'.`)
    return this.#tokens.error(sentences.join(' '))
  }

  /** The rest of an opening tag, then the body. The name that ended it is the current token, or skipped with `isLast`. */
  #enclosed(endNames: readonly string[], isLast = true): Statement[] {
    this.#tokens.skip(':')
    this.#tokens.expect('block-end')
    const body = this.#body(endNames)
    if (isLast) this.#tokens.next()
    return body
  }

  #if(start: Place): Statement {
    const branches: (Place & { test: Expression; body: Body })[] = []
    let place = start
    for (;;) {
      const test = this.#expressions.tuple({ withCondition: false })
      branches.push({ test, body: this.#enclosed(['elif', 'else', 'endif'], false), ...place })
      const { text } = this.#tokens.next()
      if (text !== 'elif') {
        const otherwise = text === 'else' ? this.#enclosed(['endif']) : []
        return { kind: 'if', branches, otherwise, ...start }
      }
      const { line, offset } = this.#tokens.current
      place = { line, offset }
    }
  }

  #for(place: Place): Statement {
    const tokens = this.#tokens
    this.#loops += 1
    const target = this.#namesTarget(['in'])
    tokens.expectName('in')
    const items = this.#expressions.tuple({ withCondition: false, endNames: ['recursive'] })
    const test = tokens.skipName('if') ? this.#expressions.expression() : undefined
    const isRecursive = tokens.skipName('recursive')
    const body = this.#enclosed(['endfor', 'else'], false)
    const otherwise = tokens.next().text === 'else' ? this.#enclosed(['endfor']) : []
    this.#loops -= 1
    return { kind: 'for', target, items, test, isRecursive, body, otherwise, ...place }
  }

  #set(place: Place): Statement {
    const target = this.#target()
    if (this.#tokens.skip('=')) return { kind: 'set', target, value: this.#expressions.tuple(), ...place }
    const filter = this.#expressions.blockFilters(false)
    return { kind: 'set-block', target, filter, body: this.#enclosed(['endset']), ...place }
  }

  /** A name, names with commas, or an attribute of a namespace. */
  #target(): Target {
    const tokens = this.#tokens
    if (tokens.is('name') && tokens.following.kind === '.') {
      const name = tokens.next().text
      tokens.next()
      return { kind: 'namespace', name, attribute: tokens.expect('name').text }
    }
    return this.#namesTarget()
  }

  #namesTarget(endNames: readonly string[] = []): Target {
    return this.#asTarget(this.#expressions.tuple({ primaryOnly: true, endNames }))
  }

  #asTarget(expression: Expression): Target {
    if (expression.kind === 'name') {
      if (expression.name === 'loop' && this.#loops > 0) this.#loopAssigned ??= this.#specialLoop(expression)
      return { kind: 'name', name: expression.name }
    }
    if (expression.kind === 'tuple') {
      return { kind: 'tuple', items: expression.items.map((item) => this.#asTarget(item)) }
    }
    const kind = ['constant', 'integer', 'float'].includes(expression.kind) ? 'const' : expression.kind
    throw this.#tokens.error(`can't assign to '${kind}'`, expression)
  }

  #specialLoop(place: Place): TemplateSyntaxError {
    const message = "Can't assign to special loop variable in for-loop target"
    return this.#tokens.error(message, place, 'TemplateAssertionError')
  }

  #name(): string {
    const token = this.#tokens.expect('name')
    if (/^(?:[Tt]rue|[Ff]alse|[Nn]one)$/.test(token.text)) throw this.#tokens.error("can't assign to 'name'", token)
    return token.text
  }

  #print(place: Place): Statement[] {
    const statements: Statement[] = []
    while (!this.#tokens.is('block-end')) {
      if (statements.length > 0) this.#tokens.expect(',')
      statements.push({ kind: 'output', value: this.#expressions.expression(), ...place })
    }
    return statements
  }

  #macro(place: Place): Statement {
    const name = this.#name()
    const parameters = this.#parameters()
    return { kind: 'macro', name, parameters, body: this.#enclosed(['endmacro']), ...place }
  }

  #parameters(): Parameter[] {
    const tokens = this.#tokens
    const parameters: Parameter[] = []
    tokens.expect('(')
    while (!tokens.is(')')) {
      if (parameters.length > 0) tokens.expect(',')
      const name = this.#name()
      const fallback = tokens.skip('=') ? this.#expressions.expression() : undefined
      if (fallback === undefined && parameters.at(-1)?.fallback !== undefined) {
        throw tokens.error('non-default argument follows default argument')
      }
      parameters.push({ name, fallback })
    }
    tokens.expect(')')
    return parameters
  }

  #callBlock(place: Place): Statement {
    const parameters = this.#tokens.is('(') ? this.#parameters() : []
    const call = this.#expressions.expression()
    if (call.kind !== 'call') throw this.#tokens.error('expected call', place)
    return { kind: 'call-block', call, parameters, body: this.#enclosed(['endcall']), ...place }
  }

  #filterBlock(place: Place): Statement {
    const filter = this.#expressions.blockFilters(true)
    if (filter === undefined) throw this.#tokens.error("expected token 'name'")
    return { kind: 'filter-block', filter, body: this.#enclosed(['endfilter']), ...place }
  }

  #with(place: Place): Statement {
    const values: [Target, Expression][] = []
    while (!this.#tokens.is('block-end')) {
      if (values.length > 0) this.#tokens.expect(',')
      const target = this.#namesTarget()
      this.#tokens.expect('=')
      values.push([target, this.#expressions.expression()])
    }
    return { kind: 'with', values, body: this.#enclosed(['endwith']), ...place }
  }

  #autoescape(place: Place): Statement {
    const value = this.#expressions.expression()
    return { kind: 'autoescape', value, body: this.#enclosed(['endautoescape']), ...place }
  }

  #block(place: Place): Statement {
    const tokens = this.#tokens
    const name = tokens.expect('name').text
    const isScoped = tokens.skipName('scoped')
    const isRequired = tokens.skipName('required')
    if (tokens.is('-')) {
      throw tokens.error(
        'Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.',
      )
    }
    const body = this.#enclosed(['endblock'])
    if (isRequired && !body.every((statement) => statement.kind === 'data' && statement.text.trim() === '')) {
      throw tokens.error('Required blocks can only contain comments or whitespace')
    }
    tokens.skipName(name)
    return { kind: 'block', name, isScoped, isRequired, body, ...place }
  }

  #include(place: Place): Statement {
    const template = this.#expressions.expression()
    const ignoresMissing = this.#tokens.areNames(['ignore'], 'missing')
    if (ignoresMissing) this.#skipTwo()
    return { kind: 'include', template, ignoresMissing, withContext: this.#contextClause() ?? true, ...place }
  }

  #import(): { template: Expression; target: string; withContext: boolean } {
    const template = this.#expressions.expression()
    this.#tokens.expectName('as')
    const target = this.#name()
    return { template, target, withContext: this.#contextClause() ?? false }
  }

  #fromImport(place: Place): Statement {
    const template = this.#expressions.expression()
    this.#tokens.expectName('import')
    const names: [string, string][] = []
    let withContext: boolean | undefined
    for (;;) {
      if (names.length > 0) this.#tokens.expect(',')
      withContext = this.#contextClause()
      if (withContext !== undefined) break
      names.push(this.#importedName())
      withContext = this.#contextClause()
      if (withContext !== undefined || !this.#tokens.is(',')) break
    }
    return { kind: 'from-import', template, names, withContext: withContext ?? false, ...place }
  }

  #importedName(): [string, string] {
    const tokens = this.#tokens
    const token = tokens.current
    const name = this.#name()
    if (name.startsWith('_')) {
      throw tokens.error('names starting with an underline can not be imported', token, 'TemplateAssertionError')
    }
    return [name, tokens.skipName('as') ? this.#name() : name]
  }

  /** `with context` or `without context`; undefined where neither stands. */
  #contextClause(): boolean | undefined {
    if (!this.#tokens.areNames(['with', 'without'], 'context')) return undefined
    const withContext = this.#tokens.isName('with')
    this.#skipTwo()
    return withContext
  }

  #skipTwo(): void {
    this.#tokens.next()
    this.#tokens.next()
  }

  #load(filter: string, place: Place): Statement {
    this.#tokens.expectName('as')
    const target = this.#namesTarget()
    return { kind: 'load', filter, target, body: this.#enclosed(['endload']), ...place }
  }

  #profile(place: Place): Statement {
    this.#tokens.expectName('as')
    const label = this.#expressions.expression()
    return { kind: 'profile', label, body: this.#enclosed(['endprofile']), ...place }
  }
}
