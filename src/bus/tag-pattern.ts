import { SaltError } from '../base/errors.ts'
import type { EventParts } from './event-types.ts'

/** A pattern of tags whose parts have names: `salt/job/:jid/ret/:id`. */
export interface TagPattern<Pattern extends string = string> {
  matches(tag: string): boolean
  /** The parts of a tag; undefined for one that does not match. */
  partsOf(tag: string): EventParts<Pattern> | undefined
}

const part = /^:([A-Za-z_]\w*)(\*?)$/

/**
 * `:name` is one part of a tag, not empty; `:name*` at the end is all that follows, slashes included, maybe nothing. All else is itself.
 * Throws `usage` where a name comes twice, or a star before the end.
 */
export function compileTagPattern<Pattern extends string>(pattern: Pattern): TagPattern<Pattern> {
  const segments = pattern.split('/')
  const names = segments.map((segment) => part.exec(segment))
  const used = names.flatMap((name) => name?.[1] ?? [])
  const isOpen = names.at(-1)?.[2] === '*'
  if (new Set(used).size < used.length || names.slice(0, -1).some((name) => name?.[2] === '*')) {
    throw new SaltError('usage', `the tag pattern '${pattern}' names a part twice, or has a star before its end`)
  }
  const first = names.findIndex((name) => name !== null)
  const head =
    first === -1
      ? pattern
      : segments
          .slice(0, first)
          .map((segment) => `${segment}/`)
          .join('')
  const valuesOf = (tag: string): readonly string[] | undefined => {
    if (!tag.startsWith(head)) return undefined
    const found = tag.split('/')
    if (found.length < segments.length || (!isOpen && found.length > segments.length)) return undefined
    const values: string[] = []
    for (const [index, segment] of segments.entries()) {
      const name = names[index]
      if (name === null || name === undefined) {
        if (found[index] !== segment) return undefined
      } else if (name[2] === '*') values.push(found.slice(index).join('/'))
      else if (found[index] === '') return undefined
      else values.push(found[index] ?? '')
    }
    return values
  }
  return {
    matches: (tag) => (first === -1 ? tag === pattern : valuesOf(tag) !== undefined),
    partsOf: (tag) => {
      const values = valuesOf(tag)
      if (values === undefined) return undefined
      return Object.fromEntries(used.map((name, index) => [name, values[index] ?? ''])) as EventParts<Pattern>
    },
  }
}
