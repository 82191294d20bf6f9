import { pythonString } from '../../base/python-repr.ts'
import type { Outputter } from '../../engine/output.ts'
import { entriesOf } from './entries.ts'

export const newlineValuesOnly: Outputter = {
  name: 'newline_values_only',
  doc: 'The values without the names of minions, one a line; the items of a list on a line each.',
  render(value) {
    const values = entriesOf(value)?.map(([, item]) => item) ?? [value]
    return values
      .flatMap((item) => (Array.isArray(item) ? (item as unknown[]) : [item]))
      .map(pythonString)
      .join('\n')
  },
}
