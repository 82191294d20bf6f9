import { asSaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import type { EventLoad } from '../../client/event-load.ts'
import type { MasterFiring } from '../../client/minion-bus.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

type EventData = Readonly<Record<string, unknown>>

interface MasterEvent {
  readonly tag: string
  readonly data: unknown
  readonly preload: EventData | undefined
  readonly timeout: number
}

/** What the preload cannot change: who fires it, and what. */
const givenFields = new Set(['id', 'cmd', 'tok', 'tag', 'data', 'events', '_stamp'])

/** To every master; whether one of them took it, or will get it when it is back. */
async function fireOnMasters(ctx: FunctionContext, { tag, data, preload, timeout }: MasterEvent): Promise<boolean> {
  const shown = Object.entries(preload ?? {}).filter(([name]) => !givenFields.has(name))
  // As in Salt, only what goes over the bus of the minion shows a pretag.
  const isForwarded = ctx.job !== undefined && preload === undefined
  const told: EventLoad = { ...(isForwarded ? { pretag: null } : {}), ...Object.fromEntries(shown), tag, data }
  const load = ctx.services.pillar?.hide(told) ?? told
  const { isTaken, refused } = (await ctx.services.fireMaster?.(load, timeout)) ?? (await askMasters(ctx, load))
  for (const reason of refused) ctx.log.warning('The event was refused', { tag, reason })
  return isTaken
}

/** Where no minion runs on this host: to each master over the session of this process. */
async function askMasters(ctx: FunctionContext, load: EventLoad): Promise<MasterFiring> {
  const refused: string[] = []
  let isTaken = false
  const masters = ctx.services.masters ?? []
  if (masters.length === 0) refused.push('there is no master')
  for (const master of masters) {
    try {
      const answer = await master.call('fire', { events: [load] }, { signal: ctx.signal })
      isTaken ||= answer.fired > 0
      refused.push(...answer.refused)
    } catch (error) {
      ctx.signal.throwIfAborted()
      const { message } = asSaltError(error)
      ctx.log.error('The event did not reach the master', { tag: load.tag, master: master.address, reason: message })
    }
  }
  return { isTaken, refused }
}

/** All of it, or what is named. */
function selected(all: EventData, wanted: boolean | string[]): EventData {
  if (typeof wanted === 'boolean') return wanted ? all : {}
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))
}

function environment(): EventData {
  return { ...process.env }
}

const preload = s.record(s.any(), 'Fields of the event beside data; id, cmd, tag and data are not for it to say')
const answerTimeout = s.seconds('How long `salt call` waits for the answer of the masters')

function flagOrNames(description: string) {
  return s.withDefault(s.union([s.boolean(), s.array(s.string())], description), false)
}

export const event = defineModule({
  name: 'event',
  doc: 'Fires events on the bus of this minion or of its masters.',
  functions: {
    fire: fn({
      doc: 'Fire an event on the bus of this minion.',
      isLeftToMinion: true,
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
      isLeftToMinion: true,
      args: {
        data: s.any('Data of the event'),
        tag: s.string('Tag of the event'),
        preload: s.optional(preload),
        timeout: s.withDefault(answerTimeout, 60),
      },
      returns: s.boolean('Whether a master took it, or it waits for one that is away'),
      examples: ["salt '*' event.fire_master '{stage: done}' my/tag"],
      run: (ctx, args) => fireOnMasters(ctx, args),
    }),
    send: fn({
      doc: 'Fire an event on the bus of the master, or on that of this minion where it has no master.',
      isLeftToMinion: true,
      args: {
        tag: s.string('Tag of the event'),
        data: s.optional(s.record(s.any(), 'Data of the event')),
        preload: s.optional(preload),
        with_env: flagOrNames('Add environment variables: all, or those named'),
        with_grains: flagOrNames('Add grains: all, or those named'),
        with_pillar: flagOrNames('Add pillar: all, or the keys named'),
        with_env_opts: s.withDefault(s.boolean('Add saltenv and pillarenv of the configuration'), false),
        timeout: s.withDefault(answerTimeout, 60),
      },
      extra: s.any('More data'),
      returns: s.boolean('Whether it was taken'),
      examples: [
        "salt '*' event.send my/tag stage=done",
        "salt '*' event.send my/tag '{stage: done}' with_grains='[os]'",
      ],
      run(ctx, args, { extra }) {
        const data: Record<string, unknown> = {}
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
        return masters.length === 0 ? ctx.emit(args.tag, data) : fireOnMasters(ctx, { ...args, data })
      },
    }),
  },
})
