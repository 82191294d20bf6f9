import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../engine/state/plan.ts'

async function planPresent(ctx: StateContext, { name }: { readonly name: string }): Promise<StatePlan> {
  if ((await ctx.salt('locale.avail', [name])) === true) return right(`Locale ${name} is already present`)
  return pending({
    comment: `Locale ${name} needs to be generated`,
    changes: {},
    async apply() {
      const generated = await ctx.salt('locale.gen_locale', [name])
      if (generated !== true) return failed(`Failed to generate locale ${name}`)
      return done(`Generated locale ${name}`, { locale: name })
    },
  })
}

async function planSystem(ctx: StateContext, { name }: { readonly name: string }): Promise<StatePlan> {
  try {
    if ((await ctx.salt('locale.get_locale')) === name) return right(`System locale ${name} already set`)
  } catch (error) {
    ctx.signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return impossible(`Failed to get the system locale: ${reason}`)
  }
  return pending({
    comment: `System locale ${name} needs to be set`,
    changes: {},
    async apply() {
      if ((await ctx.salt('locale.set_locale', [name])) !== true) return failed('Failed to set system locale')
      return done(`Set system locale ${name}`, { locale: name })
    },
  })
}

const name = s.string('Name of the locale, such as en_US.UTF-8')

export const locale = defineStates({
  name: 'locale',
  doc: 'Makes and sets locales.',
  functions: {
    present: state({
      doc: 'Let a locale be usable.',
      args: { name },
      examples: ['de_DE.UTF-8:\n  locale.present'],
      plan: planPresent,
    }),
    system: state({
      doc: 'Let a locale be that of the system.',
      args: { name },
      examples: ['en_US.UTF-8:\n  locale.system:\n    - require:\n      - locale: en_US.UTF-8'],
      plan: planSystem,
    }),
  },
})
