/** Packages of several states in one call of the package manager. */
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import type { LowChunk } from '../../../engine/state/low-chunk.ts'

type Kind = 'pkgs' | 'sources'
type Aggregated = Pick<LowChunk, 'fun' | 'name' | 'args'>

/**
 * The arguments of a state with the packages of the later ones taken in: those of the same function and the same repository, of
 * names or of files alike. A state that holds packages stays alone, since the hold would be for all of them.
 */
export function aggregatePackages(chunk: Aggregated, later: readonly Aggregated[]): LowChunk['args'] {
  const kind = kindOf(chunk)
  if (chunk.args.hold !== undefined) return chunk.args
  const taken = later.filter(
    (other) =>
      other.fun === chunk.fun &&
      kindOf(other) === kind &&
      other.args.hold === undefined &&
      isSame(other.args.fromrepo, chunk.args.fromrepo),
  )
  if (taken.length === 0) return chunk.args
  const items = [chunk, ...taken].flatMap((one) => itemsOf(one, kind))
  const { version: _version, ...others } = chunk.args
  return { ...others, [kind]: withoutDoubles(items) }
}

function kindOf({ args }: Aggregated): Kind {
  return args.sources === undefined ? 'pkgs' : 'sources'
}

function isSame(left: unknown, right: unknown): boolean {
  return pythonString(left ?? null) === pythonString(right ?? null)
}

function itemsOf({ name, args }: Aggregated, kind: Kind): unknown[] {
  const listed = args[kind]
  if (Array.isArray(listed)) return listed
  return [args.version === undefined ? name : { [name]: args.version }]
}

/** A package that is named with a version somewhere needs no second naming without one. */
function withoutDoubles(items: readonly unknown[]): unknown[] {
  const versioned = new Set(items.flatMap((item) => (isRecord(item) ? Object.keys(item) : [])))
  const seen = new Set<string>()
  return items.filter((item) => {
    const key = JSON.stringify(item)
    if (seen.has(key) || (!isRecord(item) && versioned.has(pythonString(item)))) return false
    seen.add(key)
    return true
  })
}
