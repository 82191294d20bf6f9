import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'

interface Wishes {
  readonly name: string
  readonly utc: boolean
}

async function planSystem(ctx: StateContext, want: Wishes): Promise<StatePlan> {
  const { name, utc } = want
  let hasZone: boolean
  try {
    hasZone = (await ctx.salt('timezone.zone_compare', [name])) === true
  } catch (error) {
    ctx.signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return impossible(`Unable to compare desired timezone '${name}' to system timezone: ${reason}`)
  }
  const clock = await ctx.salt('timezone.get_hwclock')
  // What has no hardware clock cannot be wrong about it; without utc nothing is asked of the clock, as in Salt.
  const hasClock = !utc || clock !== 'localtime'
  if (hasZone && hasClock) {
    return right([`Timezone ${name} already set`, ...(utc ? [`UTC already set to ${name}`] : [])].join(', '))
  }
  const comments = [
    ...(hasZone ? [] : [`Timezone ${name} needs to be set`]),
    ...(hasClock ? [] : ['UTC needs to be set to True']),
  ]
  return pending({ comment: comments.join(', '), changes: {}, apply: () => set(ctx, want, { hasZone, hasClock }) })
}

async function set(
  ctx: StateContext,
  { name }: Wishes,
  { hasZone, hasClock }: { readonly hasZone: boolean; readonly hasClock: boolean },
): Promise<StateOutcome> {
  const comments: string[] = []
  const changes: Record<string, unknown> = {}
  let isWell = true
  if (!hasZone) {
    const worked = (await ctx.salt('timezone.set_zone', [name])) === true
    comments.push(worked ? `Set timezone ${name}` : 'Failed to set timezone')
    if (worked) changes.timezone = name
    isWell = worked
  }
  if (!hasClock) {
    const worked = (await ctx.salt('timezone.set_hwclock', ['UTC'])) === true
    comments.push(worked ? 'Set UTC to True' : 'Failed to set UTC to True')
    if (worked) changes.utc = true
    isWell &&= worked
  }
  return (isWell ? done : failed)(comments.join(', '), changes)
}

export const timezone = defineStates({
  name: 'timezone',
  doc: 'Sets the time zone of the system.',
  functions: {
    system: state({
      doc: 'Let the system keep the time of a zone.',
      args: {
        name: s.string('The zone, such as Europe/Berlin'),
        utc: s.withDefault(s.boolean('Let the hardware clock keep UTC'), true),
      },
      examples: ['Europe/Berlin:\n  timezone.system'],
      plan: planSystem,
    }),
  },
})
