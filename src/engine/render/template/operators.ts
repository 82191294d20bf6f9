/** What the code of templates calls and that needs no state of the render: `R`. */
import { Float } from '../../../base/float.ts'
import {
  add,
  concatenate,
  divide,
  floorDivide,
  modulo,
  multiply,
  negate,
  positive,
  power,
  subtract,
} from '../values/arithmetic.ts'
import { equals, inOrder } from '../values/compare.ts'
import { Dict } from '../values/dict.ts'
import { contains, isTrue, iterate, unpack } from '../values/iterate.ts'
import { type Eventual, type Kwargs, noKwargs, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { getAttribute, getItem, slice } from '../values/lookup.ts'
import { str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { Loop, type Recurse } from './loop.ts'
import { Namespace } from './namespace.ts'
import type { Scope } from './scope.ts'
import type { TemplateModule } from './template-module.ts'

function name(scope: Scope, key: string): Value {
  const value = scope[key]
  return value === undefined ? new Undefined(`'${key}' is undefined`) : value
}

/** A name that the template assigns: what the context has under it does not count. */
function lateName(scope: Scope, root: Scope, key: string): Value {
  for (let current: Scope | null = scope; current !== null; current = Object.getPrototypeOf(current)) {
    if (Object.hasOwn(current, key)) return current[key]
    if (current === root) break
  }
  return new Undefined(`'${key}' is undefined`)
}

function kwargs(named: readonly (readonly [string, Value])[], rest?: Value): Kwargs {
  const all = new Map<string, Value>(named)
  if (rest === undefined) return all
  if (!(rest instanceof Map)) {
    if (rest instanceof Undefined) rest.fail()
    throw typeError(`argument after ** must be a mapping, not ${typeName(rest)}`)
  }
  for (const [key, value] of rest) {
    if (typeof key !== 'string') throw typeError('keywords must be strings')
    if (all.has(key)) throw typeError(`got multiple values for keyword argument '${key}'`)
    all.set(key, value)
  }
  return all
}

function setAttribute(object: Value, attribute: string, value: Value): void {
  if (!(object instanceof Namespace)) {
    throw new PyError('TemplateRuntimeError', 'cannot assign attribute on non-namespace object')
  }
  object.set(attribute, value)
}

function imported(module: TemplateModule, wanted: string, line: number): Value {
  return (
    module.exported(wanted) ??
    new Undefined(
      `the template '${module.name}' (imported on line ${line}) does not export the requested name '${wanted}'`,
    )
  )
}

function missing(kind: 'filter' | 'test', wanted: string): never {
  throw new PyError('TemplateRuntimeError', `No ${kind} named '${wanted}' found.`)
}

function noElse(line: number, template: string): Undefined {
  return new Undefined(
    `the inline if-expression on line ${line} in '${template}' evaluated to false and no else section was defined.`,
    { isLenient: true },
  )
}

export const operators = {
  add,
  subtract,
  multiply,
  divide,
  floorDivide,
  modulo,
  power,
  negate,
  positive,
  concatenate,
  equals,
  inOrder,
  isTrue,
  iterate,
  unpack,
  getAttribute,
  getItem,
  slice,
  str,
  name,
  lateName,
  kwargs,
  noKwargs,
  setAttribute,
  imported,
  missing,
  noElse,
  isIn: (item: Value, container: Value): boolean => contains(container, item),
  float: (value: number): Float => new Float(value),
  tuple: (items: readonly Value[]): Tuple => new Tuple(items),
  dict: (pairs: readonly (readonly [Value, Value])[]): Dict => new Dict(pairs),
  sliceValue: (start: Value, stop: Value, step: Value): Tuple => new Tuple([start, stop, step]),
  notProvided: (parameter: string): Undefined => new Undefined(`parameter '${parameter}' was not provided`),
  loop: (
    items: Value,
    depth: number,
    recurse: Recurse | null,
    accept: ((item: Value) => Eventual<boolean>) | null,
  ): Loop => new Loop(items, depth, recurse, accept),
}
