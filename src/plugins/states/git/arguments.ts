/** Arguments that several states of git share. */
import { isAbsolute } from 'node:path'
import { pythonRepr } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { failure } from '../../../engine/state/wording.ts'

export const address = s.string('Address of the repository, as git clone takes it')
export const target = s.optional(s.path('Folder of the clone, an absolute path'))
export const remote = s.withDefault(s.string('Name of the remote; it is added where it is missing'), 'origin')
export const submodules = s.withDefault(s.boolean('Update submodules, too'), false)
export const forceClone = s.withDefault(
  s.boolean('Remove what is in the folder, where it is no repository, and clone into it'),
  false,
)
export const forceCheckout = s.withDefault(s.boolean('Throw away changes that a checkout would lose'), false)

/** Who runs git, and with which credentials. */
export const credentials = {
  user: s.optional(s.string('User to run git as')),
  password: s.optional(s.any('Accepted, and without effect here')),
  identity: s.optional(s.any('Private SSH keys to try, one after the other: a path or salt:// address, or a list')),
  https_user: s.optional(s.any('User name for HTTPS')),
  https_pass: s.optional(s.any('Password for HTTPS')),
  output_encoding: s.optional(s.string('Encoding of what git prints; UTF-8 by default')),
}

/** The folder, or a failed state where it is none that can be used. */
export function requiredTarget(given: string | undefined, missing = "'target' argument is required"): string {
  if (given === undefined || given === '') throw failure(missing)
  if (!isAbsolute(given)) throw failure(`target '${given}' is not an absolute path`)
  return given
}

/** Throws `Stopped` for keys that are neither absolute paths nor files of the file server that exist. */
export async function assertIdentity(ctx: StateContext, identity: unknown): Promise<void> {
  if (identity === undefined || identity === null) return
  if (typeof identity !== 'string' && !Array.isArray(identity)) {
    throw failure('identity must be either a list or a string')
  }
  for (const path of [identity].flat().map(String)) {
    if (path.includes('://')) {
      if ((await ctx.salt('cp.hash_file', [path, ctx.saltenv]).catch(() => undefined)) === undefined) {
        throw failure(`identity '${path}' does not exist.`)
      }
    } else if (!isAbsolute(path)) throw failure(`identity ${pythonRepr(path)} is not an absolute path`)
  }
}
