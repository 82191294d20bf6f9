import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { Dict } from '../values/dict.ts'
import type { Value } from '../values/kinds.ts'
import { fromPlain, toPlain } from '../values/plain.ts'
import { PyError } from '../values/py-error.ts'
import { dataFunctions } from './data-functions.ts'

interface PlainData {
  readonly opts: Readonly<Record<string, unknown>>
  readonly grains: Readonly<Record<string, unknown>>
  readonly pillar: Readonly<Record<string, unknown>>
}

/** Pillar is large, stays the same for long, and is asked often. */
const converted = new WeakMap<object, Dict>()

/** Calls one of the functions that templates have on data with plain values. Throws `execution-failed` for what Python would throw. */
export async function callDataFunction(
  name: string,
  data: PlainData,
  kwargs: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const body = dataFunctions.get(name)
  if (body === undefined) throw new SaltError('internal', `there is no function ${name} on data`)
  const given = Object.entries(kwargs).filter(([, value]) => value !== undefined)
  try {
    const values = { opts: dictOf(data.opts), grains: dictOf(data.grains), pillar: dictOf(data.pillar) }
    return toPlain(
      await body(values, [], new Map(given.map(([key, value]): [string, Value] => [key, fromPlain(value)]))),
    )
  } catch (error) {
    if (error instanceof PyError) throw new SaltError('execution-failed', error.message, { cause: error })
    throw error
  }
}

function dictOf(record: Readonly<Record<string, unknown>>): Dict {
  const known = converted.get(record)
  if (known !== undefined) return known
  const value = fromPlain(isRecord(record) ? record : {})
  const dict = value instanceof Dict ? value : new Dict()
  converted.set(record, dict)
  return dict
}
