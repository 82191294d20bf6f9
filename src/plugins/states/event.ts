import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StatePlan } from '../../engine/state/plan.ts'

const flagOrNames = (what: string) => s.withDefault(s.union([s.boolean(), s.array(s.string())], what), false)

const args = {
  name: s.string('Tag of the event'),
  data: s.optional(s.record(s.any(), 'Data of the event')),
  preload: s.optional(s.record(s.any(), 'Fields of the event beside data')),
  with_env: flagOrNames('Add environment variables: all, or those named'),
  with_grains: flagOrNames('Add grains: all, or those named'),
  with_pillar: flagOrNames('Add pillar: all, or the keys named'),
  show_changed: s.withDefault(s.boolean('Show the event as a change'), true),
}
const extra = s.any('More data')

type Given = Readonly<Record<string, unknown>>

function plan(ctx: StateContext, want: Given, { extra: more }: { readonly extra: Given }): StatePlan {
  const { name, show_changed, ...options } = want
  const changes = show_changed === true ? { tag: name, data: want.data ?? null } : {}
  const given = Object.fromEntries(Object.entries({ ...options, ...more }).filter(([, value]) => value !== undefined))
  return pending({
    comment: 'Event would have been fired',
    changes,
    async apply() {
      const isTaken = await ctx.salt('event.send', [name], given)
      return isTaken === true ? done('Event fired', changes) : failed('The event could not be fired: nobody took it')
    },
  })
}

function sending(verb: string) {
  return state({
    doc: 'Fire an event on the bus of the master, or on that of this minion where it has no master.',
    args,
    extra,
    examples: [`my/tag:\n  event.${verb}:\n    - data:\n        stage: half way`],
    plan,
    watch: plan,
  })
}

export const event = defineStates({
  name: 'event',
  doc: 'Fires events while states are applied.',
  functions: {
    send: sending('send'),
    fire_master: sending('fire_master'),
    wait: state({
      doc: 'Fire an event when something that this state watches has changed; do nothing otherwise.',
      args,
      extra,
      examples: [
        'web server:\n  test.succeed_with_changes: []\n\nmy/tag:\n  event.wait:\n    - data:\n        stage: new\n    - watch:\n        - test: web server',
      ],
      plan: () => right(''),
      watch: plan,
    }),
  },
})
