import { s } from '../../base/schema.ts'
import { assertOperand, changes, linesOf, mustRun, succeeds, wordsOf } from '../../engine/functions/host-programs.ts'
import type { BootPlace, ServiceAction, ServiceManager } from '../../engine/functions/services/manager.ts'
import { serviceDoc, serviceFunctions, serviceName } from '../../engine/functions/services/service-functions.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

/** All services with the runlevels that start them: `sshd | default`. */
async function readRunlevels(ctx: FunctionContext): Promise<ReadonlyMap<string, string[]>> {
  const { stdout } = await mustRun(ctx, ['rc-update', '-v', 'show'])
  const table = new Map<string, string[]>()
  for (const line of linesOf(stdout)) {
    const bar = line.indexOf('|')
    if (bar > 0) table.set(line.slice(0, bar).trim(), wordsOf(line.slice(bar + 1)).sort())
  }
  return table
}

async function selected(ctx: FunctionContext, accept: (levels: readonly string[]) => boolean) {
  return [...(await readRunlevels(ctx))].filter(([, levels]) => accept(levels)).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** What the init scripts call these; those that have no such command are restarted. */
async function act(ctx: FunctionContext, action: ServiceAction, name: string): Promise<boolean> {
  if (action === 'try-restart') return changes(ctx, ['rc-service', '--ifstarted', name, 'restart'])
  if (action !== 'force-reload') return changes(ctx, ['rc-service', name, action])
  return (await succeeds(ctx, ['rc-service', name, 'reload'])) || changes(ctx, ['rc-service', name, 'restart'])
}

async function enable(ctx: FunctionContext, name: string, wanted: readonly string[]): Promise<boolean> {
  const present = (await readRunlevels(ctx)).get(name) ?? []
  if (wanted.length === 0) return present.length > 0 || changes(ctx, ['rc-update', 'add', name])
  const superfluous = present.filter((level) => !wanted.includes(level))
  const missing = wanted.filter((level) => !present.includes(level))
  if (superfluous.length > 0 && !(await changes(ctx, ['rc-update', 'delete', name, ...superfluous]))) return false
  return missing.length === 0 || changes(ctx, ['rc-update', 'add', name, ...missing])
}

async function disable(ctx: FunctionContext, name: string, given: readonly string[]): Promise<boolean> {
  const present = (await readRunlevels(ctx)).get(name) ?? []
  const levels = given.length === 0 ? present : given.filter((level) => present.includes(level))
  return levels.length === 0 || changes(ctx, ['rc-update', 'delete', name, ...levels])
}

async function isEnabled(ctx: FunctionContext, name: string, { runlevels }: BootPlace): Promise<boolean> {
  const levels = (await readRunlevels(ctx)).get(name) ?? []
  return levels.length > 0 && runlevels.every((level) => levels.includes(level))
}

const openrc: ServiceManager = {
  all: async (ctx) => Object.fromEntries(await selected(ctx, () => true)),
  enabled: async (ctx) => Object.fromEntries(await selected(ctx, (levels) => levels.length > 0)),
  disabled: async (ctx) => (await selected(ctx, (levels) => levels.length === 0)).map(([name]) => name),
  isAvailable: async (ctx, name) => (await readRunlevels(ctx)).has(name),
  isRunning: (ctx, name) => succeeds(ctx, ['rc-service', name, 'status']),
  isEnabled,
  act,
  setEnabled: (ctx, name, enabled, { runlevels }) => (enabled ? enable : disable)(ctx, name, runlevels),
}

export const serviceOpenrc = defineModule({
  name: 'service',
  doc: serviceDoc,
  available: ({ grains }) =>
    grains.init !== 'systemd' && (grains.init === 'openrc' || ['Gentoo', 'Alpine'].includes(String(grains.os)))
      ? true
      : 'this is no system with OpenRC',
  functions: {
    ...serviceFunctions(openrc),
    zap: fn({
      doc: 'Take a service for stopped whatever it does, with OpenRC.',
      args: { name: serviceName },
      returns: s.boolean('Whether it worked'),
      examples: ["salt '*' service.zap nginx"],
      run(ctx, { name }) {
        assertOperand(name, 'the name of a service')
        return changes(ctx, ['rc-service', name, 'zap'])
      },
    }),
  },
})
