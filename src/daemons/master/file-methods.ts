/** What minions may ask about files: those of `file_roots`, those that a command offers, and sending their own. */
import { SaltError } from '../../base/errors.ts'
import { asRecord, asString } from '../../base/narrow.ts'
import type { MasterLinkMethods } from '../../client/master-link.ts'
import { largestPart } from '../../engine/files/file-roots.ts'
import type { FileOffers } from './file-offers.ts'
import type { LiveSettings } from './live-settings.ts'
import type { PushedFiles } from './pushed-files.ts'

export interface FileMethodsOptions {
  readonly settings: Pick<LiveSettings, 'files'>
  readonly offers: FileOffers
  readonly pushed: PushedFiles
}

type FileMethod = Extract<keyof MasterLinkMethods, `file.${string}`>

type FileMethods = {
  [M in FileMethod]: (
    params: unknown,
    call: { readonly peer: { readonly name: string } },
  ) => Promise<MasterLinkMethods[M]['result']>
}

export function fileMethods({ settings, offers, pushed }: FileMethodsOptions): FileMethods {
  return {
    'file.environments': async () => await settings.files.environments(),
    'file.names': async (params) => {
      const { saltenv: name, under = '' } = asRecord(params)
      const saltenv = asString(name, 'saltenv')
      return await (offers.get(saltenv)?.names() ?? settings.files.names(saltenv, asString(under, 'under')))
    },
    'file.status': async (params) => {
      const { saltenv, path } = addressFrom(params)
      return (await (offers.get(saltenv)?.status(path) ?? settings.files.status(saltenv, path))) ?? null
    },
    'file.part': async (params) => {
      const { saltenv, path } = addressFrom(params)
      const offset = asCount(asRecord(params).offset, 'offset')
      const offer = offers.get(saltenv)
      return await (offer?.part(path, offset, largestPart) ?? settings.files.part(saltenv, path, offset))
    },
    'file.list': async (params) => {
      const { saltenv, under } = asRecord(params)
      return await settings.files.list(asString(saltenv, 'saltenv'), asString(under, 'under'))
    },
    'file.read': async (params) => {
      const { saltenv, path } = addressFrom(params)
      const content = await settings.files.read(saltenv, path)
      if (content !== undefined) return content
      throw new SaltError('bad-path', `the file roots of '${saltenv}' have no file ${path}`)
    },
    'file.push': async (params, { peer }) => {
      const { path, size, sha256, offset, bytes } = asRecord(params)
      if (!(bytes instanceof Uint8Array)) throw new SaltError('bad-arguments', 'bytes are missing')
      return await pushed.take(peer.name, {
        path: asString(path, 'path'),
        size: asCount(size, 'size'),
        sha256: asString(sha256, 'sha256'),
        offset: asCount(offset, 'offset'),
        bytes,
      })
    },
  }
}

function addressFrom(params: unknown): { readonly saltenv: string; readonly path: string } {
  const { saltenv, path } = asRecord(params)
  return { saltenv: asString(saltenv, 'saltenv'), path: asString(path, 'path') }
}

function asCount(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new SaltError('bad-arguments', `${what} is no number of bytes`)
}
