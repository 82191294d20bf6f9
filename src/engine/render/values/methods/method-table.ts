/** Methods of a Python type by name. */
import type { Eventual, Kwargs, Value } from '../kinds.ts'
import { Signature } from '../signature.ts'

export type Method<Self> = (self: Self, args: readonly Value[], kwargs: Kwargs) => Eventual
export type MethodTable<Self> = ReadonlyMap<string, Method<Self>>

type Run<Self> = (self: Self, ...bound: readonly Value[]) => Eventual

/**
 * A table from rows of name, parameters (see `Signature`) and body.
 *
 * @param narrow Makes the type's own form of the value that the method was looked up on.
 */
export function methodTable<Self>(
  narrow: (value: Value) => Self,
  rows: readonly (readonly [name: string, parameters: string, run: Run<Self>])[],
): MethodTable<Value> {
  return new Map(
    rows.map(([name, parameters, run]) => {
      const signature = new Signature(name, parameters)
      const method: Method<Value> = (self, args, kwargs) => run(narrow(self), ...signature.bind(args, kwargs))
      return [name, method]
    }),
  )
}

/** What a method gives that only changes its object. */
export function none(_done: unknown): null {
  return null
}
