/** Files of the file server: from the master, or from the folders of `file_roots` where there is none. */
import { isRecord } from '../../base/narrow.ts'
import type { MasterCalls, ServedNames, ServedStatus } from '../../client/api.ts'
import { FileRoots, largestPart, type ServedFile } from '../files/file-roots.ts'
import type { FunctionContext } from '../plugin.ts'

export type { ServedFile } from '../files/file-roots.ts'

export interface FileSource {
  environments(): Promise<readonly string[]>
  /** All that an environment has. */
  names(saltenv: string): Promise<ServedNames>
  /** Files below one folder of an environment, with their hashes. */
  list(saltenv: string, under: string): Promise<readonly ServedFile[]>
  /** Undefined where there is no such file. */
  status(saltenv: string, path: string): Promise<ServedStatus | undefined>
  /** Where the file lies on this host, where it does without being fetched. */
  locate?(saltenv: string, path: string): Promise<{ readonly file: string; readonly size: number } | undefined>
  /** At most 1 MiB from `offset` on. */
  part(saltenv: string, path: string, offset: number): Promise<Uint8Array>
  /** Content of a small file, or undefined where there is no such file. */
  read(saltenv: string, path: string): Promise<Uint8Array | undefined>
}

export function fileSourceOf(ctx: FunctionContext): FileSource {
  const master = ctx.services.masters?.[0]
  return master === undefined ? localSource(ctx) : masterSource(ctx, master)
}

function masterSource(ctx: FunctionContext, master: MasterCalls): FileSource {
  const { signal, log } = ctx
  return {
    environments: () => master.call('file.environments', null, { signal }),
    names: (saltenv) => master.call('file.names', { saltenv }, { signal }),
    list: (saltenv, under) => master.call('file.list', { saltenv, under }, { signal }),
    status: async (saltenv, path) => (await master.call('file.status', { saltenv, path }, { signal })) ?? undefined,
    part: (saltenv, path, offset) => master.call('file.part', { saltenv, path, offset }, { signal }),
    async read(saltenv, path) {
      try {
        return await master.call('file.read', { saltenv, path }, { signal })
      } catch (error) {
        signal.throwIfAborted()
        log.error('The master did not give the file', { path, saltenv, error })
        return undefined
      }
    },
  }
}

function localSource(ctx: FunctionContext): FileSource {
  const files = new FileRoots(rootsOf(ctx))
  return {
    environments: async () => files.environments,
    names: (saltenv) => files.names(saltenv),
    list: (saltenv, under) => files.list(saltenv, under),
    status: (saltenv, path) => files.status(saltenv, path),
    locate: (saltenv, path) => files.locate(saltenv, path),
    part: (saltenv, path, offset) => files.part(saltenv, path, offset, largestPart),
    read: (saltenv, path) => files.read(saltenv, path),
  }
}

function rootsOf(ctx: FunctionContext): Record<string, readonly string[]> {
  const roots = ctx.config.get('file_roots')
  return Object.fromEntries(
    Object.entries(isRecord(roots) ? roots : {}).map(([saltenv, folders]) => [
      saltenv,
      Array.isArray(folders) ? folders.filter((folder) => typeof folder === 'string') : [],
    ]),
  )
}
