/** Owner, mode and the like of a file whose content is not to be changed. */
import * as fs from 'node:fs'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, pending, type StatePlan } from '../../../engine/state/plan.ts'
import { extraChanges } from '../../modules/file/managing/extra-permissions.ts'
import {
  applyMetadata,
  metadataDifference,
  targetAt,
  type WantedMetadata,
} from '../../modules/file/managing/metadata.ts'
import { modeText } from '../../modules/file/status.ts'
import type { ManagedArguments } from './managed-arguments.ts'
import { selinuxOf } from './selinux-argument.ts'

export async function planPermissions(
  ctx: StateContext,
  want: Pick<ManagedArguments, 'name' | 'attrs' | 'selinux' | 'follow_symlinks'>,
  metadata: WantedMetadata,
): Promise<StatePlan> {
  const { name: path, attrs, follow_symlinks: followLinks } = want
  const status = followLinks ? fs.statSync(path) : fs.lstatSync(path)
  const isLinkItself = status.isSymbolicLink()
  const extra = { attrs, selinux: selinuxOf(want.selinux), followLinks }
  const { changes: more } = await extraChanges(ctx, extra, path, true)
  const changes = { ...metadataDifference(status, metadata, isLinkItself), ...more }
  if (Object.keys(changes).length === 0) {
    return pending({
      comment: `File ${path} not updated`,
      changes: {},
      testResult: true,
      apply: () => done(`File ${path} exists with proper permissions. No changes made.`),
    })
  }
  const comment =
    'mode' in changes
      ? `File ${path} will be updated with permissions ${changes.mode} from its current state of ${modeText(status.mode)}`
      : `File ${path} not updated`
  return pending({
    comment,
    changes,
    async apply() {
      const applied = applyMetadata(targetAt(path, isLinkItself), status, metadata)
      const added = await extraChanges(ctx, extra, path, false)
      const all = { ...applied.changes, ...added.changes }
      const faults = [...applied.faults, ...added.faults]
      return faults.length > 0 ? failed(faults.join('; '), all) : done(`File ${path} updated`, all)
    },
  })
}
