import { pythonRepr } from '../../base/python-repr.ts'
import type { Outputter } from '../../engine/output.ts'

export const raw: Outputter = {
  name: 'raw',
  doc: "A Python literal on one line, such as {'web1': True}.",
  render: (value) => pythonRepr(value),
}
