/** `exclude`: ids and SLS files whose states are left out. */
import { compileGlob } from '../../base/glob.ts'
import type { Dict } from '../render/values/dict.ts'
import { bodiesOf, firstEntry, isMapping } from './high-data.ts'

/** Takes out what stands under `__exclude__`: `- x` and `- sls: x`, where wildcards may be, and `- id: x`. */
export function applyExcludes(high: Dict): void {
  const exclude = high.get('__exclude__')
  high.delete('__exclude__')
  const files: string[] = []
  const ids = new Set<unknown>()
  for (const item of Array.isArray(exclude) ? exclude : []) {
    const [key, value] = isMapping(item) && item.size === 1 ? (firstEntry(item) ?? []) : ['sls', item]
    if (key === 'sls' && typeof value === 'string') files.push(value)
    else if (key === 'id') ids.add(value)
  }
  if (files.length > 0) {
    const globs = files.map(compileGlob)
    for (const [id, body] of bodiesOf(high)) {
      const sls = body.get('__sls__')
      if (typeof sls === 'string' && globs.some((glob) => glob.matches(sls))) ids.add(id)
    }
  }
  for (const id of ids) high.delete(id)
}
