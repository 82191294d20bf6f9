/** Files in folders that are not there yet: another state of the run may make them before the work is done. */
import { posix } from 'node:path'
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext, StateDefinition } from '../../../engine/plugin.ts'
import type { LowChunk } from '../../../engine/state/low-chunk.ts'
import { isMadeBefore } from '../../../engine/state/made-before.ts'
import type { StatePlan } from '../../../engine/state/plan.ts'
import { expandUser } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'

/** States that make no folder anywhere; of all that are not named here nobody knows what they bring. */
const makesNoFolder: ReadonlySet<string> = new Set([
  'alternatives',
  'at',
  'beacon',
  'cron',
  'debconf',
  'environ',
  'event',
  'grains',
  'group',
  'host',
  'http',
  'ini',
  'iptables',
  'kmod',
  'locale',
  'network',
  'process',
  'schedule',
  'status',
  'sysctl',
  'test',
  'timezone',
])

/** Those of files that fill a folder with what comes from elsewhere. */
const fillsFolder: ReadonlySet<string> = new Set(['recurse', 'copy', 'rename', 'symlink'])

/** The states with a warning where they will find no folder for what they are to make. */
export function warningOfFolders(
  functions: Readonly<Record<string, StateDefinition>>,
): Readonly<Record<string, StateDefinition>> {
  return Object.fromEntries(
    Object.entries(functions).map(([name, definition]) => [
      name,
      {
        ...definition,
        plan: async (ctx: StateContext, want: never, more: Parameters<StateDefinition['plan']>[2]) =>
          told(ctx, want, await definition.plan(ctx, want, more)),
      },
    ]),
  )
}

function told(ctx: StateContext, want: unknown, plan: StatePlan): StatePlan {
  if (plan.kind === 'settled' || !isRecord(want) || want.makedirs === true || typeof want.name !== 'string') return plan
  const folder = posix.dirname(expandUser(want.name))
  if (isFolder(folder) || isMadeBefore(ctx, (chunk) => mayMake(chunk, folder))) return plan
  const warning = `Folder ${folder} is not there, and no state before this one makes it`
  return { ...plan, warnings: [...(plan.warnings ?? []), warning] }
}

function mayMake({ state, fun, name }: LowChunk, folder: string): boolean {
  if (state !== 'file' && state !== 'x509') return !makesNoFolder.has(state)
  const isAt = name === folder || name.startsWith(`${folder}/`)
  return isAt || (fillsFolder.has(fun) && folder.startsWith(`${name}/`))
}
