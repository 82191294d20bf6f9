/** lowpkg.bin_pkg_info: what a package file holds, whichever program reads it. */
import { isAbsolute } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { otherArguments } from './answers.ts'

export interface PackageFileInfo {
  readonly name: string
  readonly version: string
  readonly arch: string
}

/** Undefined where the file is no package. */
type ReadPackageFile = (ctx: FunctionContext, path: string) => Promise<PackageFileInfo | undefined>

export function packageFileFunctions(read: ReadPackageFile, example: string) {
  return {
    bin_pkg_info: fn({
      doc: 'Tell the name, version and architecture of the package in a file; null where it is none.',
      args: {
        path: s.string('Path or URL of the file'),
        saltenv: s.withDefault(s.string('Environment of the path'), 'base'),
      },
      extra: otherArguments,
      returns: s.union([s.object({ name: s.string(), version: s.string(), arch: s.string() }), s.null()]),
      examples: [`salt '*' lowpkg.bin_pkg_info ${example}`],
      async run(ctx, { path, saltenv }) {
        const local = isAbsolute(path) ? path : await ctx.salt('cp.cache_file', [path, saltenv])
        if (typeof local !== 'string' || local === '') {
          throw new SaltError('execution-failed', `Unable to cache ${path}: file not found`)
        }
        const info = await read(ctx, local)
        return info === undefined ? null : { ...info }
      },
    }),
  }
}
