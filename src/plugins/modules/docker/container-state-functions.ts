/** Functions of `docker` that let containers run and stop. */
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { waitFor } from './container-output.ts'
import { changeState, startContainer, stateOf, stopContainer, unlessMissing } from './containers.ts'
import { engineJson, part } from './engine.ts'

const name = s.string('Name or id of the container')
const timeout = s.optional(s.integer('Seconds to wait before it is killed; what the container says, by default'))
const stateChange = s.record(s.any(), 'result, state (old and new), comment')

function pausing(fun: 'pause' | 'unpause', from: 'running' | 'paused', to: 'running' | 'paused') {
  return fn({
    doc: fun === 'pause' ? 'Freeze all processes of a container.' : 'Let the processes of a container go on.',
    args: { name },
    returns: stateChange,
    examples: [`salt '*' docker.${fun} web`],
    async run(ctx, args) {
      const before = await stateOf(ctx, args.name)
      if (before === from || before === to) return { ...(await changeState(ctx, args.name, to, fun)) }
      return {
        result: false,
        state: { old: before, new: before },
        comment: `Container '${args.name}' is ${before}, cannot ${fun}`,
      }
    },
  })
}

export const containerStateFunctions = {
  start: fn({
    doc: 'Start a container.',
    args: { name },
    returns: stateChange,
    examples: ["salt '*' docker.start web"],
    run: async (ctx, args) => ({ ...(await startContainer(ctx, args.name)) }),
  }),
  stop: fn({
    doc: 'Stop a container.',
    args: { name, timeout, unpause: s.withDefault(s.boolean('Let a paused container go on first'), false) },
    returns: stateChange,
    examples: ["salt '*' docker.stop web timeout=30"],
    run: async (ctx, args) => ({ ...(await stopContainer(ctx, args.name, args.timeout, args.unpause)) }),
  }),
  restart: fn({
    doc: 'Stop a container and start it again.',
    args: { name, timeout },
    returns: stateChange,
    examples: ["salt '*' docker.restart web"],
    async run(ctx, args) {
      const old = await stateOf(ctx, args.name)
      await engineJson(ctx, 'POST', `/containers/${part(args.name)}/restart`, {
        query: { t: args.timeout },
        timeoutSeconds: 120,
      })
      const now = await stateOf(ctx, args.name)
      return { result: now === 'running', state: { old, new: now }, restarted: now === 'running' }
    },
  }),
  kill: fn({
    doc: 'Kill a container.',
    args: { name },
    returns: stateChange,
    examples: ["salt '*' docker.kill web"],
    run: async (ctx, args) => ({ ...(await changeState(ctx, args.name, 'stopped', 'kill')) }),
  }),
  signal: fn({
    doc: 'Send a signal to the first process of a container.',
    args: { name, signal: s.union([s.integer(), s.string()], 'Number or name of the signal, such as SIGHUP') },
    returns: s.boolean(),
    examples: ["salt '*' docker.signal web SIGHUP"],
    async run(ctx, args) {
      await engineJson(ctx, 'POST', `/containers/${part(args.name)}/kill`, { query: { signal: args.signal } })
      return true
    },
  }),
  pause: pausing('pause', 'running', 'paused'),
  unpause: pausing('unpause', 'paused', 'running'),
  wait: fn({
    doc: 'Wait for the end of a container.',
    args: { name, fail_on_exit_status: s.withDefault(s.boolean('Count another exit code than 0 as a failure'), false) },
    returns: s.record(s.any(), 'result, state and exit_status'),
    examples: ["salt '*' docker.wait job"],
    async run(ctx, args) {
      const old = await stateOf(ctx, args.name)
      const exit = await waitFor(ctx, args.name)
      const state = { old, new: (await unlessMissing(stateOf(ctx, args.name))) ?? null }
      return { result: !args.fail_on_exit_status || exit === 0, exit_status: exit, state }
    },
  }),
}
