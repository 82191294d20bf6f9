/** Runners and wheel functions of the user's own: they run in threads beside the master, and reach it by asking. */
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type {
  ConfigView,
  MoreArguments,
  RunnerContext,
  RunnerDefinition,
  RunnerFunctionDefinition,
  RunnerPublish,
} from '../plugin.ts'
import type { PluginCatalogue } from './catalogue.ts'
import { execute } from './execute.ts'
import { masterExtensionFolders } from './extension-folders.ts'
import { executableRunner } from './user-executable.ts'
import { pluginsIn } from './user-exports.ts'
import { argumentsFor } from './user-functions.ts'
import type { CheckedFunction } from './user-module-check.ts'
import { fillCatalogue } from './user-plugins.ts'
import type { ThreadServices } from './user-thread.ts'
import type { ThreadPool } from './user-thread-pool.ts'

export interface RunnerCatalogues {
  readonly runners: PluginCatalogue<RunnerFunctionDefinition>
  readonly wheels: PluginCatalogue<RunnerFunctionDefinition>
}

/** A faulty one is logged, and told to whoever calls it. */
export async function loadUserRunners(catalogues: RunnerCatalogues, config: ConfigView, log: Log): Promise<void> {
  for (const [kind, catalogue] of [
    ['runners', catalogues.runners],
    ['wheel', catalogues.wheels],
  ] as const) {
    await fillCatalogue(catalogue, {
      kind,
      folders: masterExtensionFolders(config, kind),
      log,
      fromScript: runnersOf,
      fromExecutable: async (file) => [await executableRunner(file)],
    })
  }
}

/** Throws `bad-arguments` or `internal` with the line where the file is faulty. */
async function runnersOf(pool: ThreadPool, text: string): Promise<RunnerDefinition[]> {
  return pluginsIn(await pool.exports(), { file: pool.file, text }, 'runners', (module, fun, described) =>
    runnerOf(pool, module, fun, described),
  )
}

function runnerOf(
  pool: ThreadPool,
  module: string | null,
  fun: string,
  { isPlanned: _, isWatching: __, ...described }: CheckedFunction,
): RunnerFunctionDefinition {
  return {
    ...described,
    async run(ctx: RunnerContext, args: Readonly<Record<string, unknown>>, more: MoreArguments) {
      const { user, jid, requesterId, config } = ctx
      const facts = { user, jid, requesterId, config: config.all }
      const request = { kind: 'call', module, fun, args: argumentsFor(module, args, more), more, facts }
      return (await pool.ask(request, servicesOf(ctx), ctx.signal)).value
    },
  }
}

type Params = Readonly<Record<string, unknown>>

function servicesOf(ctx: RunnerContext): ThreadServices {
  const { log, signal, minions } = ctx
  return {
    log,
    salt: (fun, args, kwargs) => ctx.salt(fun, args, kwargs),
    exec: (argv, options) => execute(argv, options, { log, signal }),
    emit: (tag, data) => ctx.emit(tag, data),
    setRetcode: (retcode) => ctx.setRetcode(retcode),
    more: {
      publish: ({ request }: Params) => ctx.publish(publicationOf(request)),
      progress: ({ value }: Params) => ctx.progress(value),
      print: ({ line }: Params) => ctx.print(String(line)),
      accepted: () => minions.accepted(),
      connected: () => minions.connected(),
      grains: ({ id }: Params) => minions.grains(String(id)),
      match: ({ tgt, tgtType = 'glob' }: Params) => minions.match(targetOf(tgt), String(tgtType)),
    },
  }
}

function targetOf(tgt: unknown): string | readonly string[] {
  return Array.isArray(tgt) ? tgt.map(String) : String(tgt)
}

/** Throws `bad-arguments` for what is no publication. */
function publicationOf(request: unknown): RunnerPublish {
  if (!isRecord(request) || request.tgt === undefined || typeof request.fun !== 'string') {
    throw new SaltError(
      'bad-arguments',
      'publish takes { tgt, fun } and, if need be, tgtType, arg, kwargs, timeoutSeconds.',
    )
  }
  const { tgt, fun, tgtType, arg, kwargs, timeoutSeconds } = request
  return {
    tgt: targetOf(tgt),
    fun,
    ...(typeof tgtType === 'string' ? { tgtType } : {}),
    ...(Array.isArray(arg) ? { arg } : {}),
    ...(isRecord(kwargs) ? { kwargs } : {}),
    ...(typeof timeoutSeconds === 'number' ? { timeoutSeconds } : {}),
  }
}
