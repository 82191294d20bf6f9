/**
 * JavaScript for expressions. The code sees `R` (operators.ts), `r` (the render), `T` (the template) and `s` (the scope);
 * everything that comes from the template stands in it as a quoted literal.
 */
import { type FunctionCode, quote } from './function-code.ts'
import type { Arguments, BinaryOperator, CompareOperator, Expression, ExpressionOf } from './nodes.ts'
import { TemplateSyntaxError } from './syntax-error.ts'

const binaryFunctions: Readonly<Record<BinaryOperator, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '//': 'floorDivide',
  '%': 'modulo',
  '**': 'power',
}

/** @param operand Code of what the first of a block's filters works on. */
export function expressionCode(code: FunctionCode, expression: Expression, operand = 'null'): string {
  const write = (inner: Expression): string => expressionCode(code, inner, operand)
  switch (expression.kind) {
    case 'constant':
      return JSON.stringify(expression.value)
    case 'integer':
      return integerLiteral(expression.text)
    case 'float':
      return Number.isInteger(Number(expression.text))
        ? `R.float(${Number(expression.text)})`
        : String(Number(expression.text))
    case 'name':
      return code.lateNames.has(expression.name)
        ? `R.lateName(s,x.scope,${quote(expression.name)})`
        : `R.name(s,${quote(expression.name)})`
    case 'list':
      return `[${expression.items.map(write).join(',')}]`
    case 'tuple':
      return `R.tuple([${expression.items.map(write).join(',')}])`
    case 'dict':
      return `R.dict([${expression.pairs.map(([key, value]) => `[${write(key)},${write(value)}]`).join(',')}])`
    case 'condition':
      return conditionCode(code, expression, write)
    case 'and':
    case 'or':
      return logicalCode(code, expression, write)
    case 'not':
      return `(!R.isTrue(${write(expression.operand)}))`
    case 'negative':
      return `R.negate(${write(expression.operand)})`
    case 'positive':
      return `R.positive(${write(expression.operand)})`
    case 'binary':
      return `R.${binaryFunctions[expression.operator]}(${write(expression.left)},${write(expression.right)})`
    case 'concatenation':
      return `R.concatenate([${expression.parts.map(write).join(',')}],r.autoescape)`
    case 'comparison':
      return comparisonCode(code, expression, write)
    case 'attribute':
      return attributeCode(code, expression, write)
    case 'item':
      return itemCode(expression, write)
    case 'slice':
      return `R.sliceValue(${[expression.start, expression.stop, expression.step].map((part) => optional(part, write)).join(',')})`
    case 'call':
      return code.awaited(`r.call(${write(expression.target)},${argumentsCode(expression, write)})`)
    case 'filter':
      return filterCode(code, expression, write, operand)
    case 'test':
      return testCode(code, expression, write)
  }
}

type Write = (expression: Expression) => string

function integerLiteral(text: string): string {
  const value = BigInt(text)
  return value <= Number.MAX_SAFE_INTEGER ? String(value) : `${value}n`
}

function optional(expression: Expression | undefined, write: Write): string {
  return expression === undefined ? 'null' : write(expression)
}

function conditionCode(code: FunctionCode, expression: ExpressionOf<'condition'>, write: Write): string {
  return code.softly(true, () => {
    const otherwise =
      expression.otherwise === undefined ? `R.noElse(${expression.line},T.name)` : write(expression.otherwise)
    return `(R.isTrue(${write(expression.test)})?${write(expression.whenTrue)}:${otherwise})`
  })
}

function logicalCode(code: FunctionCode, { kind, left, right }: ExpressionOf<'and' | 'or'>, write: Write): string {
  const first = code.temporary()
  const start = `R.isTrue(${first}=${write(left)})`
  return kind === 'and' ? `(${start}?${write(right)}:${first})` : `(${start}?${first}:${write(right)})`
}

function comparisonCode(code: FunctionCode, { first, rest }: ExpressionOf<'comparison'>, write: Write): string {
  let left = write(first)
  const last = rest.length - 1
  const parts = rest.map(([operator, expression], index) => {
    if (index === last) return compared(operator, left, write(expression))
    const shared = code.temporary()
    const part = compared(operator, left, `${shared}=${write(expression)}`)
    left = shared
    return part
  })
  return `(${parts.join('&&')})`
}

function compared(operator: CompareOperator, left: string, right: string): string {
  switch (operator) {
    case '==':
      return `R.equals(${left},${right})`
    case '!=':
      return `!R.equals(${left},${right})`
    case 'in':
      return `R.isIn(${left},${right})`
    case 'not in':
      return `!R.isIn(${left},${right})`
    default:
      return `R.inOrder(${quote(operator)},${left},${right})`
  }
}

function attributeCode(code: FunctionCode, { object, name }: ExpressionOf<'attribute'>, write: Write): string {
  const access = `R.getAttribute(${write(object)},${quote(name)})`
  // What a loop with a condition knows of the next item may need an answer of a function.
  return object.kind === 'name' && object.name === 'loop' ? code.awaited(access) : access
}

function itemCode({ object, key }: ExpressionOf<'item'>, write: Write): string {
  if (key.kind !== 'slice') return `R.getItem(${write(object)},${write(key)})`
  const parts = [key.start, key.stop, key.step].map((part) => optional(part, write))
  return `R.slice(${write(object)},${parts.join(',')})`
}

/** `[…args],kwargs`. */
export function argumentsCode(given: Arguments, write: Write, extraKwargs = ''): string {
  const args = given.args.map(write)
  if (given.restArgs !== undefined) args.push(`...R.iterate(${write(given.restArgs)})`)
  const kwargs = given.kwargs.map(([name, value]) => `[${quote(name)},${write(value)}]`)
  if (extraKwargs !== '') kwargs.push(extraKwargs)
  const rest = given.restKwargs === undefined ? '' : `,${write(given.restKwargs)}`
  const all = kwargs.length === 0 && rest === '' ? 'R.noKwargs' : `R.kwargs([${kwargs.join(',')}]${rest})`
  return `[${args.join(',')}],${all}`
}

function filterCode(code: FunctionCode, expression: ExpressionOf<'filter'>, write: Write, operand: string): string {
  const { name } = expression
  const isMissing = !code.known.hasFilter(name)
  if (isMissing) failUnlessSoft(code, `No filter named '${name}'.`, expression)
  const value = expression.operand === undefined ? operand : write(expression.operand)
  if (isMissing) return `R.missing('filter',${quote(name)},${value})`
  return code.awaited(`r.filter(${quote(name)},${value},${argumentsCode(expression, write)})`)
}

function testCode(code: FunctionCode, expression: ExpressionOf<'test'>, write: Write): string {
  const { name } = expression
  const value = write(expression.operand)
  if (!code.known.hasTest(name)) {
    failUnlessSoft(code, `No test named '${name}'.`, expression)
    return `R.missing('test',${quote(name)},${value})`
  }
  return `r.test(${quote(name)},${value},${argumentsCode(expression, write)})`
}

function failUnlessSoft(code: FunctionCode, message: string, { line, offset }: Expression): void {
  if (!code.isSoft) throw new TemplateSyntaxError(message, line, offset, 'TemplateAssertionError')
}
