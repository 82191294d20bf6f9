/** What the states of `service` ask and tell the service manager. */
import { setTimeout as wait } from 'node:timers/promises'
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'

const runlevels = s.optional(s.any('Runlevels in which it starts, with OpenRC'))

export const bootArguments = {
  name: s.string('Name of the service'),
  no_block: s.withDefault(s.boolean('Do not wait until it is done, with systemd'), false),
  unmask: s.withDefault(s.boolean('Lift the mask of the service first, with systemd'), false),
  unmask_runtime: s.withDefault(s.boolean('Lift the mask that lasts until the next boot, with systemd'), false),
  runlevels,
} satisfies Record<string, Schema>

export const runArguments = {
  name: bootArguments.name,
  enable: s.optional(s.boolean('Whether it starts at boot; left as it is by default')),
  sig: s.optional(s.string('Expression for the line of its process, where the service manager cannot tell')),
  init_delay: s.optional(s.seconds('Wait so long once it was started, stopped or restarted')),
  no_block: bootArguments.no_block,
  unmask: bootArguments.unmask,
  unmask_runtime: bootArguments.unmask_runtime,
  runlevels,
  reload: s.withDefault(s.boolean('For a watch: reload instead of restart'), false),
  force: s.withDefault(s.boolean('For a watch, with reload: restart where it cannot reload'), false),
  full_restart: s.withDefault(s.boolean('For a watch: stop and start, where the service manager knows that'), false),
  enabled: s.optional(s.any('Taken for a mistake: enable is meant')),
} satisfies Record<string, Schema>

export const ignoredArguments = {
  wait: 'the service manager is waited for until it is done',
  timeout: 'only Windows has it',
  restart: 'a watch restarts the service anyway, unless reload says otherwise',
  watch_action: 'reload, force and full_restart say what a watch does',
}

export type BootWishes = StaticProperties<typeof bootArguments>
export type RunWishes = StaticProperties<typeof runArguments>

export async function isOffline(ctx: StateContext): Promise<boolean> {
  return (await hasFunction(ctx, 'service.offline')) && (await ctx.salt('service.offline')) === true
}

export async function isAvailable(ctx: StateContext, name: string): Promise<boolean> {
  return (await ctx.salt('service.available', [name])) === true
}

export async function isRunning(ctx: StateContext, name: string, sig?: string): Promise<boolean> {
  return (await ctx.salt('service.status', [name], sig === undefined ? {} : { sig })) === true
}

export async function isEnabled(
  ctx: StateContext,
  { name, runlevels: levels }: Pick<BootWishes, 'name' | 'runlevels'>,
) {
  const more = levels === undefined ? {} : { runlevels: levels }
  return (await ctx.salt('service.enabled', [name], more)) === true
}

/** Starts, stops, restarts …; whether that worked. Throws what the service manager says. */
export async function act(ctx: StateContext, action: string, want: RunWishes): Promise<boolean> {
  const { name, no_block, unmask, unmask_runtime } = want
  return (await ctx.salt(`service.${action}`, [name], { no_block, unmask, unmask_runtime })) === true
}

export async function pause(ctx: StateContext, seconds: number | undefined): Promise<void> {
  if (seconds !== undefined && seconds > 0) await wait(seconds * 1000, undefined, { signal: ctx.signal })
}

export function notAvailable(name: string): string {
  return `The named service ${name} is not available`
}

/** What a dry run says of a service that another state may bring. */
export function notPresent(name: string, what: string): string {
  return `Service ${name} not present; if created in this state run, it would have been ${what}`
}
