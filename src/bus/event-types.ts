/** The types of known events, from `event-map.ts`. Nothing of the map is loaded for them. */
import type { Schema, Static } from '../base/schema.ts'
import type { EventData } from './event.ts'
import type { EventDescription } from './event-description.ts'
import type { eventMap } from './event-map.ts'

type EventMap = typeof eventMap

/** Tag pattern of an event that this program fires. */
export type EventPattern = keyof EventMap

type ReadonlyDeep<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyDeep<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> }
    : T

type Field<S> = ReadonlyDeep<Static<S>>

type FieldsOf<F extends Readonly<Record<string, Schema>>> = {
  readonly [Key in keyof F as undefined extends Static<F[Key]>
    ? unknown extends Static<F[Key]>
      ? Key
      : never
    : Key]: Field<F[Key]>
} & {
  readonly [Key in keyof F as undefined extends Static<F[Key]>
    ? unknown extends Static<F[Key]>
      ? never
      : Key
    : never]?: Exclude<Field<F[Key]>, undefined>
}

type PayloadOf<D extends EventDescription> = FieldsOf<D['fields']> &
  (D extends { readonly isOpen: true } ? EventData : unknown)

/** Pattern → payload, without `_stamp`. */
export type EventTypes = { readonly [P in EventPattern]: PayloadOf<EventMap[P]> }

/** Names of the parts of a pattern: `'jid' | 'id'` of `salt/job/:jid/ret/:id`. */
type PartNames<Pattern extends string> = Pattern extends `${infer Head}/${infer Rest}`
  ? PartName<Head> | PartNames<Rest>
  : PartName<Pattern>

type PartName<Part extends string> = Part extends `:${infer Name}*`
  ? Name
  : Part extends `:${infer Name}`
    ? Name
    : never

/** What the parts of a pattern are in one tag. */
export type EventParts<Pattern extends string> = { readonly [Name in PartNames<Pattern>]: string }

/** Payload of the events of a pattern; of one that is not known, any mapping. */
export type EventPayload<Pattern extends string> = Pattern extends EventPattern ? EventTypes[Pattern] : EventData

/**
 * An event as a subscriber to `Pattern` sees it. Whoever may fire on a bus may fire any tag with any data: the types say what this program
 * fires, and are no proof against others.
 */
export interface TypedEvent<Pattern extends string> {
  /** Grows by one per event of the bus. */
  readonly seq: number
  readonly tag: string
  readonly parts: EventParts<Pattern>
  readonly data: EventPayload<Pattern> & { readonly _stamp: string }
}

declare const pattern: unique symbol

/** A tag made from a pattern. */
export type EventTag<Pattern extends string> = string & { readonly [pattern]: Pattern }

/** What is to be fired under a tag: of a known one its payload, else any mapping. */
export type DataFor<Tag extends string> =
  Tag extends EventTag<infer Pattern> ? EventPayload<Pattern> : EventPayload<Tag>

/** One string for each part of a pattern, in their order. */
type PartValues<Pattern extends string> = Pattern extends `${infer Head}/${infer Rest}`
  ? [...PartValues<Head>, ...PartValues<Rest>]
  : Pattern extends `:${string}`
    ? [string]
    : []

/** Fills the parts of a tag pattern: `tagOf('salt/job/:jid/ret/:id', jid, id)`. */
export function tagOf<Pattern extends EventPattern>(
  pattern: Pattern,
  ...parts: PartValues<Pattern>
): EventTag<Pattern> {
  const values: readonly string[] = parts
  let text = ''
  fixedPartsOf(pattern).forEach((fixed, index) => {
    text += fixed + (values[index] ?? '')
  })
  return text as EventTag<Pattern>
}

const fixedParts = new Map<string, readonly string[]>()

/** What stands before, between and after the parts of a pattern: tags are made for each event. */
function fixedPartsOf(pattern: string): readonly string[] {
  const known = fixedParts.get(pattern)
  if (known !== undefined) return known
  const fixed = pattern.split(/:[a-z_]+\*?/)
  fixedParts.set(pattern, fixed)
  return fixed
}
