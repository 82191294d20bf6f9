/** Files of a server at a place of this machine. */
import { randomBytes } from 'node:crypto'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside, systemReason } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { severalAtATime } from '../../../base/several-at-a-time.ts'
import { takeOwnerOf } from '../../../engine/files/file-owner.ts'
import { assertMayWrite, cacheServedFile, prepareFolder } from '../../../engine/functions/file-cache.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { parseSaltUrl, protocolOf } from '../file/source.ts'
import { cached, environmentOf, gzip, makedirs, saltenv, servedAt, webArguments } from './arguments.ts'
import { cacheAny, cacheChecked, mostAtATime, servedBelow } from './caching.ts'
import { namesTemplate, renderedFile, renderedNames } from './templates.ts'
import { webCachePath } from './web.ts'

const source = s.string('`salt://` and a path; `http://`, `https://` and absolute paths too')
const dest = s.string(
  'An absolute path; a folder that is there, or that ends with `/`, gets the file under its own name',
)
const usualMode = 0o644

export const gettingFunctions = {
  get_file: fn({
    doc: 'Bring a file of the file server to a place of this minion.',
    args: { path: source, dest, saltenv, makedirs, template: namesTemplate, gzip },
    returns: s.string('Where it lies, or an empty text where the server has no such file'),
    examples: ["salt '*' cp.get_file salt://web/site.conf /srv/app/site.conf"],
    run: async (ctx, args) => {
      const env = environmentOf(ctx, args.saltenv)
      const [path = '', dest = ''] = await renderedNames(ctx, args.template, env, [args.path, args.dest])
      return (await place(ctx, await cacheAny(ctx, path, args.saltenv), nameOf(path), dest, args.makedirs)) ?? ''
    },
  }),
  get_template: fn({
    doc: 'Render a template of the file server and bring what it becomes to a place of this minion.',
    args: {
      path: source,
      dest: s.string('As of cp.get_file; empty for a place in the cache of the minion'),
      template: s.withDefault(
        s.string('Template engine that it goes through, and that both names go through: jinja'),
        'jinja',
      ),
      saltenv,
      makedirs,
    },
    extra: s.any('context: variables of the template; defaults: those where the context has none; more variables'),
    returns: s.string('Where it lies, or an empty text where the server has no such file'),
    examples: ["salt '*' cp.get_template salt://web/site.conf.jinja /srv/app/site.conf context='{port: 80}'"],
    run: async (ctx, args, { extra }) => {
      const { template: engine } = args
      const env = environmentOf(ctx, args.saltenv)
      const [url = '', dest = ''] = await renderedNames(ctx, engine, env, [args.path, args.dest])
      const path = await cacheAny(ctx, url, args.saltenv)
      if (path === undefined) return ''
      const served = servedAt(ctx, url, args.saltenv)
      const text = await renderedFile(ctx, { path, file: served.path, saltenv: served.saltenv, engine, extra })
      const target = dest === '' ? renderedPath(ctx, url, served) : dest
      return await placeText(ctx, text, nameOf(url), target, dest === '' || args.makedirs)
    },
  }),
  get_file_str: fn({
    doc: 'Give the content of a file of the file server.',
    args: { path: source, saltenv },
    returns: s.any('The text, or false where the server has no such file'),
    examples: ["salt '*' cp.get_file_str /etc/hostname"],
    run: async (ctx, { path, saltenv }) => {
      const file = await cacheAny(ctx, path, saltenv)
      return file === undefined ? false : await readFile(file, 'utf8')
    },
  }),
  get_dir: fn({
    doc: 'Bring a folder of the file server with all that is in it to a place of this minion: it becomes a folder of the same name there.',
    args: {
      path: s.string('`salt://` and a folder'),
      dest: s.string('An absolute path'),
      saltenv,
      template: namesTemplate,
      gzip,
    },
    returns: s.array(s.string(), 'Where its files and its empty folders lie'),
    examples: ["salt '*' cp.get_dir salt://web /srv/app"],
    run: async (ctx, { saltenv: given, template, ...args }) => {
      const env = environmentOf(ctx, given)
      const [path = '', dest = ''] = await renderedNames(ctx, template, env, [args.path, args.dest])
      const served = servedAt(ctx, path, given)
      const parent = dirname(served.path.replace(/\/+$/, ''))
      const targetOf = (one: string): string => join(dest, parent === '.' ? one : one.slice(parent.length + 1))
      const { files, emptyFolders } = await servedBelow(ctx, served)
      for (const one of [...files, ...emptyFolders]) assertMayWrite(ctx, targetOf(one))
      for (const folder of emptyFolders) await mkdir(targetOf(folder), { recursive: true })
      const placed = await severalAtATime(mostAtATime, files, async (file) =>
        place(ctx, await cacheServedFile(ctx, served.saltenv, file), basename(file), targetOf(file), true),
      )
      return [...placed.filter((one) => one !== undefined), ...emptyFolders.map(targetOf)].sort()
    },
  }),
  get_url: fn({
    doc: 'Bring a file of a file server, a web server or this minion to a place of this minion, or give its content.',
    args: {
      path: source,
      dest: s.withDefault(
        s.union([s.string(), s.null()], 'An absolute path; empty to cache it only, None for its content'),
        '',
      ),
      saltenv,
      makedirs,
      source_hash: s.optional(s.string('The hash that it must have: `sha256=…`')),
      ...webArguments,
    },
    returns: s.union([cached, s.string()], 'Where it lies, or its content; false where there is no such file'),
    examples: ["salt '*' cp.get_url http://www.example.org/index.html /srv/app/index.html"],
    run: async (ctx, { path, dest, saltenv, makedirs, source_hash, verify_ssl: verifySsl, use_etag: useEtag }) => {
      const file = await cacheChecked(ctx, path, saltenv, source_hash, { verifySsl, useEtag })
      if (file === undefined) return false
      if (dest === null) return await readFile(file, 'utf8')
      return dest === '' ? file : ((await place(ctx, file, nameOf(path), dest, makedirs)) ?? false)
    },
  }),
}

/** Beside the files of web servers in the cache, as Salt has it. */
function renderedPath(
  ctx: FunctionContext,
  url: string,
  served: { readonly path: string; readonly saltenv: string },
): string {
  const folder = join(String(ctx.config.get('cachedir')), 'extrn_files', served.saltenv)
  const protocol = protocolOf(url)
  if (protocol === 'http' || protocol === 'https') return `${webCachePath(ctx, url, served.saltenv)}.rendered`
  return resolveInside(folder, served.path)
}

/** What a file is called in a folder. */
function nameOf(url: string): string {
  const protocol = protocolOf(url)
  if (protocol === 'http' || protocol === 'https') {
    const { pathname, search } = new URL(url)
    return search === '' && pathname.endsWith('/') ? 'index.html' : (url.split('/').at(-1) ?? '')
  }
  return basename(parseSaltUrl(url, '').path)
}

/** Puts a copy at its place; one that is there keeps its permissions and owner. Undefined where there is nothing to copy. */
async function place(
  ctx: FunctionContext,
  file: string | undefined,
  name: string,
  dest: string,
  mayMakeFolders: boolean,
): Promise<string | undefined> {
  if (file === undefined) return undefined
  const there = await modeOf(dest)
  const target = dest.endsWith('/') || there?.isFolder === true ? join(dest, name) : dest
  assertMayWrite(ctx, target)
  await prepareFolder(target, mayMakeFolders || dest.endsWith('/'))
  await copyWhole(file, target, (await modeOf(target))?.mode ?? usualMode)
  return target
}

async function placeText(
  ctx: FunctionContext,
  text: string,
  name: string,
  dest: string,
  mayMakeFolders: boolean,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'template-'))
  try {
    const file = join(folder, 'rendered')
    await writeFile(file, text, { mode: 0o600 })
    return (await place(ctx, file, name, dest, mayMakeFolders)) ?? ''
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Readers see the old file or the new one, however large it is. */
async function copyWhole(file: string, target: string, mode: number): Promise<void> {
  const temporary = join(dirname(target), `.new-${randomBytes(8).toString('hex')}`)
  try {
    await copyFile(file, temporary)
    await takeOwnerOf(target, temporary)
    await chmod(temporary, mode)
    await rename(temporary, target)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new SaltError('storage', `cannot write the file: ${systemReason(cause)}`, { where: target, cause })
  }
}

async function modeOf(path: string): Promise<{ readonly mode: number; readonly isFolder: boolean } | undefined> {
  try {
    const status = await stat(path)
    return { mode: status.mode & 0o7777, isFolder: status.isDirectory() }
  } catch {
    return undefined
  }
}
