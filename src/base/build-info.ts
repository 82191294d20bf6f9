/**
 * What this program is: its version, commit and the libraries inside it.
 *
 * The bundler replaces the `SALT_…` names by constants; a run from the sources falls back to package.json.
 */
import manifest from '../../package.json' with { type: 'json' }

declare const SALT_VERSION: string | undefined
declare const SALT_COMMIT: string | undefined
declare const SALT_LIBRARIES: string | undefined
declare const SALT_RELEASE_PUBLIC_KEY: string | undefined

/** `0.1.0`. */
export const version: string = typeof SALT_VERSION === 'string' ? SALT_VERSION : manifest.version

/** Commit that a release was made from; undefined for a working copy. */
export const commit: string | undefined = typeof SALT_COMMIT === 'string' ? SALT_COMMIT : undefined

/** Whether this is the single binary and not a run from the sources. */
export const bundled: boolean = typeof SALT_VERSION === 'string'

/** PEM (SPKI) of the key that release manifests are signed with; undefined where the program was built without one. */
export const releasePublicKey: string | undefined =
  typeof SALT_RELEASE_PUBLIC_KEY === 'string' ? SALT_RELEASE_PUBLIC_KEY : undefined

/** Name and exact version of each library that the program embeds. */
export function libraryVersions(): Readonly<Record<string, string>> {
  if (typeof SALT_LIBRARIES === 'string') return JSON.parse(SALT_LIBRARIES)
  return manifest.dependencies
}
