/** A source of pillar besides the SLS files: Salt's external pillar. */

import { SaltError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { ServedFiles } from '../../files/served-files.ts'
import type { FunctionContext, PillarQuestion } from '../../plugin.ts'
import type { Value } from '../../render/values/kinds.ts'
import type { PillarSettings } from '../pillar-settings.ts'
import type { SourceName } from './source-names.ts'

/** What a source is given to find the pillar of one minion. */
export interface SourceRequest {
  readonly id: string
  /** What there is so far. */
  readonly pillar: Readonly<Record<string, unknown>>
  /** Its functions run on this host; grains are those of the minion. The signal ends it when its time is over. */
  readonly ctx: FunctionContext
  readonly settings: PillarSettings
  readonly question: PillarQuestion
  readonly log: Log
  /** What a source knows from one question to the next, by keys of its own. */
  readonly memory: Map<string, unknown>
  /** Tells of what is wrong with a part of the source, while the rest is given. */
  fail(message: string): void
  /** Compiles the SLS files of other roots for the same minion; what is wrong with them is told as that of its own. */
  compileRoots(roots: PillarRoots): Promise<Value>
}

/** Files that lie elsewhere, in environments. */
export interface PillarRoots {
  readonly files: ServedFiles
  readonly environments: readonly string[]
  readonly pillarenv: string | undefined
}

/** Gives a mapping. Throws SaltError with what is wrong, without secrets. */
export type PillarSource = (request: SourceRequest, options: unknown) => Promise<Value>

const loaders: Readonly<Record<SourceName, () => Promise<PillarSource>>> = {
  cmd_json: async () => (await import('./command-source.ts')).commandJson,
  cmd_yaml: async () => (await import('./command-source.ts')).commandYaml,
  file_tree: async () => (await import('./file-tree-source.ts')).fileTree,
  git: async () => (await import('./git-source.ts')).gitPillar,
  http_json: async () => (await import('./http-source.ts')).httpJson,
  http_yaml: async () => (await import('./http-source.ts')).httpYaml,
  stack: async () => (await import('./stack-source.ts')).stack,
}

export function loadSource(name: SourceName): Promise<PillarSource> {
  return loaders[name]()
}

/** The options of a source as Salt passes them on: a mapping by name, a list in the order of `names`, or the first alone. */
export function namedOptions(options: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (isRecord(options)) {
    const unknown = Object.keys(options).find((name) => !names.includes(name))
    if (unknown === undefined) return options
    throw new SaltError('configuration', `it has no option '${unknown}'; there are ${names.join(', ')}`)
  }
  const list: readonly unknown[] = Array.isArray(options) ? options : [options]
  if (list.length > names.length) throw new SaltError('configuration', `it takes at most ${names.length} arguments`)
  return Object.fromEntries(list.map((value, index) => [names[index] ?? '', value]))
}
