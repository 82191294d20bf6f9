/** Expressions, in Jinja's precedence: condition, or, and, not, comparison, + -, ~, * / // %, **, sign, postfix, filter. */
import type { Arguments, BinaryOperator, CompareOperator, Expression } from './nodes.ts'
import { describeToken, type Token } from './token.ts'
import type { TokenStream } from './token-stream.ts'

interface TupleOptions {
  /** Whether `a if b else c` may stand in it. */
  readonly withCondition?: boolean
  /** Names that end it. */
  readonly endNames?: readonly string[]
  /** In parentheses an empty one is allowed. */
  readonly isParenthesized?: boolean
  /** Only what can stand left of `=`. */
  readonly primaryOnly?: boolean
}

type Parse = () => Expression

interface Place {
  readonly line: number
  readonly offset: number
}

function placeOf({ line, offset }: Place): Place {
  return { line, offset }
}

const noArguments: Arguments = { args: [], kwargs: [], restArgs: undefined, restKwargs: undefined }

export class ExpressionParser {
  readonly #tokens: TokenStream

  constructor(tokens: TokenStream) {
    this.#tokens = tokens
  }

  /** One expression. */
  expression(withCondition = true): Expression {
    return withCondition ? this.#condition() : this.#or()
  }

  /** One expression, or several with commas between them as a tuple. */
  tuple({
    withCondition = true,
    endNames = [],
    isParenthesized = false,
    primaryOnly = false,
  }: TupleOptions = {}): Expression {
    const tokens = this.#tokens
    const parse = primaryOnly ? () => this.primary() : () => this.expression(withCondition)
    const items: Expression[] = []
    let isTuple = false
    let place = placeOf(tokens.current)
    for (;;) {
      if (items.length > 0) tokens.expect(',')
      if (tokens.is('variable-end', 'block-end', ')') || tokens.isName(...endNames)) break
      items.push(parse())
      if (!tokens.is(',')) break
      isTuple = true
      place = placeOf(tokens.current)
    }
    const [only] = items
    if (!isTuple && only !== undefined) return only
    if (!isTuple && !isParenthesized) {
      throw tokens.error(`Expected an expression, got '${describeToken(tokens.current)}'`)
    }
    return { kind: 'tuple', items, ...place }
  }

  #condition(): Expression {
    const tokens = this.#tokens
    let place = placeOf(tokens.current)
    let expression = this.#or()
    while (tokens.skipName('if')) {
      const test = this.#or()
      const otherwise = tokens.skipName('else') ? this.#condition() : undefined
      expression = { kind: 'condition', test, whenTrue: expression, otherwise, ...place }
      place = placeOf(tokens.current)
    }
    return expression
  }

  #or(): Expression {
    return this.#logical('or', () => this.#logical('and', () => this.#not()))
  }

  #logical(kind: 'and' | 'or', parse: Parse): Expression {
    let place = placeOf(this.#tokens.current)
    let left = parse()
    while (this.#tokens.skipName(kind)) {
      left = { kind, left, right: parse(), ...place }
      place = placeOf(this.#tokens.current)
    }
    return left
  }

  #not(): Expression {
    if (!this.#tokens.isName('not')) return this.#comparison()
    const place = placeOf(this.#tokens.next())
    return { kind: 'not', operand: this.#not(), ...place }
  }

  #comparison(): Expression {
    let place = placeOf(this.#tokens.current)
    const first = this.#sum()
    const rest: [CompareOperator, Expression][] = []
    for (;;) {
      const operator = this.#compareOperator()
      if (operator === undefined) break
      rest.push([operator, this.#sum()])
      place = placeOf(this.#tokens.current)
    }
    return rest.length === 0 ? first : { kind: 'comparison', first, rest, ...place }
  }

  #compareOperator(): CompareOperator | undefined {
    const tokens = this.#tokens
    for (const operator of ['==', '!=', '<', '<=', '>', '>='] as const) if (tokens.skip(operator)) return operator
    if (tokens.skipName('in')) return 'in'
    if (!tokens.areNames(['not'], 'in')) return undefined
    tokens.next()
    tokens.next()
    return 'not in'
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#concatenation())
  }

  #concatenation(): Expression {
    const place = placeOf(this.#tokens.current)
    const first = this.#product()
    const parts = [first]
    while (this.#tokens.skip('~')) parts.push(this.#product())
    return parts.length === 1 ? first : { kind: 'concatenation', parts, ...place }
  }

  #product(): Expression {
    return this.#binary(['*', '/', '//', '%'], () => this.#binary(['**'], () => this.#unary()))
  }

  #binary(operators: readonly BinaryOperator[], parse: Parse): Expression {
    const tokens = this.#tokens
    let place = placeOf(tokens.current)
    let left = parse()
    for (;;) {
      const operator = operators.find((one) => tokens.is(one))
      if (operator === undefined) return left
      tokens.next()
      left = { kind: 'binary', operator, left, right: parse(), ...place }
      place = placeOf(tokens.current)
    }
  }

  #unary(withFilters = true): Expression {
    const place = placeOf(this.#tokens.current)
    const operand = this.#tokens.skip('-')
      ? ({ kind: 'negative', operand: this.#unary(false), ...place } as const)
      : this.#tokens.skip('+')
        ? ({ kind: 'positive', operand: this.#unary(false), ...place } as const)
        : this.primary()
    const expression = this.#postfix(operand)
    return withFilters ? this.#filters(expression) : expression
  }

  /** A name, a literal, or something in brackets. */
  primary(): Expression {
    const tokens = this.#tokens
    const token = tokens.current
    const place = placeOf(token)
    switch (token.kind) {
      case 'name':
        tokens.next()
        return nameOrConstant(token.text, place)
      case 'string':
        return this.#text()
      case 'integer':
      case 'float':
        tokens.next()
        return { kind: token.kind, text: token.text.replaceAll('_', ''), ...place }
      case '(': {
        tokens.next()
        const inside = this.tuple({ isParenthesized: true })
        tokens.expect(')')
        return inside
      }
      case '[':
        return { kind: 'list', items: this.#listed('[', ']', () => this.expression()), ...place }
      case '{':
        return { kind: 'dict', pairs: this.#listed('{', '}', () => this.#pair()), ...place }
      default:
        throw tokens.error(`unexpected '${describeToken(token)}'`)
    }
  }

  #text(): Expression {
    const place = placeOf(this.#tokens.current)
    let value = ''
    while (this.#tokens.is('string')) value += this.#tokens.next().text
    return { kind: 'constant', value, ...place }
  }

  #pair(): readonly [Expression, Expression] {
    const key = this.expression()
    this.#tokens.expect(':')
    return [key, this.expression()]
  }

  #listed<T>(open: string, close: string, parse: () => T): T[] {
    const tokens = this.#tokens
    const items: T[] = []
    tokens.expect(open)
    while (!tokens.is(close)) {
      if (items.length > 0) tokens.expect(',')
      if (tokens.is(close)) break
      items.push(parse())
    }
    tokens.expect(close)
    return items
  }

  #postfix(start: Expression): Expression {
    let expression = start
    for (;;) {
      if (this.#tokens.is('.', '[')) expression = this.#subscript(expression)
      else if (this.#tokens.is('(')) expression = this.#call(expression)
      else return expression
    }
  }

  #filters(start: Expression): Expression {
    let expression = start
    for (;;) {
      if (this.#tokens.is('|')) expression = this.#pipes(expression)
      else if (this.#tokens.isName('is')) expression = this.#test(expression)
      else if (this.#tokens.is('(')) expression = this.#call(expression)
      else return expression
    }
  }

  #subscript(object: Expression): Expression {
    const tokens = this.#tokens
    const opening = tokens.next()
    const place = placeOf(opening)
    if (opening.kind === '.') {
      const part = tokens.next()
      if (part.kind === 'name') return { kind: 'attribute', object, name: part.text, ...place }
      if (part.kind !== 'integer') throw tokens.error('expected name or number', part)
      return { kind: 'item', object, key: { kind: 'integer', text: part.text, ...placeOf(part) }, ...place }
    }
    const keys: Expression[] = []
    while (!tokens.is(']')) {
      if (keys.length > 0) tokens.expect(',')
      keys.push(this.#subscribed())
    }
    tokens.expect(']')
    const [only] = keys
    const key: Expression = keys.length === 1 && only !== undefined ? only : { kind: 'tuple', items: keys, ...place }
    return { kind: 'item', object, key, ...place }
  }

  #subscribed(): Expression {
    const tokens = this.#tokens
    const place = placeOf(tokens.current)
    const part = (): Expression | undefined => (tokens.is(':', ']', ',') ? undefined : this.expression())
    const start = part()
    if (start !== undefined && !tokens.is(':')) return start
    tokens.expect(':')
    const stop = part()
    const step = tokens.skip(':') ? part() : undefined
    return { kind: 'slice', start, stop, step, ...place }
  }

  #call(target: Expression): Expression {
    const place = placeOf(this.#tokens.current)
    return { kind: 'call', target, ...this.#arguments(), ...place }
  }

  #arguments(): Arguments {
    const tokens = this.#tokens
    const opening = tokens.expect('(')
    const args: Expression[] = []
    const kwargs: [string, Expression][] = []
    let restArgs: Expression | undefined
    let restKwargs: Expression | undefined
    const ensure = (isAllowed: boolean): void => {
      if (!isAllowed) throw tokens.error('invalid syntax for function call expression', opening)
    }
    for (let isFirst = true; !tokens.is(')'); isFirst = false) {
      if (!isFirst) tokens.expect(',')
      if (!isFirst && tokens.is(')')) break
      if (tokens.skip('*')) {
        ensure(restArgs === undefined && restKwargs === undefined)
        restArgs = this.expression()
      } else if (tokens.skip('**')) {
        ensure(restKwargs === undefined)
        restKwargs = this.expression()
      } else if (tokens.is('name') && tokens.following.kind === '=') {
        ensure(restKwargs === undefined)
        const name = tokens.next().text
        if (kwargs.some(([other]) => other === name)) {
          throw tokens.error(`keyword argument repeated: ${name}`, opening, 'SyntaxError')
        }
        tokens.next()
        kwargs.push([name, this.expression()])
      } else {
        ensure(restArgs === undefined && restKwargs === undefined && kwargs.length === 0)
        args.push(this.expression())
      }
    }
    tokens.expect(')')
    return { args, kwargs, restArgs, restKwargs }
  }

  #pipes(start: Expression): Expression {
    let expression = start
    while (this.#tokens.skip('|')) expression = this.#filter(expression)
    return expression
  }

  #filter(operand: Expression | undefined): Expression {
    const token = this.#tokens.expect('name')
    const name = this.#dotted(token)
    return { kind: 'filter', name, operand, ...this.#optionalArguments(), ...placeOf(token) }
  }

  /** Filters for the body of a block: the first without a pipe in front where `isInline`. Undefined where there is none. */
  blockFilters(isInline: boolean): Expression | undefined {
    if (!isInline && !this.#tokens.skip('|')) return undefined
    return this.#pipes(this.#filter(undefined))
  }

  #dotted(first: Token): string {
    let name = first.text
    while (this.#tokens.skip('.')) name += `.${this.#tokens.expect('name').text}`
    return name
  }

  #optionalArguments(): Arguments {
    return this.#tokens.is('(') ? this.#arguments() : noArguments
  }

  #test(operand: Expression): Expression {
    const tokens = this.#tokens
    const place = placeOf(tokens.next())
    const isNegated = tokens.skipName('not')
    const name = this.#dotted(tokens.expect('name'))
    const test: Expression = { kind: 'test', name, operand, ...this.#testArguments(), ...place }
    return isNegated ? { kind: 'not', operand: test, ...place } : test
  }

  #testArguments(): Arguments {
    const tokens = this.#tokens
    const startsValue = tokens.is('name', 'string', 'integer', 'float', '[', '{')
    if (tokens.is('(') || !startsValue || tokens.isName('else', 'or', 'and')) return this.#optionalArguments()
    if (tokens.isName('is')) throw tokens.error('You cannot chain multiple tests with is')
    return { ...noArguments, args: [this.#postfix(this.primary())] }
  }
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
])

function nameOrConstant(name: string, place: Place): Expression {
  const value = constants.get(name)
  return value === undefined ? { kind: 'name', name, ...place } : { kind: 'constant', value, ...place }
}
