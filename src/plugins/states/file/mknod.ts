/** `file.mknod` */
import type * as fs from 'node:fs'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { targetAtEntry } from '../../modules/file/entry.ts'
import {
  applyMetadata,
  metadataDifference,
  targetAt,
  type WantedMetadata,
} from '../../modules/file/managing/metadata.ts'
import { modeSchema, normalizeMode } from '../../modules/file/owners.ts'
import { isPlan, owners, pathName, targetPath } from './arguments.ts'
import { planForOwners } from './unknown-owners.ts'

const kinds = {
  c: { name: 'Character device', what: 'a character device', is: (status: fs.Stats) => status.isCharacterDevice() },
  b: { name: 'Block device', what: 'a block device', is: (status: fs.Stats) => status.isBlockDevice() },
  p: { name: 'Fifo pipe', what: 'a fifo pipe', is: (status: fs.Stats) => status.isFIFO() },
} as const

export const mknodState = {
  mknod: state({
    doc: 'Make sure that there is a device or a named pipe. What is there and is something else stays.',
    args: {
      name: pathName,
      ntype: s.string('c: character device, b: block device, p: named pipe'),
      major: s.withDefault(s.integer('Its major number'), 0),
      minor: s.withDefault(s.integer('Its minor number'), 0),
      ...owners,
      mode: s.withDefault(modeSchema('Mode in octal digits'), '0600'),
    },
    examples: [
      "/srv/chroot/dev/random:\n  file.mknod:\n    - ntype: c\n    - major: 1\n    - minor: 8\n    - mode: '0666'",
    ],
    plan(ctx, want) {
      const path = targetPath(want.name, 'mknod')
      if (isPlan(path)) return path
      const { ntype } = want
      if (ntype !== 'c' && ntype !== 'b' && ntype !== 'p') {
        return impossible(
          `Node type unavailable: '${ntype}'. Available node types are character ('c'), block ('b'), and pipe ('p')`,
        )
      }
      return planForOwners(ctx, want, (metadata) => planNode(ctx, path, { ...want, ntype }, metadata))
    },
  }),
}

interface NodeRequest {
  readonly ntype: keyof typeof kinds
  readonly major: number
  readonly minor: number
  readonly user: string | number | null
  readonly group: string | number | null
  readonly mode: string | number | null
}

function planNode(ctx: StateContext, path: string, request: NodeRequest, metadata: WantedMetadata): StatePlan {
  const { ntype, major, minor, user, group } = request
  const kind = kinds[ntype]
  const status = targetAtEntry(path)
  if (status === undefined) {
    return pending({
      comment: `${kind.name} ${path} is set to be created`,
      changes: { new: `${kind.name} ${path} created.` },
      async apply() {
        const mode = normalizeMode(request.mode)
        const found = await ctx.salt('file.mknod', [path, ntype, major, minor, user, group, mode], {})
        const report = isRecord(found) ? found : {}
        const changes = isRecord(report.changes) ? report.changes : {}
        const comment = pythonString(report.comment ?? '')
        return report.result === true ? done(comment, changes) : failed(comment, changes)
      },
    })
  }
  if (!kind.is(status)) return impossible(`File ${path} exists and is not ${kind.what}. Refusing to continue`)
  const [foundMajor, foundMinor] = deviceNumbers(status.rdev)
  if (ntype !== 'p' && (foundMajor !== major || foundMinor !== minor)) {
    return impossible(
      `${kind.name} ${path} exists and has a different major/minor ${foundMajor}/${foundMinor}. Refusing to continue`,
    )
  }
  const changes = metadataDifference(status, metadata)
  if (Object.keys(changes).length === 0) return right(`${kind.name} ${path} is in the correct state`)
  return pending({
    comment: `${kind.name} ${path} is set to be changed`,
    changes,
    apply() {
      const applied = applyMetadata(targetAt(path), status, metadata)
      return applied.faults.length > 0 ? failed(applied.faults.join('; '), applied.changes) : done('', applied.changes)
    },
  })
}

/** As Linux packs them: 12 bits of the minor number lie around 12 bits of the major one. */
function deviceNumbers(rdev: number): readonly [major: number, minor: number] {
  const packed = BigInt(rdev)
  const major = ((packed >> 8n) & 0xfffn) | ((packed >> 32n) & ~0xfffn)
  const minor = (packed & 0xffn) | ((packed >> 12n) & ~0xffn)
  return [Number(major), Number(minor & 0xffffffffn)]
}
