import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../engine/state/plan.ts'

const name = s.string('Name of the group of alternatives, such as editor')
const path = s.path('The alternative')

interface Choice {
  readonly name: string
  readonly path: string
}

async function exists(ctx: StateContext, { name, path }: Choice): Promise<boolean> {
  return (await ctx.salt('alternatives.check_exists', [name, path])) === true
}

async function current(ctx: StateContext, group: string): Promise<string | undefined> {
  const found = await ctx.salt('alternatives.show_current', [group])
  return typeof found === 'string' && found !== '' ? found : undefined
}

async function planInstall(
  ctx: StateContext,
  want: Choice & { readonly link: string; readonly priority: number },
): Promise<StatePlan> {
  const { name, link, path, priority } = want
  if (await exists(ctx, want)) return right(`Alternative ${path} for ${name} is already registered`)
  const changes = { name, link, path, priority }
  return pending({
    comment: `Alternative will be set for ${name} to ${path} with priority ${priority}`,
    changes: {},
    async apply() {
      const said = await ctx.salt('alternatives.install', [name, link, path, priority])
      if (!(await exists(ctx, want))) return failed(`Alternative for ${name} not installed: ${said}`)
      const isUsed = (await ctx.salt('alternatives.check_installed', [name, path])) === true
      const comment = isUsed
        ? `Alternative for ${name} set to path ${path} with priority ${priority}`
        : `Alternative ${path} for ${name} registered with priority ${priority} and not set to default`
      return done(comment, changes)
    },
  })
}

async function planRemove(ctx: StateContext, want: Choice): Promise<StatePlan> {
  const { name, path } = want
  if (!(await exists(ctx, want))) {
    const now = await current(ctx, name)
    if (now === undefined) return impossible(`Alternative for ${name} doesn't exist`)
    return right(`Alternative for ${name} is set to it's default path ${now}`)
  }
  return pending({
    comment: `Alternative for ${name} will be removed`,
    changes: {},
    async apply() {
      const said = await ctx.salt('alternatives.remove', [name, path])
      if (await exists(ctx, want)) return failed(`Alternative for ${name} not removed: ${said}`)
      const now = await current(ctx, name)
      if (now === undefined) return done(`Alternative for ${name} removed`, { [name]: 'removed' })
      return done(`Alternative for ${name} removed. Falling back to path ${now}`, { path: now })
    },
  })
}

async function planAuto(ctx: StateContext, { name }: Pick<Choice, 'name'>): Promise<StatePlan> {
  const display = String(await ctx.salt('alternatives.display', [name]))
  const [first = ''] = display.split('\n')
  if (/ auto mode$| status is auto\.?$/.test(first)) return right(`${name} already in auto mode`)
  return pending({
    comment: `${name} will be put in auto mode`,
    changes: {},
    async apply() {
      const result = await ctx.salt('alternatives.auto', [name])
      return done('', { result })
    },
  })
}

async function planSet(ctx: StateContext, want: Choice): Promise<StatePlan> {
  const { name, path } = want
  if ((await current(ctx, name)) === path) return right(`Alternative for ${name} already set to ${path}`)
  const comment = `Alternative for ${name} will be set to path ${path}`
  const isThere = String(await ctx.salt('alternatives.display', [name]))
    .split('\n')
    .some((line) => line.startsWith(path))
  if (!isThere) return impossible(`Alternative ${path} for ${name} doesn't exist`)
  return pending({
    comment,
    changes: {},
    async apply() {
      await ctx.salt('alternatives.set', [name, path])
      if ((await current(ctx, name)) !== path) return failed(`Alternative for ${name} not updated`)
      return done(`Alternative for ${name} set to path ${path}`, { path })
    },
  })
}

export const alternatives = defineStates({
  name: 'alternatives',
  doc: 'Chooses among programs that serve the same purpose.',
  functions: {
    install: state({
      doc: 'Let a path be an alternative of a group, with a priority.',
      args: {
        name,
        link: s.path('Link that the group is used by'),
        path,
        priority: s.integer('Greater numbers come first'),
      },
      examples: [
        'editor:\n  alternatives.install:\n    - link: /usr/bin/editor\n    - path: /usr/bin/vim.basic\n    - priority: 60',
      ],
      plan: planInstall,
    }),
    remove: state({
      doc: 'Let a path not be an alternative of a group.',
      args: { name, path },
      examples: ['editor:\n  alternatives.remove:\n    - path: /usr/bin/vim.basic'],
      plan: planRemove,
    }),
    auto: state({
      doc: 'Let the alternative with the greatest priority be used.',
      args: { name },
      examples: ['editor:\n  alternatives.auto'],
      plan: planAuto,
    }),
    set: state({
      doc: 'Let one alternative be used, whatever the priorities.',
      args: { name, path },
      examples: ['editor:\n  alternatives.set:\n    - path: /usr/bin/vim.basic'],
      plan: planSet,
    }),
  },
})
