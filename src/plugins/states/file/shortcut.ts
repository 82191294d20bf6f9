/** `file.shortcut`, which is about Windows. */
import { s } from '../../../base/schema.ts'
import { state } from '../../../engine/plugin.ts'
import { impossible } from '../../../engine/state/plan.ts'
import { pathName } from './arguments.ts'

export const shortcutState = {
  shortcut: state({
    doc: 'Make a shortcut of Windows. Elsewhere it fails: file.symlink makes links there.',
    args: { name: pathName, target: s.string('Where it leads') },
    examples: ['C:\\Users\\Public\\Desktop\\app.lnk:\n  file.shortcut:\n    - target: C:\\app\\app.exe'],
    plan: () => impossible('Shortcuts are only supported on Windows'),
  }),
}
