/** Several top files to one, by `top_file_merging_strategy`. */
import { Dict } from '../render/values/dict.ts'
import type { Value } from '../render/values/kinds.ts'
import { isMapping } from './high-data.ts'

/** Environment → what its top file says, and files that it includes. */
export type TopTables = Map<string, Dict[]>

export interface MergeOptions {
  /** `merge`, `same` or `merge_all`; anything else is `merge`. */
  readonly strategy: string
  readonly defaultTop: string
  warn(text: string): void
}

/** Environment → target → SLS files. What has another form stays as it is. */
export function mergeTops(tables: TopTables, options: MergeOptions): Dict {
  const { strategy, warn } = options
  if (strategy === 'same') return mergeSame(tables, options)
  if (strategy === 'merge_all') return mergeAll(tables)
  if (strategy !== 'merge') warn(`Invalid top_file_merging_strategy '${strategy}', falling back to 'merge'`)
  return mergeBaseFirst(tables)
}

/** `base` decides for every environment that it names; of the others' files only their own section counts. */
function mergeBaseFirst(tables: TopTables): Dict {
  const top = new Dict()
  for (const table of tables.get('base') ?? [])
    for (const [saltenv, section] of table) addSection(top, saltenv, section)
  const inBase = new Set(top.keys())
  for (const [own, list] of tables) {
    if (own === 'base' || inBase.has(own)) continue
    for (const table of list) if (table.has(own)) addSection(top, own, table.get(own))
  }
  return top
}

/** Of every file only its own section counts; an environment without a file takes that of `default_top`. */
function mergeSame(tables: TopTables, { defaultTop, warn }: MergeOptions): Dict {
  const top = new Dict()
  for (const [own, list] of tables) {
    const isEmpty = list.every((table) => table.size === 0)
    const used = isEmpty ? (tables.get(defaultTop) ?? []) : list
    const sections = used.filter((table) => table.has(own))
    if (isEmpty && sections.length === 0 && own !== defaultTop)
      warn(`The '${own}' saltenv has no top file, and the default_top saltenv (${defaultTop}) has no matches for it`)
    for (const table of sections) addSection(top, own, table.get(own))
  }
  return top
}

/** All sections of all files; SLS files of one target are joined. */
function mergeAll(tables: TopTables): Dict {
  const top = new Dict()
  for (const table of [...tables.values()].flat()) {
    for (const [saltenv, section] of table) {
      const known = top.get(saltenv)
      if (!isMapping(section) || !isMapping(known)) addSection(top, saltenv, section)
      else for (const [tgt, names] of section) known.set(tgt, joinedNames(known.get(tgt), names))
    }
  }
  return top
}

function joinedNames(before: Value, after: Value): Value {
  if (!Array.isArray(before) || !Array.isArray(after)) return after ?? before
  const option = after.find(isMapping) ?? before.find(isMapping)
  const names = new Set([...before, ...after].filter((name) => typeof name === 'string'))
  return [...(option === undefined ? [] : [option]), ...names]
}

function addSection(top: Dict, saltenv: Value, section: Value): void {
  const known = top.get(saltenv)
  if (!isMapping(section)) top.set(saltenv, section)
  else if (!isMapping(known)) top.set(saltenv, new Dict(section))
  else for (const [tgt, names] of section) known.set(tgt, names)
}
