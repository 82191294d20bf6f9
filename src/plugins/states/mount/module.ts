import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { isRecord } from '../../../base/narrow.ts'
import { type StaticProperties, s } from '../../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../../engine/plugin.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { absentArguments, fstabComment, planAbsent, planPresent, presentArguments, setFstab } from './fstab.ts'
import { activeMounts, mountedArguments, planMounted, planRemount } from './mounted.ts'

const { config } = mountedArguments

const swapArguments = {
  name: s.path('The swap file, or partition'),
  persist: s.withDefault(s.boolean('Use it at boot too'), true),
  config,
}

type SwapWishes = StaticProperties<typeof swapArguments>

async function isSwap(ctx: StateContext, device: string): Promise<Record<string, unknown> | undefined> {
  const swaps = await ctx.salt('mount.swaps')
  const found = isRecord(swaps) ? swaps[device] : undefined
  return isRecord(found) ? found : undefined
}

/** Where a link such as /dev/disk/by-uuid/… leads. */
function linked(ctx: StateContext, name: string): string {
  try {
    const target = readlinkSync(ctx.at(name))
    return target.startsWith('/') ? target : `/dev/${basename(target)}`
  } catch {
    return name
  }
}

async function planSwap(ctx: StateContext, want: SwapWishes): Promise<StatePlan> {
  const { name, persist } = want
  const device = linked(ctx, name)
  const entry = {
    name: 'none',
    device: name,
    fstype: 'swap',
    opts: ['defaults'],
    dump: 0,
    pass_num: 0,
    match_on: 'auto',
    config: want.config,
  }
  const isActive = (await isSwap(ctx, device)) !== undefined
  const answer = persist ? await setFstab(ctx, entry, true) : 'present'
  if (isActive && answer === 'present') return right(`Swap ${name} already active`)
  const comment = isActive
    ? `Swap ${name} is set to be added to the fstab and to be activated`
    : `Swap ${name} is set to be activated`
  return pending({
    comment,
    changes: {},
    async apply() {
      const active = isActive ? done(`Swap ${name} already active`) : await activate(ctx, name, device)
      if (!persist || !active.result) return active
      const written = await setFstab(ctx, entry, false)
      if (written === 'present') return active
      const outcome = written === 'bad config' ? failed : done
      const kept = written === 'bad config' ? {} : { persist: written === 'change' ? 'update' : written }
      return outcome(`${active.comment}${fstabComment(written)}`, { ...active.changes, ...kept })
    },
  })
}

async function activate(ctx: StateContext, name: string, device: string): Promise<StateOutcome> {
  await ctx.salt('mount.swapon', [device])
  const now = await isSwap(ctx, device)
  return now === undefined ? failed(`Swap ${name} failed to activate`) : done(`Swap ${name} activated`, now)
}

const unmountedArguments = {
  name: s.path('The mount point'),
  device: s.optional(s.string('What is mounted')),
  config,
  persist: s.withDefault(s.boolean('Take it out of the table of file systems too'), false),
  user: mountedArguments.user,
}

type UnmountedWishes = StaticProperties<typeof unmountedArguments>

async function planUnmounted(ctx: StateContext, want: UnmountedWishes): Promise<StatePlan> {
  const { name, device, persist } = want
  const isMounted = name in (await activeMounts(ctx))
  const entry = persist ? await fstabDevice(ctx, want) : undefined
  const before = 'Target was already unmounted'
  if (!isMounted && !persist) return right(before)
  if (!isMounted && entry === undefined) return right(`${before}. fstab entry not found`)
  if (!isMounted && device !== undefined && entry !== device) {
    return right(`${before}. fstab entry for device ${device} not found`)
  }
  return pending({
    comment: isMounted
      ? `Mount point ${name} is mounted but should not be`
      : `Mount point ${name} is unmounted but needs to be purged from ${want.config} to be made persistent`,
    changes: {},
    apply: () => unmount(ctx, want, isMounted, entry),
  })
}

async function fstabDevice(ctx: StateContext, want: UnmountedWishes): Promise<string | undefined> {
  const table = await ctx.salt('mount.fstab', [want.config])
  const entry = isRecord(table) ? table[want.name] : undefined
  return isRecord(entry) ? String(entry.device) : undefined
}

async function unmount(
  ctx: StateContext,
  want: UnmountedWishes,
  isMounted: boolean,
  entry: string | undefined,
): Promise<StateOutcome> {
  const { name, device, user, persist } = want
  const changes: Record<string, unknown> = {}
  let comment = 'Target was already unmounted'
  if (isMounted) {
    const more = { ...(device === undefined ? {} : { device }), ...(user === undefined ? {} : { user }) }
    const answer = await ctx.salt('mount.umount', [name], more)
    if (answer !== true) return failed(String(answer))
    comment = 'Target was successfully unmounted'
    changes.umount = true
    await ctx.salt('mount.delete_mount_cache', [name])
  }
  if (!persist) return done(comment, changes)
  if (entry === undefined) return done(`${comment}. fstab entry not found`, changes)
  if (device !== undefined && entry !== device) {
    return done(`${comment}. fstab entry for device ${device} not found`, changes)
  }
  await ctx.salt('mount.rm_fstab', [name, entry, want.config])
  return done(`${comment}. Removed target from fstab`, { ...changes, persist: 'purged' })
}

/** Only what is mounted can be mounted again. */
function cannotWatch(ctx: StateContext): StatePlan {
  return impossible(`Watch not supported in ${ctx.chunk.fun} at this time`)
}

export const mount = defineStates({
  name: 'mount',
  doc: 'Mounts and unmounts file systems, and keeps the table of file systems.',
  functions: {
    mounted: state({
      doc: 'Let a file system be mounted, now and at boot.',
      args: mountedArguments,
      ignored: {
        extra_mount_ignore_fs_keys: 'hidden_opts names options that are no reason to mount again',
        extra_mount_translate_options: 'hidden_opts names options that are shown in other words',
      },
      examples: [
        '/srv/data:\n  mount.mounted:\n    - device: /dev/vdb1\n    - fstype: ext4\n    - mkmnt: true\n    - opts:\n      - defaults\n      - noatime',
      ],
      plan: planMounted,
      watch: planRemount,
    }),
    unmounted: state({
      doc: 'Let nothing be mounted at a place.',
      args: unmountedArguments,
      examples: ['/srv/data:\n  mount.unmounted:\n    - device: /dev/vdb1\n    - persist: true'],
      plan: planUnmounted,
      watch: cannotWatch,
    }),
    swap: state({
      doc: 'Let a file or partition be used as swap space.',
      args: swapArguments,
      examples: ['/swapfile:\n  mount.swap'],
      plan: planSwap,
      watch: cannotWatch,
    }),
    fstab_present: state({
      doc: 'Let an entry be in the table of file systems. Nothing is mounted.',
      args: presentArguments,
      examples: [
        '/dev/vdb1:\n  mount.fstab_present:\n    - fs_file: /srv/data\n    - fs_vfstype: ext4\n    - mount_by: uuid',
      ],
      plan: planPresent,
    }),
    fstab_absent: state({
      doc: 'Let an entry not be in the table of file systems. Nothing is unmounted.',
      args: absentArguments,
      examples: ['/dev/vdb1:\n  mount.fstab_absent:\n    - fs_file: /srv/data'],
      plan: planAbsent,
    }),
  },
})
