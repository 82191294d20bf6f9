import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import type { SelinuxContext } from '../../modules/file/selinux.ts'

/** `{seuser: …, serole: …, setype: …, serange: …}` as the functions take it. */
export function selinuxOf(given: unknown): SelinuxContext | undefined {
  if (!isRecord(given)) return undefined
  const part = (name: string): string | undefined => (given[name] ? pythonString(given[name]) : undefined)
  return { user: part('seuser'), role: part('serole'), type: part('setype'), range: part('serange') }
}
