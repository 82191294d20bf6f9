import { setTimeout } from 'node:timers/promises'
import { s } from '../../base/schema.ts'
import { defineRunner, runnerFn } from '../../engine/plugin.ts'

/** UTC with microseconds and without a zone, as events carry it. */
function stamp(): string {
  return `${new Date().toISOString().slice(0, -1)}000`
}

const placeholders: Readonly<Record<string, readonly string[]>> = {
  us: ['foo', 'bar', 'baz', 'qux', 'quux', 'corge', 'grault', 'garply', 'waldo', 'fred', 'plugh', 'xyzzy', 'thud'],
  uk: ['wibble', 'wobble', 'wubble', 'flob'],
}

export const test = defineRunner({
  name: 'test',
  doc: 'Tries out the way to a runner and back.',
  functions: {
    arg: runnerFn({
      doc: 'Show the positional and keyword arguments as they arrive.',
      rest: s.any('Any positional argument'),
      extra: s.any('Any keyword argument'),
      returns: s.object({ args: s.array(s.any()), kwargs: s.record(s.any()) }),
      examples: ['salt run test.arg 1 two name=three'],
      run: (_ctx, _args, { rest, extra }) => ({ args: [...rest], kwargs: { ...extra } }),
    }),
    raw_arg: runnerFn({
      doc: 'Show the positional and keyword arguments as they arrive; the same as test.arg.',
      rest: s.any('Any positional argument'),
      extra: s.any('Any keyword argument'),
      returns: s.object({ args: s.array(s.any()), kwargs: s.record(s.any()) }),
      examples: ['salt run test.raw_arg 1 two name=three'],
      run: (_ctx, _args, { rest, extra }) => ({ args: [...rest], kwargs: { ...extra } }),
    }),
    metasyntactic: runnerFn({
      doc: 'List words that stand for nothing.',
      args: { locality: s.withDefault(s.literal(['us', 'uk'], 'Whose words'), 'us') },
      returns: s.array(s.string()),
      examples: ['salt run test.metasyntactic'],
      run: (_ctx, { locality }) => [...(placeholders[locality] ?? [])],
    }),
    stdout_print: runnerFn({
      doc: 'Show one word while it runs and give back another.',
      returns: s.string(),
      examples: ['salt run test.stdout_print'],
      run(ctx) {
        ctx.progress('foo')
        return 'bar'
      },
    }),
    sleep: runnerFn({
      doc: 'Wait, and tell on the bus when it begins and ends.',
      args: { s_time: s.withDefault(s.seconds('How long to wait'), 10) },
      returns: s.boolean('Always true'),
      examples: ['salt run test.sleep 5'],
      async run(ctx, { s_time }) {
        await ctx.emit(`salt/run/${ctx.jid}/progress`, { message: `Sleeping for ${s_time} seconds` })
        await setTimeout(s_time * 1000, undefined, { signal: ctx.signal })
        return true
      },
    }),
    stream: runnerFn({
      doc: 'Show a hundred steps, ten in a second.',
      returns: s.boolean('Always true'),
      examples: ['salt run test.stream'],
      async run(ctx) {
        for (let percent = 1; percent < 100; percent++) {
          ctx.progress({ event: { _stamp: stamp(), message: `Runner is ${percent}% done` }, suffix: 'progress' })
          await setTimeout(100, undefined, { signal: ctx.signal })
        }
        return true
      },
    }),
    get_opts: runnerFn({
      doc: 'Show the configuration that this master runs with.',
      returns: s.record(s.any()),
      examples: ['salt run test.get_opts'],
      run: (ctx) => ({ ...ctx.config.all }),
    }),
  },
})
