import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

type EventData = Readonly<Record<string, unknown>>

/** To every master; whether one of them took it. */
async function fireOnMasters(ctx: FunctionContext, tag: string, data: EventData): Promise<boolean> {
  const masters = ctx.services.masters ?? []
  if (masters.length === 0) {
    ctx.log.warning('The event was not sent: there is no master', { tag })
    return false
  }
  let taken = false
  for (const master of masters) {
    try {
      const answer = await master.call('fire', { events: [{ tag, data }] }, { signal: ctx.signal })
      taken ||= answer.fired > 0
      for (const reason of answer.refused) ctx.log.warning('The master refused the event', { tag, reason })
    } catch (error) {
      ctx.signal.throwIfAborted()
      const { message } = asSaltError(error)
      ctx.log.error('The event did not reach the master', { tag, master: master.address, reason: message })
    }
  }
  return taken
}

/** All of it, or what is named. */
function selected(all: EventData, wanted: boolean | string[]): EventData {
  if (typeof wanted === 'boolean') return wanted ? all : {}
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))
}

function environment(): EventData {
  return { ...process.env }
}

function flagOrNames(description: string) {
  return s.withDefault(s.union([s.boolean(), s.array(s.string())], description), false)
}

export const event = defineModule({
  name: 'event',
  doc: 'Fires events on the bus of this minion or of its masters.',
  functions: {
    fire: fn({
      doc: 'Fire an event on the bus of this minion.',
      args: {
        data: s.record(s.any(), 'Data of the event'),
        tag: s.string('Tag of the event'),
        timeout: s.optional(s.number('Accepted, and without effect here')),
      },
      returns: s.boolean('Whether there was a bus to fire it on'),
      examples: ["salt '*' event.fire '{stage: done}' my/tag"],
      run: (ctx, { data, tag }) => ctx.emit(tag, data),
    }),
    fire_master: fn({
      doc: 'Fire an event on the bus of the master, under the name of this minion.',
      args: {
        data: s.any('Data of the event'),
        tag: s.string('Tag of the event'),
        preload: s.optional(s.record(s.any(), 'More data; what data says wins')),
        timeout: s.withDefault(s.number('Accepted, and without effect here'), 60),
      },
      returns: s.boolean('Whether the master took it'),
      examples: ["salt '*' event.fire_master '{stage: done}' my/tag"],
      run: (ctx, { data, tag, preload }) =>
        fireOnMasters(ctx, tag, { ...preload, ...(isRecord(data) ? data : { data }) }),
    }),
    send: fn({
      doc: 'Fire an event on the bus of the master, or on that of this minion where it has no master.',
      args: {
        tag: s.string('Tag of the event'),
        data: s.optional(s.record(s.any(), 'Data of the event')),
        preload: s.optional(s.record(s.any(), 'More data; what data says wins')),
        with_env: flagOrNames('Add environment variables: all, or those named'),
        with_grains: flagOrNames('Add grains: all, or those named'),
        with_pillar: flagOrNames('Add pillar: all, or the keys named'),
        with_env_opts: s.withDefault(s.boolean('Add saltenv and pillarenv of the configuration'), false),
        timeout: s.withDefault(s.number('Accepted, and without effect here'), 60),
      },
      extra: s.any('More data'),
      returns: s.boolean('Whether it was taken'),
      examples: [
        "salt '*' event.send my/tag stage=done",
        "salt '*' event.send my/tag '{stage: done}' with_grains='[os]'",
      ],
      run(ctx, args, { extra }) {
        const data: Record<string, unknown> = { ...args.preload }
        if (args.with_env !== false) data.environ = selected(environment(), args.with_env)
        if (args.with_grains !== false) data.grains = selected(ctx.grains, args.with_grains)
        if (args.with_pillar !== false) data.pillar = selected(ctx.pillar, args.with_pillar)
        if (args.with_env_opts) {
          data.saltenv = ctx.config.get('saltenv') ?? 'base'
          data.pillarenv = ctx.config.get('pillarenv') ?? null
        }
        const more = Object.entries(extra).filter(([name]) => !name.startsWith('__pub_'))
        Object.assign(data, Object.fromEntries(more), args.data)
        const masters = ctx.services.masters ?? []
        return masters.length === 0 ? ctx.emit(args.tag, data) : fireOnMasters(ctx, args.tag, data)
      },
    }),
  },
})
