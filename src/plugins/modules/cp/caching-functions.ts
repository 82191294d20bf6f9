/** Bringing files into the cache of this minion. */
import { mkdir } from 'node:fs/promises'
import { s } from '../../../base/schema.ts'
import { cachePath } from '../../../engine/functions/file-cache.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import { fn } from '../../../engine/plugin.ts'
import { cached, environmentOf, saltenv, servedAt, webArguments } from './arguments.ts'
import { cacheAny, cacheChecked, cacheLocal, cacheServed, servedBelow } from './caching.ts'

const url = s.string('`salt://`, `http://`, `https://` or an absolute path')
const list = s.array(cached, 'Where each of them lies')

export const cachingFunctions = {
  cache_file: fn({
    doc: 'Fetch a file into the cache of this minion, if it is not there as the server has it.',
    args: {
      path: url,
      saltenv,
      source_hash: s.optional(s.string('The hash that it must have: `sha256=…`')),
      ...webArguments,
    },
    returns: cached,
    examples: ["salt '*' cp.cache_file salt://web/site.conf"],
    run: async (ctx, { path, saltenv, source_hash, verify_ssl: verifySsl, use_etag: useEtag }) =>
      (await cacheChecked(ctx, path, saltenv, source_hash, { verifySsl, useEtag })) ?? false,
  }),
  cache_files: fn({
    doc: 'Fetch several files into the cache of this minion.',
    args: {
      paths: s.union([s.array(s.string()), s.string()], 'As in cache_file; a text holds them with commas'),
      saltenv,
    },
    returns: list,
    examples: ["salt '*' cp.cache_files salt://web/site.conf,salt://web/tls.conf"],
    run: async (ctx, { paths, saltenv }) => {
      const found: (string | false)[] = []
      for (const path of typeof paths === 'string' ? paths.split(',') : paths) {
        found.push((await cacheAny(ctx, path.trim(), saltenv)) ?? false)
      }
      return found
    },
  }),
  cache_dir: fn({
    doc: 'Fetch the files below a folder of the file server into the cache of this minion.',
    args: {
      path: s.string('`salt://` and a folder'),
      saltenv,
      include_empty: s.withDefault(s.boolean('Make the empty folders, too'), false),
      include_pat: s.optional(s.string('Only paths like this: a glob, or E@ and a regular expression')),
      exclude_pat: s.optional(s.string('No paths like this')),
    },
    returns: list,
    examples: ["salt '*' cp.cache_dir salt://web include_pat='*.conf'"],
    run: async (ctx, { path, saltenv: given, include_empty, include_pat, exclude_pat }) => {
      const { saltenv, ...served } = servedAt(ctx, path, given)
      const choice = { include: include_pat, exclude: exclude_pat }
      const { files, emptyFolders } = await servedBelow(ctx, { ...served, saltenv }, choice)
      const found = await cacheServed(ctx, saltenv, files)
      if (!include_empty) return found
      const folders = emptyFolders.map((folder) => cachePath(ctx, saltenv, folder))
      for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 })
      return [...found, ...folders]
    },
  }),
  cache_master: fn({
    doc: 'Fetch all files of an environment into the cache of this minion.',
    args: { saltenv },
    returns: list,
    examples: ["salt '*' cp.cache_master"],
    run: async (ctx, { saltenv: given }) => {
      const saltenv = environmentOf(ctx, given)
      return await cacheServed(ctx, saltenv, (await fileSourceOf(ctx).names(saltenv)).files)
    },
  }),
  cache_local_file: fn({
    doc: 'Copy a file of this minion into its cache.',
    args: { path: s.string('An absolute path') },
    returns: cached,
    examples: ["salt '*' cp.cache_local_file /etc/hostname"],
    run: async (ctx, { path }) => (await cacheLocal(ctx, path)) ?? false,
  }),
}
