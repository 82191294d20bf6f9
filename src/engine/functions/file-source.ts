/** Files of the file server: from the master, or from the folders of `file_roots` where there is none. */
import type { MasterCalls } from '../../client/master-link.ts'
import { backendsOf, FileServer } from '../files/file-server.ts'
import type { ServedFiles as FileSource } from '../files/served-files.ts'
import type { FunctionContext } from '../plugin.ts'

export type { ServedFile, ServedFiles as FileSource } from '../files/served-files.ts'

/** What the way to files depends on. */
export type FileSourceHost = Pick<FunctionContext, 'config' | 'log' | 'signal' | 'services'>

export function fileSourceOf(ctx: FileSourceHost): FileSource {
  const { files, masters } = ctx.services
  const master = masters?.[0]
  return files ?? (master === undefined ? filesHere(ctx) : masterSource(ctx, master))
}

function masterSource(ctx: FileSourceHost, master: MasterCalls): FileSource {
  const { signal, log } = ctx
  return {
    environments: () => master.call('file.environments', null, { signal }),
    names: (saltenv, under) =>
      master.call('file.names', { saltenv, ...(under === undefined ? {} : { under }) }, { signal }),
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

/** A file server with git knows how old its mirrors are: it is kept as long as the configuration is the same. */
const withGit = new WeakMap<object, FileServer>()

function filesHere({ config, log }: FileSourceHost): FileSource {
  if (!backendsOf(config).includes('git')) return new FileServer(config, { log })
  const known = withGit.get(config.all)
  if (known !== undefined) return known
  const server = new FileServer(config, { log })
  withGit.set(config.all, server)
  return server
}
