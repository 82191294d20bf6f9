import { s } from '../../base/schema.ts'
import { defineRunner, type Grains, type RunnerContext, runnerFn } from '../../engine/plugin.ts'

const environment = s.optional(s.string('The only environment that pillar is taken from'))
const saltenv = s.withDefault(s.string('Environment of the states'), 'base')

interface Asked {
  readonly id: string
  readonly saltenv: string
  readonly pillarenv?: string
  readonly grains: Grains
}

/** A minion with the grains that it told last, and what the caller says of it. */
function minionOf(
  ctx: RunnerContext,
  { minion, ...asked }: { minion: string; saltenv: string; pillarenv?: string | undefined },
  extra: Readonly<Record<string, unknown>>,
): Asked {
  const pillarenv = asked.pillarenv
  return {
    id: minion,
    saltenv: asked.saltenv,
    ...(pillarenv === undefined ? {} : { pillarenv }),
    grains: { ...(ctx.minions.grains(minion) ?? { fqdn: minion }), ...extra },
  }
}

export const pillar = defineRunner({
  name: 'pillar',
  doc: 'Shows the pillar of minions as the master makes it.',
  functions: {
    show_pillar: runnerFn({
      doc: 'Make the pillar of a minion and show it. Further arguments stand for grains of it.',
      args: { minion: s.withDefault(s.string('Id of the minion'), '*'), saltenv, pillarenv: environment },
      extra: s.any('A grain'),
      returns: s.record(s.any()),
      examples: ['salt run pillar.show_pillar web1', 'salt run pillar.show_pillar web1 os=Debian pillarenv=dev'],
      isSecret: true,
      run: async (ctx, args, { extra }) => ({ ...(await ctx.pillar.compile(minionOf(ctx, args, extra))) }),
    }),
    show_top: runnerFn({
      doc: 'Show the top file of pillar as it is rendered for a minion, or for none in particular.',
      args: { minion: s.withDefault(s.string('Id of the minion'), '*'), saltenv, pillarenv: environment },
      extra: s.any('A grain'),
      returns: s.any('Environment → target → what it gets; or a list of errors'),
      examples: ['salt run pillar.show_top', 'salt run pillar.show_top web1'],
      async run(ctx, args, { extra }) {
        const { top, errors } = await ctx.pillar.top(minionOf(ctx, args, extra))
        if (errors.length === 0) return { ...top }
        ctx.progress(errors, { outputter: 'nested' })
        ctx.setRetcode(1)
        return [...errors]
      },
    }),
    show_pillar_cache: runnerFn({
      doc: 'Show what pillar_cache keeps of minions, by environment.',
      args: { minion: s.withDefault(s.string('Which minions'), '*') },
      returns: s.record(s.any()),
      examples: ["salt run pillar.show_pillar_cache 'web*'"],
      isSecret: true,
      run: (ctx, { minion }) =>
        Object.fromEntries(
          ctx.minions
            .match(minion, 'glob')
            .map((id) => [id, ctx.pillar.cached(id)] as const)
            .filter(([, kept]) => Object.keys(kept).length > 0),
        ),
    }),
    clear_pillar_cache: runnerFn({
      doc: 'Forget what pillar_cache keeps of minions: their pillar is made anew when they ask next.',
      args: { minion: s.withDefault(s.string('Which minions'), '*') },
      extra: s.any('Accepted, and without effect here'),
      returns: s.any('What was kept, by minion and environment; false where pillar_cache is off'),
      examples: ["salt run pillar.clear_pillar_cache 'web*'"],
      isSecret: true,
      run: (ctx, { minion }) => ctx.pillar.clearCache(ctx.minions.match(minion, 'glob')) ?? false,
    }),
  },
})
