/** Functions and grains of a user's script, as the daemon calls them. */
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { FunctionContext, FunctionDefinition, GrainsDefinition, MoreArguments } from '../plugin.ts'
import { withoutPublication } from './bind.ts'
import { execute } from './execute.ts'
import type { CheckedFunction } from './user-module-check.ts'
import type { ThreadServices } from './user-thread.ts'
import type { ThreadPool } from './user-thread-pool.ts'

export function functionOf(
  pool: ThreadPool,
  module: string | null,
  fun: string,
  { isPlanned: _, isWatching: __, ...described }: CheckedFunction,
): FunctionDefinition {
  return {
    ...described,
    async run(ctx, args, more) {
      const request = { kind: 'call', module, fun, args: argumentsFor(module, args, more), more, facts: factsOf(ctx) }
      return (await pool.ask(request, ctx, ctx.signal)).value
    },
  }
}

type Arguments = Readonly<Record<string, unknown>>

/** A function that is exported as it is finds all that was named in one place. */
export function argumentsFor(module: string | null, args: Arguments, { extra }: MoreArguments): Arguments {
  return module === null ? { ...args, ...withoutPublication(extra) } : args
}

/** What an author's function is told of the world without asking. */
export function factsOf(ctx: FunctionContext): Readonly<Record<string, unknown>> {
  const { id, job, grains, pillar } = ctx
  return { id, job, grains, pillar, config: ctx.config.all }
}

/** Grains are read at the start: one that takes longer is left out. */
export const grainsTimeoutMs = 10_000

export async function grainsOf(pool: ThreadPool, file: string, log: Log): Promise<GrainsDefinition[]> {
  const { grains } = await pool.exports()
  return grains.map(({ name, doc }) => {
    const plugin = typeof name === 'string' ? name : file
    return {
      name: plugin,
      doc: typeof doc === 'string' ? doc : '',
      grains: {},
      read: async (host) => readGrains(pool, plugin, host.config.all, log),
    }
  })
}

async function readGrains(pool: ThreadPool, name: string, config: unknown, log: Log): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(grainsTimeoutMs)
  const refuse = () => Promise.reject(new SaltError('execution-failed', 'A grains plugin cannot do this.'))
  const services: ThreadServices = {
    log,
    salt: refuse,
    exec: (argv, options) => execute(argv, options, { log, signal }),
    emit: refuse,
    setRetcode() {},
  }
  const { value } = await pool.ask({ kind: 'grains', name, config }, services, signal)
  if (isRecord(value)) return value
  throw new SaltError('execution-failed', 'It did not return a mapping.', { where: pool.file })
}
