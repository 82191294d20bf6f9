/** A macro, or the body of a call block. */

import { Dict } from '../values/dict.ts'
import { Callable, type Kwargs, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { typeError } from '../values/py-error.ts'
import type { Scope } from './scope.ts'

/** Which of the special variables the body mentions. */
export type MacroExtras = readonly [caller: boolean, kwargs: boolean, varargs: boolean]

export class Macro extends Callable {
  override readonly typeName = 'Macro'
  readonly name: string
  /** As messages show it: the body of a call block has no name. */
  readonly #label: string
  readonly #parameters: readonly string[]
  readonly #extras: MacroExtras
  readonly #around: Scope
  readonly #run: (scope: Scope) => Promise<Value>

  /** @param around The scope that the macro was defined in. @param run The body, with defaults for what is not given. */
  constructor(
    name: string | null,
    parameters: readonly string[],
    extras: MacroExtras,
    around: Scope,
    run: (scope: Scope) => Promise<Value>,
  ) {
    super()
    this.name = name ?? 'caller'
    this.#label = name === null ? 'None' : `'${name}'`
    this.#parameters = parameters
    this.#extras = extras
    this.#around = around
    this.#run = run
  }

  override call(args: readonly Value[], kwargs: Kwargs): Promise<Value> {
    return this.#run(this.#bind(args, kwargs))
  }

  #bind(args: readonly Value[], kwargs: Kwargs): Scope {
    const scope: Scope = Object.create(this.#around)
    const rest = new Map(kwargs)
    const [hasCaller, hasKwargs, hasVarargs] = this.#extras
    for (const [index, parameter] of this.#parameters.entries()) {
      const value = index < args.length ? args[index] : rest.get(parameter)
      if (index >= args.length) rest.delete(parameter)
      if (value !== undefined) scope[parameter] = value
    }
    if (hasCaller && !this.#parameters.includes('caller')) {
      scope.caller = rest.get('caller') ?? new Undefined('No caller defined')
      rest.delete('caller')
    }
    if (hasKwargs) scope.kwargs = new Dict(rest)
    else this.#failOnUnknown(rest)
    if (hasVarargs) scope.varargs = new Tuple(args.slice(this.#parameters.length))
    else if (args.length > this.#parameters.length) {
      throw typeError(`macro ${this.#label} takes not more than ${this.#parameters.length} argument(s)`)
    }
    return scope
  }

  #failOnUnknown(rest: ReadonlyMap<string, Value>): void {
    if (rest.has('caller')) {
      throw typeError(
        `macro ${this.#label} was invoked with two values for the special caller argument. This is most likely a bug.`,
      )
    }
    for (const name of rest.keys()) throw typeError(`macro ${this.#label} takes no keyword argument '${name}'`)
  }

  override getAttribute(name: string): Value | undefined {
    const [caller, kwargs, varargs] = this.#extras
    switch (name) {
      case 'name':
        return this.#label === 'None' ? null : this.name
      case 'arguments':
        return new Tuple(this.#parameters)
      case 'catch_kwargs':
        return kwargs
      case 'catch_varargs':
        return varargs
      case 'caller':
        return caller
      case 'explicit_caller':
        return this.#parameters.includes('caller')
      default:
        return undefined
    }
  }

  override repr(): string {
    return `<Macro ${this.#label === 'None' ? 'anonymous' : this.#label}>`
  }
}
