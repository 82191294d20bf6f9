import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../engine/state/plan.ts'
import { reasonOf } from '../../engine/state/wording.ts'
import { unlessMissing } from '../modules/docker/containers.ts'
import type { Fields } from '../modules/docker/engine.ts'

const name = s.string('Name of the volume')

async function findVolume(ctx: StateContext, which: string): Promise<Fields | undefined> {
  return (await unlessMissing(ctx.salt('docker.inspect_volume', [which]))) as Fields | undefined
}

interface PresentArguments {
  readonly name: string
  readonly driver?: string | undefined
  readonly driver_opts?: unknown
  readonly force: boolean
}

async function planPresent(ctx: StateContext, want: PresentArguments): Promise<StatePlan> {
  const volume = await findVolume(ctx, want.name)
  const isOther = volume !== undefined && want.driver !== undefined && volume.Driver !== want.driver
  if (volume !== undefined && !isOther) return right(`Volume '${want.name}' already exists.`)
  if (isOther && !want.force) {
    return impossible(
      `Driver for existing volume '${want.name}' ('${String(volume.Driver)}') does not match specified driver ('${want.driver}') and force is False`,
    )
  }
  return pending({
    comment: isOther
      ? `The volume '${want.name}' will be replaced with a new one using the driver '${want.driver}'`
      : `The volume '${want.name}' will be created`,
    changes: { ...(isOther ? { removed: true } : {}), created: true },
    async apply() {
      try {
        const removed = isOther ? { removed: await ctx.salt('docker.remove_volume', [want.name]) } : {}
        const { driver, driver_opts } = want
        return done('', {
          ...removed,
          created: await ctx.salt('docker.create_volume', [want.name], { driver, driver_opts }),
        })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Failed to create volume '${want.name}': ${reasonOf(error)}`)
      }
    },
  })
}

async function planAbsent(ctx: StateContext, which: string): Promise<StatePlan> {
  if ((await findVolume(ctx, which)) === undefined) return right(`Volume '${which}' already absent`)
  const changes = { removed: true }
  return pending({
    comment: `The volume '${which}' will be removed`,
    changes,
    async apply() {
      try {
        await ctx.salt('docker.remove_volume', [which])
        return done('', changes)
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Failed to remove volume '${which}': ${reasonOf(error)}`)
      }
    },
  })
}

export const dockerVolume = defineStates({
  name: 'docker_volume',
  doc: 'Volumes of Docker, over the socket of its Engine.',
  functions: {
    present: state({
      doc: 'Have a volume.',
      args: {
        name,
        driver: s.optional(s.string('Driver of the volume; whichever it has, by default')),
        driver_opts: s.optional(s.any('Options of the driver for a new volume: a mapping, or a list of mappings')),
        force: s.withDefault(s.boolean('Remove a volume of another driver, with all that it holds'), false),
      },
      examples: ['data:\n  docker_volume.present:\n    - driver: local'],
      plan: (ctx, want) => planPresent(ctx, want),
    }),
    absent: state({
      doc: 'Have no such volume.',
      args: { name },
      ignored: { driver: 'a volume is known by its name' },
      examples: ['old-data:\n  docker_volume.absent'],
      plan: (ctx, want) => planAbsent(ctx, want.name),
    }),
  },
})
