import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { impossible, right, type StatePlan } from '../../engine/state/plan.ts'

interface Space {
  readonly used: number
  readonly available: number
  /** As the function tells it. */
  readonly data: unknown
}

interface Limits {
  readonly maximum: number | undefined
  readonly minimum: number | undefined
  readonly absolute: boolean
  readonly free: boolean
}

/** A number, perhaps with its unit; a text where it is none. */
function limitOf(name: string, given: number | string | undefined, isPercent: boolean): number | undefined | string {
  if (given === undefined) return undefined
  const text = String(given)
    .replace(isPercent ? /[ %]+$/ : /[ KB]+$/, '')
    .trim()
  if (!/^[-+]?\d+$/.test(text)) return `${name} must be an integer `
  const value = Number(text)
  return isPercent && (value < 0 || value > 100) ? `${name} must be in the range [0, 100] ` : value
}

/** Undefined where no file system is mounted there. */
async function spaceOfMount(ctx: StateContext, name: string, absolute: boolean): Promise<Space | undefined> {
  const usage = await ctx.salt('disk.usage')
  const data = isRecord(usage) ? usage[name] : undefined
  if (!isRecord(data)) return undefined
  if (absolute) return { used: Number(data.used), available: Number(data.available), data }
  const used = Number.parseInt(String(data.capacity), 10)
  return { used, available: 100 - used, data }
}

/** A text where it is no folder. */
async function spaceOfFolder(ctx: StateContext, name: string, absolute: boolean): Promise<Space | string> {
  if ((await ctx.salt('file.directory_exists', [name])) !== true) {
    return `Directory ${name} does not exist or is not a directory`
  }
  const data = await ctx.salt('status.diskusage', [name])
  const { total = 0, available = 0 } = isRecord(data) && isRecord(data[name]) ? data[name] : {}
  const [all, left] = [Number(total), Number(available)]
  if (absolute) return { used: all - left, available: left, data }
  const percent = (part: number): number => (all === 0 ? 0 : Math.round((part / all) * 1000) / 10)
  return { used: percent(all - left), available: percent(left), data }
}

function judge(space: Space, { maximum, minimum, absolute, free }: Limits): StatePlan {
  const [what, amount] = free ? (['available', space.available] as const) : (['used', space.used] as const)
  const unit = absolute ? 'KB' : '%'
  const more = { more: { data: space.data } }
  const told = (where: string, limit: number): string =>
    `Disk ${what} space is ${where} of ${limit} ${unit} at ${amount} ${unit}`
  if (minimum !== undefined && amount < minimum) return impossible(told('below minimum', minimum), more)
  if (maximum !== undefined && amount > maximum) return impossible(told('above maximum', maximum), more)
  return right('Disk used space in acceptable range', more)
}

const limit = (what: string) => s.optional(s.union([s.number(), s.string()], what))

export const disk = defineStates({
  name: 'disk',
  doc: 'Checks how full file systems are; changes nothing.',
  functions: {
    status: state({
      doc: 'Check that the space of a file system lies within limits.',
      args: {
        name: s.string('Where it is mounted, or a folder on it'),
        maximum: limit('The most that is good: per cent, or kilobytes with absolute'),
        minimum: limit('The least that is good'),
        absolute: s.withDefault(s.boolean('The limits are kilobytes; bytes for a folder'), false),
        free: s.withDefault(s.boolean('The limits are for what is free, not for what is used'), false),
      },
      examples: ['/srv:\n  disk.status:\n    - maximum: 97%'],
      async plan(ctx, { name, absolute, free, ...given }) {
        const maximum = limitOf('maximum', given.maximum, !absolute)
        const minimum = limitOf('minimum', given.minimum, !absolute)
        const faults = [maximum, minimum].filter((value) => typeof value === 'string')
        if (typeof maximum === 'number' && typeof minimum === 'number' && minimum >= maximum) {
          faults.push('minimum must be less than maximum ')
        }
        if (typeof maximum === 'string' || typeof minimum === 'string' || faults.length > 0) {
          return impossible(faults.join(''), { more: { data: {} } })
        }
        const limits: Limits = { maximum, minimum, absolute, free }
        const mounted = await spaceOfMount(ctx, name, absolute)
        if (mounted !== undefined) return judge(mounted, limits)
        const space = await spaceOfFolder(ctx, name, absolute)
        if (typeof space !== 'string') return judge(space, limits)
        return impossible(`Disk mount ${name} not present. ${space}`, { more: { data: {} } })
      },
    }),
  },
})
