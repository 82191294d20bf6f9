/** Files of the file server: from the master, or from the folders of `file_roots` where there is none. */
import { isRecord } from '../../base/narrow.ts'
import type { MasterCalls } from '../../client/api.ts'
import { FileRoots, filesOfRoots } from '../files/file-roots.ts'
import type { ServedFiles as FileSource } from '../files/served-files.ts'
import type { FunctionContext } from '../plugin.ts'

export type { ServedFile, ServedFiles as FileSource } from '../files/served-files.ts'

/** What the way to files depends on. */
export type FileSourceHost = Pick<FunctionContext, 'config' | 'log' | 'signal' | 'services'>

export function fileSourceOf(ctx: FileSourceHost): FileSource {
  const { files, masters } = ctx.services
  const master = masters?.[0]
  return files ?? (master === undefined ? filesOfRoots(new FileRoots(rootsOf(ctx))) : masterSource(ctx, master))
}

function masterSource(ctx: FileSourceHost, master: MasterCalls): FileSource {
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

function rootsOf(ctx: FileSourceHost): Record<string, readonly string[]> {
  const roots = ctx.config.get('file_roots')
  return Object.fromEntries(
    Object.entries(isRecord(roots) ? roots : {}).map(([saltenv, folders]) => [
      saltenv,
      (Array.isArray(folders) ? folders : [folders]).filter((folder) => typeof folder === 'string'),
    ]),
  )
}
