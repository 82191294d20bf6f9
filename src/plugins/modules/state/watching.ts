/** `state.event`: waiting for events of the minion's bus. */
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { connectMinionBus } from '../../../client/master-bus.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { eventLine } from '../../outputters/event-line.ts'

interface Wanted {
  readonly tagmatch: string
  readonly count: number
  readonly quiet: boolean
  readonly pretty: boolean
  readonly sock_dir?: string | undefined
}

async function nextEvents(
  ctx: FunctionContext,
  { tagmatch, count, quiet, pretty, sock_dir }: Wanted,
): Promise<string[]> {
  const sockDir = sock_dir ?? pythonString(ctx.config.get('sock_dir') ?? '')
  await using bus = await connectMinionBus({ sockDir, id: ctx.id })
  const lines: string[] = []
  const ending = new AbortController()
  let seen = 0
  const watching = bus.call(
    'subscribe',
    { pattern: tagmatch, match: 'fnmatch' },
    {
      signal: AbortSignal.any([ctx.signal, ending.signal]),
      onItem(item) {
        for (const event of 'events' in item ? item.events : []) {
          if (seen === count) return
          seen += 1
          if (!quiet) lines.push(eventLine(event, pretty))
        }
        if (seen === count) ending.abort()
      },
    },
  )
  try {
    await watching
  } catch (error) {
    if (!ending.signal.aborted) throw error
  }
  return lines
}

export const watchingFunctions: Readonly<Record<string, FunctionDefinition>> = {
  event: fn({
    doc: 'Wait for events on the bus of this minion, and give back each: the tag, a tab, and the data as JSON.',
    args: {
      tagmatch: s.withDefault(s.string('Glob for the tag'), '*'),
      count: s.withDefault(s.integer('How many events'), -1),
      quiet: s.withDefault(s.boolean('Give back nothing: only wait for them'), false),
      sock_dir: s.optional(s.string('Folder of the socket of another minion of this host')),
      pretty: s.withDefault(s.boolean('JSON on several lines, sorted'), false),
      node: s.withDefault(s.string('Whose bus: that of the minion'), 'minion'),
    },
    returns: s.array(s.string(), 'The events'),
    examples: [
      'salt call --local state.event count=1',
      "salt call --local state.event 'salt/job/*' count=2 pretty=True",
    ],
    run(ctx, { node, ...wanted }) {
      if (node !== 'minion') {
        throw new SaltError('bad-arguments', `a minion has no bus of a ${node}`, {
          hint: 'On the host of the master: salt run state.event, or salt event listen.',
        })
      }
      if (wanted.count < 1) {
        throw new SaltError('bad-arguments', 'count must say how many events there are to come', {
          hint: 'salt event listen shows them without an end.',
        })
      }
      return nextEvents(ctx, wanted)
    },
  }),
}
