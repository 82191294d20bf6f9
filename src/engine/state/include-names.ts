/** What an item of `include` means. */
import type { Value } from '../render/values/kinds.ts'
import { firstEntry, isMapping } from './high-data.ts'

export interface IncludeItem {
  /** Undefined: that of the file it stands in. */
  readonly saltenv: string | undefined
  readonly sls: string
}

/** `sls`, or `env: sls`. Undefined for what is neither. */
export function readIncludeItem(item: Value): IncludeItem | undefined {
  if (typeof item === 'string') return { saltenv: undefined, sls: item }
  const [saltenv, sls] = isMapping(item) ? (firstEntry(item) ?? []) : []
  return typeof saltenv === 'string' && typeof sls === 'string' ? { saltenv, sls } : undefined
}

/** `.x` is beside the file, `..x` one folder up. Undefined for what leaves the roots. */
export function absoluteName(
  name: string,
  from: { readonly sls: string; readonly isInit: boolean },
): string | undefined {
  const [, dots = '', rest = ''] = /^(\.+)(.*)$/s.exec(name) ?? []
  if (dots === '') return name
  const parts = from.sls.split('.')
  if (from.isInit) parts.push('init')
  if (dots.length > parts.length) return undefined
  return [...parts.slice(0, -dots.length), rest].join('.')
}
