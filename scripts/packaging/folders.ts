/** Where the packaging reads and writes. Everything made on the way stays in `.cache/` of the checkout. */
import path from 'node:path'

export const root = path.resolve(import.meta.dirname, '../..')

const cache = path.join(root, '.cache')

export const folders = {
  cache,
  bundle: path.join(cache, 'bundle'),
  /** Warm code caches by the hash of their bundle and the architecture. */
  warm: path.join(cache, 'warm'),
  /** Stripped Node executables by the hash of the original. */
  bases: path.join(cache, 'bases'),
  /** Home folder that pkg sees: it looks for its bases in `$HOME/.pkg-cache`. */
  pkgHome: path.join(cache, 'pkg-home'),
  /** Node packages of other systems. */
  packages: path.join(cache, 'packages'),
  dist: path.join(root, 'dist'),
  /** What `exports` of package.json names. */
  library: path.join(root, 'dist/lib'),
} as const
