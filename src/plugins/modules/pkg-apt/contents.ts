/** Functions of `pkg` about the files of packages and what packages say about themselves. */

import { lstatSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { readFileIfExists } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { answerFor, oneOrMore, texts } from '../../../engine/functions/packages/answers.ts'
import { fileFunctions } from '../../../engine/functions/packages/file-functions.ts'
import { faultText } from '../../../engine/functions/packages/package-table.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { installedTable, installTime, isForeign, parseParagraphs, runApt } from './dpkg.ts'
import { refreshIndexes } from './refresh.ts'
import { isoTime } from './versions.ts'

/** Installed packages with their files. Throws `execution-failed` for names that are not installed. */
async function filesOf(ctx: FunctionContext, names: readonly string[]) {
  const installed = await installedTable(ctx)
  const chosen = names.length === 0 ? [...installed.keys()] : names
  const errors = chosen.filter((name) => !installed.has(name)).map((name) => `package ${name} is not installed`)
  const packages: Record<string, string[]> = {}
  for (const name of chosen) {
    if (!installed.has(name)) continue
    const result = await ctx.exec(['dpkg-query', '--listfiles', name])
    if (result.retcode !== 0) errors.push(faultText(result))
    else packages[name] = result.stdout.split('\n').filter((line) => line.startsWith('/') && line !== '/.')
  }
  return { errors, packages }
}

/** The package that a file came with, by either of its paths where `/bin` and its like are links into `/usr`. */
async function ownerOf(ctx: FunctionContext, path: string): Promise<string | undefined> {
  return (await ownerOfPath(ctx, path)) ?? ownerOfPath(ctx, mergedPath(ctx, path))
}

/** As `dpkg -S` tells it; diversions are no owners. */
async function ownerOfPath(ctx: FunctionContext, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  const result = await ctx.exec(['dpkg', '-S', path])
  const line = result.stdout.split('\n').find((one) => one !== '' && !one.startsWith('diversion by '))
  return line?.replace(/(?::[a-z0-9-]+)?: .*$/, '')
}

/** `/bin/ls` → `/usr/bin/ls`, and back: packages before Debian 13 say the one, later ones the other. */
function mergedPath(ctx: FunctionContext, path: string): string | undefined {
  const [, usr, folder = ''] = /^(\/usr)?\/(bin|sbin|lib\w*)\//.exec(path) ?? []
  if (folder === '' || lstatSync(ctx.at(`/${folder}`), { throwIfNoEntry: false })?.isSymbolicLink() !== true) {
    return undefined
  }
  return usr === undefined ? `/usr${path}` : path.slice('/usr'.length)
}

export const contentFunctions = {
  owner: fn({
    doc: 'Tell which package a file came with; empty text where none did.',
    rest: s.path('Paths of files'),
    extra: s.any('Further arguments, without effect here'),
    returns: oneOrMore,
    examples: ["salt '*' pkg.owner /etc/bash.bashrc", "salt '*' pkg.owner /etc/bash.bashrc /usr/bin/apt-get"],
    async run(ctx, _args, { rest }) {
      const paths = texts(rest)
      const owners = new Map<string, string>()
      for (const path of paths) owners.set(path, (await ownerOf(ctx, path)) ?? '')
      return answerFor(paths, owners, '')
    },
  }),
  which: fn({
    doc: 'Tell which package installed a file: null where none did, false where there is no such file.',
    args: { path: s.path('Full path of the file') },
    returns: s.union([s.string(), s.boolean(), s.null()]),
    examples: ["salt '*' pkg.which /etc/bash.bashrc"],
    async run(ctx, { path }) {
      if (!isAbsolute(path) || statSync(ctx.at(path), { throwIfNoEntry: false }) === undefined) return false
      return (await ownerOf(ctx, path)) ?? null
    },
  }),
  ...fileFunctions(filesOf),
  show: fn({
    doc: 'Show what the lists of packages say about packages, version by version.',
    rest: s.string('Names of packages, or shell-style patterns'),
    extra: s.any('filter: names of fields to show, separated by commas; refresh: fetch the lists first'),
    returns: s.record(s.record(s.record(s.string())), 'Name → version → field → text'),
    examples: ["salt '*' pkg.show bash", "salt '*' pkg.show bash filter=description-md5,depends"],
    async run(ctx, _args, { rest, extra }) {
      if (extra.refresh === true) await refreshIndexes(ctx)
      const { stdout } = await runApt(ctx, ['apt-cache', 'show', ...texts(rest)])
      const filter = (Array.isArray(extra.filter) ? extra.filter.map(String) : String(extra.filter ?? '').split(','))
        .map((field) => field.trim().toLowerCase())
        .filter((field) => field !== '')
      return shownFields(parseParagraphs(stdout), filter)
    },
  }),
  info_installed: fn({
    doc: 'Tell what is known about installed packages.',
    rest: s.string('Names of packages; none for all'),
    extra: s.any('attr: fields to show, separated by commas; failhard (true): fail where one is not installed'),
    returns: s.record(s.record(s.any()), 'Name → field → value'),
    examples: ["salt '*' pkg.info_installed bash", "salt '*' pkg.info_installed bash dash attr=version,arch"],
    async run(ctx, _args, { rest, extra }) {
      const attr = Array.isArray(extra.attr) ? extra.attr.map(String) : String(extra.attr ?? '').split(',')
      return installedInfo(ctx, texts(rest), {
        failHard: extra.failhard !== false,
        attr: attr.map((field) => field.trim()).filter((field) => field !== ''),
      })
    },
  }),
  list_downloaded: fn({
    doc: 'List the package files that were fetched and are still there.',
    args: { root: s.optional(s.path('Folder of another system')) },
    extra: s.any('Further arguments, without effect here'),
    returns: s.record(s.record(s.record(s.any())), 'Name → version → path, size and time'),
    examples: ["salt '*' pkg.list_downloaded"],
    run: (ctx, { root }) => downloaded(ctx, `${root ?? ''}/var/cache/apt/archives`),
  }),
  download: fn({
    doc: 'Fetch package files into the folder of apt, without installing anything.',
    rest: s.string('Names of packages'),
    extra: s.any('refresh: fetch the lists of packages first'),
    returns: s.record(s.path(), 'Name → path'),
    examples: ["salt '*' pkg.download hello"],
    async run(ctx, _args, { rest, extra }) {
      if (rest.length === 0) throw new SaltError('bad-arguments', 'No packages were specified')
      if (extra.refresh === true) await refreshIndexes(ctx)
      const result = await runApt(ctx, [
        'apt-get',
        '-q',
        '-y',
        '--reinstall',
        '--download-only',
        'install',
        ...texts(rest),
      ])
      if (result.retcode !== 0) throw new SaltError('execution-failed', faultText(result))
      const files = await downloaded(ctx, '/var/cache/apt/archives')
      return Object.fromEntries(
        texts(rest).flatMap((name) => Object.values(files[name] ?? {}).map(({ path }) => [name, String(path)])),
      )
    },
  }),
}

function shownFields(paragraphs: readonly ReadonlyMap<string, string>[], filter: readonly string[]) {
  const found: Record<string, Record<string, Record<string, string>>> = {}
  for (const fields of paragraphs) {
    const name = fields.get('Package')
    const version = fields.get('Version')
    if (name === undefined || version === undefined) continue
    const versions = found[name] ?? {}
    versions[version] ??= Object.fromEntries(
      [...fields]
        .filter(([field]) => field !== 'Package' && field !== 'Version')
        .filter(([field]) => filter.length === 0 || filter.includes(field.toLowerCase())),
    )
    found[name] = versions
  }
  return found
}

/** dpkg's field → the name that it has for every package manager. */
const infoFields: readonly (readonly [field: string, name: string])[] = [
  ['binary:Package', 'name'],
  ['Version', 'version'],
  ['Architecture', 'arch'],
  ['Source', 'source'],
  ['Section', 'group'],
  ['Maintainer', 'packager'],
  ['Homepage', 'url'],
  ['Origin', 'vendor'],
  ['Installed-Size', 'installed_size'],
  ['binary:Summary', 'summary'],
  ['db:Status-Abbrev', 'status'],
  ['Description', 'description'],
]

/** Descriptions have several lines, so fields and packages are set apart by what none of them holds. */
const infoFormat = `${infoFields.map(([field]) => `\${${field}}`).join('\\t|\\t')}\\t.\\n`

async function installedInfo(
  ctx: FunctionContext,
  names: readonly string[],
  { failHard, attr }: { readonly failHard: boolean; readonly attr: readonly string[] },
): Promise<Record<string, Record<string, string | number>>> {
  const { stdout, stderr, retcode } = await ctx.exec(['dpkg-query', '--showformat', infoFormat, '-W', ...names])
  if (retcode !== 0 && failHard)
    throw new SaltError('execution-failed', `Error getting packages information: ${stderr.trim()}`)
  const found: Record<string, Record<string, string | number>> = {}
  for (const record of stdout.split('\t.\n')) {
    const values = record.split('\t|\t')
    const info = Object.fromEntries(infoFields.map(([, name], index) => [name, values[index] ?? '']))
    const { status = '', arch = '' } = info
    if (status[1] !== 'i') continue
    const base = info.name?.replace(/:.*$/, '') ?? ''
    const name = isForeign(ctx, arch) ? `${base}:${arch}` : base
    found[name] = shownInfo(ctx, { ...info, name }, arch, attr)
  }
  return found
}

function shownInfo(ctx: FunctionContext, info: Record<string, string>, arch: string, attr: readonly string[]) {
  const { status: _, installed_size: size = '', name = '', ...others } = info
  const time = installTime(ctx, name, arch)
  const license = licenseOf(ctx, name.replace(/:.*$/, ''))
  const all: Record<string, string | number> = {
    name,
    ...Object.fromEntries(Object.entries(others).filter(([, text]) => text !== '')),
    ...(size === '' ? {} : { size: Number(size) * 1024 }),
    ...(time === undefined ? {} : { install_date: isoTime(time), install_date_time_t: time }),
    ...(license === '' ? {} : { license }),
  }
  return attr.length === 0 ? all : Object.fromEntries(Object.entries(all).filter(([field]) => attr.includes(field)))
}

/** The licenses that the package's copyright file names. */
function licenseOf(ctx: FunctionContext, name: string): string {
  const text = readFileIfExists(ctx.at(`/usr/share/doc/${name}/copyright`)) ?? ''
  const found = [...text.matchAll(/^License:[ \t]*(\S.*)$/gm)].map(([, license = '']) => license.trim())
  return [...new Set(found)].sort(compareText).join(', ')
}

async function downloaded(ctx: FunctionContext, folder: string) {
  const files = await readdir(ctx.at(folder)).catch(() => [])
  const found: Record<string, Record<string, Record<string, string | number>>> = {}
  for (const file of files.filter((one) => one.endsWith('.deb')).sort(compareText)) {
    // apt writes a colon of the version as %3a.
    const [name = '', version = ''] = file.slice(0, -'.deb'.length).split('_').map(decodeURIComponent)
    const path = `${folder}/${file}`
    const { size, mtimeMs } = statSync(ctx.at(path))
    const time = Math.floor(mtimeMs / 1000)
    found[name] = {
      ...found[name],
      [version]: { path, size, creation_date_time_t: time, creation_date_time: isoTime(time).replace('Z', '') },
    }
  }
  return found
}
