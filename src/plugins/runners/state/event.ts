import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import type { BusEvent } from '../../../bus/event.ts'
import { compileTagMatcher, type TagMatcher } from '../../../bus/tag-match.ts'
import type { EventGap } from '../../../client/event-stream.ts'
import { describeGap, SaltEvent, type SaltNode } from '../../../client/salt-event.ts'
import { type RunnerContext, runnerFn } from '../../../engine/plugin.ts'
import { compileGlob } from '../../../engine/target/glob.ts'
import { eventLine } from '../../outputters/event-line.ts'

export const event = runnerFn({
  doc: 'Print the events of a bus as they come: the tag, a tab, and the data as JSON.',
  args: {
    tagmatch: s.withDefault(s.string('Glob or regular expression for the whole tag'), '*'),
    count: s.withDefault(s.integer('End after so many of these events; -1: never'), -1),
    quiet: s.withDefault(s.boolean('Print nothing: only wait for them'), false),
    sock_dir: s.optional(s.string('Folder of the socket of another daemon of this host')),
    pretty: s.withDefault(s.boolean('JSON on several lines, sorted'), false),
    node: s.withDefault(s.string('The bus of the master, or of the minion on its host: master or minion'), 'master'),
  },
  returns: s.null('When as many were seen'),
  examples: ['salt run state.event pretty=True', "salt run state.event 'salt/minion/web1/start' count=1 quiet=True"],
  async run(ctx, { tagmatch, count, quiet, sock_dir, pretty, node }) {
    if (node !== 'master' && node !== 'minion')
      throw new SaltError('bad-arguments', `node is master or minion, not '${node}'`)
    const matches = tagMatcher(tagmatch)
    let left = count
    for await (const item of eventsOf(ctx, matches, node, sock_dir)) {
      if ('gap' in item) ctx.log.warning('state.event could not keep up', { reason: describeGap(item.gap) })
      else if (matches(item.tag)) {
        if (!quiet) await ctx.print(eventLine(item, pretty))
        if (left > 0) left -= 1
        if (left === 0) break
      }
    }
    return null
  },
})

/** Its own bus, or one that it has to connect to. */
async function* eventsOf(
  ctx: RunnerContext,
  matches: TagMatcher,
  node: SaltNode,
  sockDir: string | undefined,
): AsyncGenerator<BusEvent | EventGap> {
  if (node === 'master' && (sockDir === undefined || sockDir === ctx.config.get('sock_dir'))) {
    yield* ctx.listen(matches)
    return
  }
  await using bus = new SaltEvent(node, {
    sockDir: sockDir ?? join(String(ctx.config.get('root_dir') ?? '/'), 'var/run/salt/minion'),
  })
  yield* bus.iterEvents({ signal: ctx.signal, gaps: true })
}

/** The tag itself, a glob, or a regular expression for all of it. What is no regular expression may still be a glob. */
function tagMatcher(tagmatch: string): TagMatcher {
  const glob = compileGlob(tagmatch)
  const regex = regexMatcher(tagmatch)
  return (tag) => tag === tagmatch || glob.matches(tag) || regex(tag)
}

function regexMatcher(tagmatch: string): TagMatcher {
  try {
    return compileTagMatcher(`(?:${tagmatch})$`, 'regex')
  } catch {
    return () => false
  }
}
