import { emitYaml } from '../../base/yaml-emit.ts'
import type { Outputter } from '../../engine/output.ts'

export const yaml: Outputter = {
  name: 'yaml',
  doc: 'YAML blocks; `--out-indent=-1` for brackets and braces.',
  render: (value, { indent }) =>
    emitYaml(value, typeof indent === 'number' ? (indent < 0 ? { flow: true } : { indent }) : {}),
}
