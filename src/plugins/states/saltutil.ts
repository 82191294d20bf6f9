import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { syncKinds } from '../../engine/functions/extension-sync.ts'
import { defineStates, type StateContext, type StateDefinition, state } from '../../engine/plugin.ts'
import { done, failed, pending, type StatePlan } from '../../engine/state/plan.ts'

const args = {
  name: s.string('Any text'),
  saltenv: s.optional(s.any('Environments of the file server, as a list or with commas; base by default')),
  refresh: s.withDefault(s.boolean('Load what was synced'), true),
  extmod_whitelist: s.optional(s.any('Sync these only: names as a list or with commas')),
  extmod_blacklist: s.optional(s.any('Do not sync these: names as a list or with commas')),
}

type Given = Readonly<Record<string, unknown>>

/** @param changesOf what the answer of the function tells of changes: kind → names. */
function planSync(
  ctx: StateContext,
  fun: string,
  want: Given,
  comment: string,
  changesOf: (answer: unknown) => Record<string, unknown>,
): StatePlan {
  const { name: _, ...options } = want
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return pending({
    comment: `saltutil.${fun} would have been run`,
    changes: {},
    async apply() {
      try {
        const changes = changesOf(await ctx.salt(`saltutil.${fun}`, [], given))
        return Object.keys(changes).length === 0 ? done('No updates to sync') : done(comment, changes)
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Failed to run ${fun}: ${asSaltError(error).message}`)
      }
    },
  })
}

function filled(answer: Given): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer).filter(([, names]) => Array.isArray(names) && names.length > 0))
}

function syncState(kind: string): StateDefinition {
  return state({
    doc: `Have the user's own ${kind === 'output' ? 'outputters' : kind} as they are on the file server.`,
    args,
    examples: [`what we need:\n  saltutil.sync_${kind}`],
    plan: (ctx, want) =>
      planSync(ctx, `sync_${kind}`, want, `Updated ${kind}.`, (answer) => filled({ [kind]: answer })),
  })
}

export const saltutil = defineStates({
  name: 'saltutil',
  doc: "Brings the user's own plugins to this minion.",
  functions: {
    ...Object.fromEntries([...syncKinds, 'outputters'].map((kind) => [`sync_${kind}`, syncState(kind)])),
    sync_all: state({
      doc: "Have all of the user's own plugins as they are on the file server.",
      args,
      examples: ['what we need:\n  saltutil.sync_all:\n    - refresh: True'],
      plan: (ctx, want) =>
        planSync(ctx, 'sync_all', want, 'Sync performed', (answer) => filled(isRecord(answer) ? answer : {})),
    }),
  },
})
