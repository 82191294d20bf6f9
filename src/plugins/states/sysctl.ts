import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { settingName, settingValue } from '../../engine/functions/sysctl-settings.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { hasFunction } from '../../engine/state/functions-here.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'

interface Wishes {
  readonly name: string
  readonly value: string | number
  readonly config: string | undefined
}

/** The kernel separates values with tabs, people with blanks. */
function normal(value: unknown): string {
  return String(value ?? '')
    .trim()
    .replace(/\s+/g, ' ')
}

async function configFile(ctx: StateContext, config: string | undefined): Promise<string> {
  if (config !== undefined) return config
  const known = (await hasFunction(ctx, 'sysctl.default_config')) ? await ctx.salt('sysctl.default_config') : undefined
  return typeof known === 'string' ? known : '/etc/sysctl.conf'
}

async function planPresent(ctx: StateContext, want: Wishes): Promise<StatePlan> {
  const { name } = want
  const value = normal(want.value)
  const config = await configFile(ctx, want.config)
  const shown = await ctx.salt('sysctl.show', [], { config_file: config })
  const kept = isRecord(shown) && shown[name] !== undefined ? normal(shown[name]) : undefined
  const isKept = kept === value
  const runs = normal(await ctx.salt('sysctl.get', [name])) === value
  if (isKept && runs) return right(`Sysctl value ${name} = ${value} is already set`)
  return pending({
    comment: testComment(name, value, { kept, runs }),
    changes: {},
    apply: () => set(ctx, want, config),
  })
}

function testComment(
  name: string,
  value: string,
  { kept, runs }: { readonly kept: string | undefined; readonly runs: boolean },
): string {
  if (runs && kept === undefined) {
    return `Sysctl value is currently set on the running system but not in a config file. Sysctl option ${name} set to be changed to ${value} in config file.`
  }
  return kept === undefined
    ? `Sysctl option ${name} would be changed to ${value}`
    : `Sysctl option ${name} set to be changed to ${value}`
}

async function set(ctx: StateContext, { name, value }: Wishes, config: string): Promise<StateOutcome> {
  try {
    const answer = await ctx.salt('sysctl.persist', [name, value, config])
    if (answer === 'Already set') return done(`Sysctl value ${name} = ${value} is already set`)
    return done(`Updated sysctl value ${name} = ${value}`, { [name]: value })
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Failed to set ${name} to ${value}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export const sysctl = defineStates({
  name: 'sysctl',
  doc: 'Sets parameters of the kernel.',
  functions: {
    present: state({
      doc: 'Let a parameter of the kernel have a value, now and at every boot.',
      args: {
        name: settingName,
        value: settingValue,
        config: s.optional(s.path('The file to keep it in; below /etc/sysctl.d with systemd, else /etc/sysctl.conf')),
      },
      examples: ['vm.swappiness:\n  sysctl.present:\n    - value: 20'],
      plan: planPresent,
    }),
  },
})
