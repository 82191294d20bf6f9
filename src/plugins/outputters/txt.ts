import { pythonString } from '../../base/python-repr.ts'
import type { Outputter } from '../../engine/output.ts'
import { entriesOf } from './entries.ts'
import { formatPython } from './pprint.ts'
import { splitLines } from './python-text.ts'

export const txt: Outputter = {
  name: 'txt',
  doc: 'One line `minion: text` for each line of a result.',
  render(value) {
    const entries = entriesOf(value)
    if (entries === undefined) return typeof value === 'string' ? value : formatPython(value)
    return entries
      .flatMap(([key, item]) =>
        (typeof item === 'string' ? splitLines(item) : [pythonString(item)]).map((line) => `${key}: ${line}`),
      )
      .join('\n')
  },
}
