/** What the file server has, and what of it is on this machine. */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { hashOf } from '../../../engine/files/partial-file.ts'
import { cachedFiles, cacheFolder, cachePath, localFilesFolder } from '../../../engine/functions/file-cache.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import { fn } from '../../../engine/plugin.ts'
import { localPath, protocolOf } from '../file/source.ts'
import { environmentOf, isServed, saltenv, servedAt } from './arguments.ts'
import { webCachePath } from './web.ts'

const prefix = s.withDefault(s.string('Only what begins with this'), '')
/** What the system adds to the permissions of a file that is no folder and no device. */
const regularFile = 0o100000
const paths = s.array(s.string(), 'Paths, sorted')

/** `web/init.sls` is the state `web`, `web/ssl.sls` is `web.ssl`. */
function stateName(path: string): string {
  return path
    .replace(/\.sls$/, '')
    .replace(/\/init$/, '')
    .replaceAll('/', '.')
}

export const listingFunctions = {
  envs: fn({
    doc: 'List the environments of the file server.',
    args: {},
    returns: s.array(s.string()),
    examples: ["salt '*' cp.envs"],
    run: async (ctx) => [...(await fileSourceOf(ctx).environments())],
  }),
  list_master: fn({
    doc: 'List the files of an environment of the file server.',
    args: { saltenv, prefix },
    returns: paths,
    examples: ["salt '*' cp.list_master", "salt '*' cp.list_master base web/"],
    run: async (ctx, { saltenv, prefix }) => {
      const { files } = await fileSourceOf(ctx).names(environmentOf(ctx, saltenv))
      return files.filter((path) => path.startsWith(prefix))
    },
  }),
  list_master_dirs: fn({
    doc: 'List the folders of an environment of the file server.',
    args: { saltenv, prefix },
    returns: paths,
    examples: ["salt '*' cp.list_master_dirs"],
    run: async (ctx, { saltenv, prefix }) => {
      const { folders } = await fileSourceOf(ctx).names(environmentOf(ctx, saltenv))
      return folders.filter((path) => path.startsWith(prefix))
    },
  }),
  list_master_symlinks: fn({
    doc: 'List the symbolic links of an environment of the file server.',
    args: { saltenv, prefix },
    returns: s.record(s.string(), 'Path → what the link says'),
    examples: ["salt '*' cp.list_master_symlinks"],
    run: async (ctx, { saltenv, prefix }) => {
      const { links } = await fileSourceOf(ctx).names(environmentOf(ctx, saltenv))
      return Object.fromEntries(Object.entries(links).filter(([path]) => path.startsWith(prefix)))
    },
  }),
  list_states: fn({
    doc: 'List the states of an environment of the file server.',
    args: { saltenv },
    returns: s.array(s.string(), 'Names, sorted'),
    examples: ["salt '*' cp.list_states"],
    run: async (ctx, { saltenv }) => {
      const { files } = await fileSourceOf(ctx).names(environmentOf(ctx, saltenv))
      return files
        .filter((path) => path.endsWith('.sls'))
        .map(stateName)
        .sort()
    },
  }),
  list_minion: fn({
    doc: 'List the files of an environment that are cached on this minion.',
    args: { saltenv },
    returns: s.array(s.string(), 'Where they lie, sorted; copies of local files among them'),
    examples: ["salt '*' cp.list_minion"],
    run: async (ctx, { saltenv }) => {
      const folders = [cacheFolder(ctx, environmentOf(ctx, saltenv)), localFilesFolder(ctx)]
      const found = folders.map(async (folder) => (await cachedFiles(folder)).map((path) => join(folder, path)))
      return (await Promise.all(found)).flat().sort()
    },
  }),
  cache_dest: fn({
    doc: 'Tell where a file would be cached on this minion. Nothing is fetched.',
    args: { url: s.string('`salt://`, `http://` or `https://`'), saltenv },
    returns: s.string('A path'),
    examples: ["salt '*' cp.cache_dest salt://web/site.conf"],
    run: (ctx, { url, saltenv: given }) => {
      const protocol = protocolOf(url)
      if (protocol === 'http' || protocol === 'https') return webCachePath(ctx, url, environmentOf(ctx, given))
      const local = localPath(url)
      if (local !== undefined) return local
      const served = servedAt(ctx, url, given)
      return cachePath(ctx, served.saltenv, served.path)
    },
  }),
  is_cached: fn({
    doc: 'Tell whether a file is cached on this minion.',
    args: { path: s.string('`salt://`, `http://` or `https://`, or an absolute path'), saltenv },
    returns: s.string('Where it lies, or an empty text'),
    examples: ["salt '*' cp.is_cached salt://web/site.conf"],
    run: async (ctx, { path, saltenv: given }) => {
      const served = servedAt(ctx, path, given)
      const protocol = protocolOf(path)
      const places =
        protocol === 'http' || protocol === 'https'
          ? [webCachePath(ctx, path, served.saltenv)]
          : [
              cachePath(ctx, served.saltenv, served.path),
              resolveInside(localFilesFolder(ctx), (localPath(path) ?? served.path).replace(/^\/+/, '')),
            ]
      return places.find((place) => existsSync(place)) ?? ''
    },
  }),
  hash_file: fn({
    doc: 'Give the hash of a file of the file server, or of a file of this minion.',
    args: { path: s.string('`salt://` and a path, or an absolute path'), saltenv },
    returns: s.any('`hsum` and `hash_type`; empty where there is no such file'),
    examples: ["salt '*' cp.hash_file salt://web/site.conf", "salt '*' cp.hash_file /etc/hostname"],
    run: async (ctx, { path, saltenv: given }) => {
      const served = servedAt(ctx, path, given)
      const hsum = isServed(path)
        ? (await fileSourceOf(ctx).status(served.saltenv, served.path))?.sha256
        : await hashOf(localPath(path) ?? path)
      return hsum === undefined ? {} : { hsum, hash_type: 'sha256' }
    },
  }),
  stat_file: fn({
    doc: 'Give the permissions of a file of the file server, or of a file of this minion.',
    args: {
      path: s.string('`salt://` and a path, or an absolute path'),
      saltenv,
      octal: s.withDefault(s.boolean('As octal digits instead of a number'), true),
    },
    returns: s.any('`0644`, or the number that Salt gives, with the kind of file; null where there is no such file'),
    examples: ["salt '*' cp.stat_file /etc/hostname"],
    run: async (ctx, { path, saltenv: given, octal }) => {
      const served = servedAt(ctx, path, given)
      const mode = isServed(path)
        ? (await fileSourceOf(ctx).status(served.saltenv, served.path))?.mode
        : await modeOf(localPath(path) ?? path)
      if (mode === undefined) return null
      return octal ? mode.toString(8).padStart(4, '0') : regularFile | mode
    },
  }),
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new SaltError('execution-failed', `cannot look at ${path}`, { where: path, cause })
  }
}
