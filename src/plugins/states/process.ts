import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineStates, state } from '../../engine/plugin.ts'
import { done, pending, right } from '../../engine/state/plan.ts'

const noneRuns = 'No matching processes running'

export const processStates = defineStates({
  name: 'process',
  doc: 'Ends processes.',
  functions: {
    absent: state({
      doc: 'Have no process whose command line has a text in it.',
      args: {
        name: s.string('The text'),
        user: s.optional(s.string('Only processes of this user')),
        signal: s.optional(s.integer('Number of the signal that ends them; 15 (TERM) by default')),
      },
      examples: ['no miners:\n  process.absent:\n    - name: xmrig'],
      async plan(ctx, { name, user, signal }) {
        const which = { full: true, ...(user === undefined ? {} : { user }) }
        const found = await ctx.salt('ps.pgrep', [name], which)
        if (!Array.isArray(found) || found.length === 0) return right(noneRuns)
        return pending({
          comment: `${found.length} processes will be killed`,
          changes: { killed: found },
          async apply() {
            const killed = await ctx.salt('ps.pkill', [name], { ...which, ...(signal === undefined ? {} : { signal }) })
            if (!isRecord(killed) || !Array.isArray(killed.killed)) return done(noneRuns)
            return done(`Killed ${killed.killed.length} processes`, killed)
          },
        })
      },
    }),
  },
})
