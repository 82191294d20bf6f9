import { isRecord } from '../../base/narrow.ts'

type Facts = Readonly<Record<string, unknown>>

/** What `whens` of pillar, or else of the grains, says of a name that stands in a `when`; undefined where it is no such name. */
export function whenAlias(name: string, pillar: Facts, grains: Facts): unknown {
  for (const { whens } of [pillar, grains]) {
    if (isRecord(whens) && Object.hasOwn(whens, name)) return whens[name]
  }
  return undefined
}
