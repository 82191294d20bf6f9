/** `salt dev schema`: what editors need to complete and check SLS files. */
import { SaltError } from '../../base/errors.ts'
import { didYouMean, nearest } from '../../base/text.ts'
import type { FunctionDoc } from '../../engine/catalogue.ts'
import { slsSchema, stateSchema } from '../../engine/state/sls-schema.ts'
import { stateRegistry } from '../../plugins/registry.ts'

export interface SchemaRequest {
  /** `file.managed`: only what stands below it. */
  readonly state: string | undefined
  /** Families of states that the tree brings itself. */
  readonly own: readonly string[]
}

/** Prints the schema. Throws `unknown-function` where there is no such state. */
export async function printSchema({ state, own }: SchemaRequest): Promise<number> {
  const states = await describedStates()
  const doc = state === undefined ? undefined : states.get(state)
  if (state !== undefined && doc === undefined) {
    const near = didYouMean(nearest(state, states.keys()))
    throw new SaltError('unknown-function', `there is no state ${state}${near === '' ? '' : `.${near}`}`)
  }
  const schema = state === undefined || doc === undefined ? slsSchema({ states, own }) : stateSchema(state, doc)
  process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`)
  return 0
}

async function describedStates(): Promise<ReadonlyMap<string, FunctionDoc>> {
  const docs = await stateRegistry.loadDocs()
  return new Map(
    Object.entries(docs).flatMap(([family, { functions }]) =>
      Object.entries(functions).map(([name, doc]) => [`${family}.${name}`, doc] as const),
    ),
  )
}
