import { toJson } from '../../base/json.ts'
import type { Outputter } from '../../engine/output.ts'
import { sortDeep } from './entries.ts'

export const json: Outputter = {
  name: 'json',
  doc: 'JSON, indented by 4 spaces; `--out-indent=-1` for one line each.',
  render(value, { indent = 4 }) {
    if (indent === 'pretty') return toJson(sortDeep(value), 4)
    return indent < 0 ? toJson(value) : toJson(value, indent)
  },
}
