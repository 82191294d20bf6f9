/** Entries of the table of file systems: what mount.mounted keeps there, mount.fstab_present and mount.fstab_absent. */

import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'

export type FstabAnswer = 'present' | 'new' | 'change' | 'bad config'

interface Entry {
  readonly name: string
  readonly device: string
  readonly fstype: string
  readonly opts: string | readonly string[]
  readonly dump: number
  readonly pass_num: number
  readonly config: string
  readonly match_on: string | readonly string[]
  readonly not_change?: boolean
}

/** Sets an entry, or only tells what would become of it. */
export async function setFstab(ctx: StateContext, entry: Entry, test: boolean): Promise<FstabAnswer> {
  const { name, device, fstype, opts, dump, pass_num, config, match_on, not_change = false } = entry
  try {
    const answer = await ctx.salt('mount.set_fstab', [name, device, fstype, opts, dump, pass_num, config], {
      test,
      match_on,
      not_change,
    })
    return answer === 'new' || answer === 'change' ? answer : 'present'
  } catch (error) {
    if (error instanceof SaltError && error.message.startsWith('Bad config file')) return 'bad config'
    throw error
  }
}

/** Behind the comment of mount.mounted. */
export function fstabComment(answer: FstabAnswer): string {
  return {
    present: '. Entry already exists in the fstab.',
    new: '. Added new entry to the fstab.',
    change: '. Updated the entry in the fstab.',
    'bad config': '. However, the fstab was not found.',
  }[answer]
}

/** The same for a dry run; undefined where the entry is right. */
export function fstabNote(
  { name, mount }: { readonly name: string; readonly mount: boolean },
  answer: FstabAnswer,
): string | undefined {
  const start = mount ? `${name} is mounted, but ` : ''
  if (answer === 'new')
    return `${start}${mount ? '' : `${name} `}needs to be written to the fstab in order to be made persistent.`
  if (answer === 'change')
    return mount ? `${start}its fstab entry must be updated.` : `The ${name} fstab entry must be updated.`
  return answer === 'present' ? undefined : 'However, the fstab was not found.'
}

const kinds = ['device', 'label', 'uuid', 'partlabel', 'partuuid'] as const

export const presentArguments = {
  name: s.string('What is mounted'),
  fs_file: s.path('The mount point'),
  fs_vfstype: s.string('Type of the file system'),
  fs_mntops: s.withDefault(s.union([s.string(), s.array(s.string())], 'Options of mount'), 'defaults'),
  fs_freq: s.withDefault(s.integer('Whether dump saves it'), 0),
  fs_passno: s.withDefault(s.integer('Which pass of fsck checks it; 0 for none'), 0),
  mount_by: s.optional(s.literal(kinds, 'Name what is mounted so')),
  config: s.withDefault(s.path('The table'), '/etc/fstab'),
  mount: s.withDefault(s.boolean('Accepted, and without effect: nothing is mounted'), true),
  fs_mount: s.withDefault(s.boolean('Another word for `mount`'), true),
  match_on: s.withDefault(s.union([s.string(), s.array(s.string())], 'What an entry is known by'), 'auto'),
  not_change: s.withDefault(s.boolean('Leave an entry that is there as it is'), false),
} satisfies Record<string, Schema>

export const absentArguments = {
  name: presentArguments.name,
  fs_file: presentArguments.fs_file,
  mount_by: presentArguments.mount_by,
  config: presentArguments.config,
} satisfies Record<string, Schema>

type PresentWishes = StaticProperties<typeof presentArguments>
type AbsentWishes = StaticProperties<typeof absentArguments>

/** `/dev/sda1` as `UUID=…`, as it is asked for; undefined where blkid does not know it. */
async function named(ctx: StateContext, given: string, by: (typeof kinds)[number] | undefined) {
  if (by === undefined || (by === 'device' && given.startsWith('/'))) return given
  if (given.startsWith(`${by.toUpperCase()}=`)) return given
  const keywords = given.startsWith('/') ? { device: given } : { token: given }
  const found = await ctx.salt('disk.blkid', [], keywords)
  const entries = isRecord(found) ? Object.entries(found) : []
  const [device, facts] = entries[0] ?? []
  if (entries.length !== 1 || device === undefined) return undefined
  if (by === 'device') return device
  const value = isRecord(facts) ? facts[by.toUpperCase()] : undefined
  return value === undefined ? undefined : `${by.toUpperCase()}=${value}`
}

function place(path: string): string {
  return path === '/' ? path : path.replace(/\/+$/, '')
}

export async function planPresent(ctx: StateContext, want: PresentWishes): Promise<StatePlan> {
  const { config, mount_by } = want
  const name = place(want.fs_file)
  const device = await named(ctx, want.name, mount_by)
  if (device === undefined) return impossible(`Device ${want.name} cannot be converted to ${mount_by}`)
  const entry: Entry = {
    name,
    device,
    fstype: want.fs_vfstype,
    opts: want.fs_mntops,
    dump: want.fs_freq,
    pass_num: want.fs_passno,
    config,
    match_on: want.match_on,
    not_change: want.not_change,
  }
  const answer = await setFstab(ctx, entry, true)
  if (answer === 'bad config') return impossible(`${name} entry cannot be created in ${config}: bad config.`)
  if (answer === 'present') return right(`${name} entry is already in ${config}.`)
  const [will, did] = answer === 'new' ? ['written', 'added'] : ['updated', 'updated']
  return pending({
    comment: `${name} entry will be ${will} in ${config}.`,
    changes: { persist: answer },
    async apply() {
      await setFstab(ctx, entry, false)
      return done(`${name} entry ${did} in ${config}.`, { persist: answer })
    },
  })
}

export async function planAbsent(ctx: StateContext, want: AbsentWishes): Promise<StatePlan> {
  const { config, mount_by } = want
  const name = place(want.fs_file)
  const device = await named(ctx, want.name, mount_by)
  if (device === undefined) return impossible(`Device ${want.name} cannot be converted to ${mount_by}`)
  const table = await ctx.salt('mount.fstab', [config])
  const entry = isRecord(table) ? table[name] : undefined
  if (!isRecord(entry)) return right(`${name} entry is already missing in ${config}.`)
  return pending({
    comment: `${name} entry will be removed from ${config}.`,
    changes: {},
    async apply() {
      await ctx.salt('mount.rm_fstab', [name, device, config])
      const after = await ctx.salt('mount.fstab', [config])
      if (isRecord(after) && name in after) return failed(`${name} entry failed when removing from ${config}.`)
      return done(`${name} entry removed from ${config}.`, { persist: 'removed' })
    },
  })
}
