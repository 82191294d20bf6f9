import { toPlain } from '../render/values/plain.ts'
import type { Top } from './top-file.ts'

/** Environment → target → what stands there, as plain data. */
export function shownTop(top: Top): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Array.from(top, ([saltenv, entries]) => [
      saltenv,
      Object.fromEntries(entries.map(({ tgt, items }) => [tgt, toPlain(items)])),
    ]),
  )
}
