import type { Value } from '../values/kinds.ts'

/** Variables by name; the prototype is the scope around. The outermost has none. */
export type Scope = { [name: string]: Value }
