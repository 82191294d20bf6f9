/** What rpm knows, for the package managers that stand on it. */

import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { answerFor, oneOrMore, otherArguments, texts } from './answers.ts'
import { versionFunction } from './common-functions.ts'
import { fileFunctions } from './file-functions.ts'
import { type PackageTable, packageTable, shownTable } from './package-table.ts'

const separator = '_|-'
const listFormat = `${['NAME', 'EPOCH', 'VERSION', 'RELEASE', 'ARCH', 'INSTALLTIME'].map((tag) => `%{${tag}}`).join(separator)}\\n`

export interface RpmPackage {
  readonly name: string
  readonly epoch: string
  readonly version: string
  readonly release: string
  readonly arch: string
  /** Seconds since 1970. */
  readonly installTime: number
}

async function rpmPackages(ctx: FunctionContext): Promise<readonly RpmPackage[]> {
  const { stdout } = await ctx.exec(['rpm', '-qa', '--nodigest', '--nosignature', '--queryformat', listFormat])
  return stdout.split('\n').flatMap((line) => {
    const [name, epoch, version, release = '', arch = '', time = ''] = line.split(separator)
    if (name === undefined || epoch === undefined || version === undefined) return []
    return [{ name, epoch: epoch === '(none)' ? '' : epoch, version, release, arch, installTime: Number(time) }]
  })
}

const x86 = /^i[3-6]86$/

/** `name.arch` where the architecture is not that of the system. */
export function rpmName(ctx: FunctionContext, name: string, arch: string): string {
  const native = typeof ctx.grains.osarch === 'string' ? ctx.grains.osarch : undefined
  if (arch === 'noarch' || native === undefined || arch === native || (x86.test(arch) && x86.test(native))) return name
  return `${name}.${arch}`
}

/** Leaves the architecture out of a name where it says nothing. */
export function normalizeRpmName(ctx: FunctionContext, full: string): string {
  const [, name = '', arch = ''] =
    /^(.+)\.(noarch|x86_64|i[3-6]86|aarch64|ppc64le|s390x|armv7hl|riscv64)$/.exec(full) ?? []
  return arch === '' ? full : rpmName(ctx, name, arch)
}

/** `epoch:version-release`, without an epoch of nothing. */
function rpmVersion({ epoch, version, release }: Pick<RpmPackage, 'epoch' | 'version' | 'release'>): string {
  return `${epoch === '' || epoch === '0' ? '' : `${epoch}:`}${version}${release === '' ? '' : `-${release}`}`
}

/** Installed packages; keys that rpm keeps as packages are none. */
export async function rpmTable(ctx: FunctionContext): Promise<PackageTable> {
  const packages = (await rpmPackages(ctx)).filter(({ name }) => name !== 'gpg-pubkey')
  return packageTable(packages.map((one) => [rpmName(ctx, one.name, one.arch), rpmVersion(one)]))
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function shownAttributes(ctx: FunctionContext, packages: readonly RpmPackage[], attr: readonly string[]) {
  const table: Record<string, Record<string, string | number>[]> = {}
  for (const one of packages) {
    const name = rpmName(ctx, one.name, one.arch)
    const all: Record<string, string | number> = {
      version: one.version,
      arch: one.arch,
      release: one.release,
      ...(one.epoch === '' ? {} : { epoch: one.epoch }),
      install_date: isoTime(one.installTime),
      install_date_time_t: one.installTime,
    }
    const wanted = Object.entries(all).filter(
      ([field]) => attr.includes('all') || field === 'version' || field === 'arch' || attr.includes(field),
    )
    table[name] = [...(table[name] ?? []), Object.fromEntries(wanted)]
  }
  return table
}

/** Tag → name of the field that it fills; those with `:date` come twice. */
const infoTags: readonly (readonly [tag: string, field: string])[] = [
  ['NAME', 'name'],
  ['EPOCH', 'epoch'],
  ['VERSION', 'version'],
  ['RELEASE', 'release'],
  ['ARCH', 'arch'],
  ['VENDOR', 'vendor'],
  ['PACKAGER', 'packager'],
  ['GROUP', 'group'],
  ['LICENSE', 'license'],
  ['SIZE', 'size'],
  ['SOURCERPM', 'source_rpm'],
  ['BUILDHOST', 'build_host'],
  ['BUILDTIME', 'build_date'],
  ['INSTALLTIME', 'install_date'],
  ['SIGPGP:pgpsig', 'signature'],
  ['URL', 'url'],
  ['SUMMARY', 'summary'],
  ['DESCRIPTION', 'description'],
]

const infoFormat = `${infoTags.map(([tag, field]) => `${field}: %{${tag}}\\n`).join('')}-----\\n`

async function installedInfo(ctx: FunctionContext, names: readonly string[], attr: readonly string[]) {
  const argv = ['rpm', ...(names.length === 0 ? ['-qa'] : ['-q']), '--queryformat', infoFormat, ...names]
  const { stdout } = await ctx.exec(argv)
  const found: Record<string, Record<string, string | number>> = {}
  for (const record of stdout.split(/^-----\n/m)) {
    const info = parseInfo(record)
    if (info === undefined) continue
    const name = rpmName(ctx, String(info.name), String(info.arch ?? ''))
    const chosen =
      attr.length === 0 ? info : Object.fromEntries(Object.entries(info).filter(([field]) => attr.includes(field)))
    found[name] = chosen
  }
  return found
}

function parseInfo(record: string): Record<string, string | number> | undefined {
  // Before a package there may be sentences about those that are not installed.
  const start = record.search(/^name: /m)
  if (start < 0) return undefined
  const [head = '', description = ''] = record.slice(start).split(/^description: /m, 2)
  const info: Record<string, string | number> = {}
  for (const line of head.split('\n')) {
    const [, field, value = ''] = /^(\w+): (.*)$/.exec(line) ?? []
    if (field === undefined || value === '' || value === '(none)') continue
    if (field === 'build_date' || field === 'install_date') {
      info[field] = isoTime(Number(value))
      info[`${field}_time_t`] = Number(value)
    } else info[field] = field === 'size' ? Number(value) : value
  }
  info.description = description.trim()
  return info
}

async function filesOf(ctx: FunctionContext, names: readonly string[]) {
  const chosen = names.length === 0 ? [...(await rpmTable(ctx)).keys()] : names
  const errors: string[] = []
  const packages: Record<string, string[]> = {}
  for (const name of chosen) {
    const { stdout, retcode } = await ctx.exec(['rpm', '-ql', name])
    if (retcode === 0) packages[name] = stdout.split('\n').filter((line) => line.startsWith('/'))
    else errors.push(`package ${name} is not installed`)
  }
  return { errors, packages }
}

const installedNames = s.string('Names of packages; none for all that are installed')

/** Functions of `pkg` that rpm answers. */
export const rpmFunctions = {
  list_pkgs: fn({
    doc: 'List the installed packages with their versions.',
    args: {
      versions_as_list: s.withDefault(s.boolean('Give lists of versions instead of text'), false),
      attr: s.optional(
        s.union(
          [s.array(s.string()), s.string()],
          'epoch, version, release, arch, install_date, install_date_time_t, or all',
        ),
      ),
    },
    extra: otherArguments,
    returns: s.record(s.any(), 'Name → version'),
    examples: ["salt '*' pkg.list_pkgs", "salt '*' pkg.list_pkgs attr=version,arch"],
    async run(ctx, { versions_as_list, attr }) {
      if (attr === undefined) return shownTable(await rpmTable(ctx), versions_as_list)
      const packages = (await rpmPackages(ctx)).filter(({ name }) => name !== 'gpg-pubkey')
      return shownAttributes(ctx, packages, typeof attr === 'string' ? attr.split(',') : attr)
    },
  }),
  ...versionFunction({ installed: rpmTable }),
  info_installed: fn({
    doc: 'Tell what is known about installed packages.',
    rest: installedNames,
    extra: s.any('attr: fields to show, separated by commas'),
    returns: s.record(s.record(s.any()), 'Name → field → value'),
    examples: ["salt '*' pkg.info_installed bash", "salt '*' pkg.info_installed bash attr=version,vendor"],
    async run(ctx, _args, { rest, extra }) {
      const attr = Array.isArray(extra.attr) ? extra.attr.map(String) : String(extra.attr ?? '').split(',')
      const found = await installedInfo(
        ctx,
        texts(rest),
        attr.filter((field) => field !== ''),
      )
      if (rest.length > 0 && Object.keys(found).length === 0) {
        throw new SaltError('execution-failed', `No packages are installed with these names: ${texts(rest).join(', ')}`)
      }
      return found
    },
  }),
  owner: fn({
    doc: 'Tell which package a file came with; empty text where none did.',
    rest: s.path('Paths of files'),
    extra: otherArguments,
    returns: oneOrMore,
    examples: ["salt '*' pkg.owner /etc/bash.bashrc", "salt '*' pkg.owner /etc/bash.bashrc /usr/bin/apt-get"],
    async run(ctx, _args, { rest }) {
      const owners = new Map<string, string>()
      for (const path of texts(rest)) {
        const { stdout, retcode } = await ctx.exec(['rpm', '-qf', '--queryformat', '%{NAME}\\n', path])
        owners.set(path, retcode === 0 ? (stdout.split('\n')[0] ?? '') : '')
      }
      return answerFor(texts(rest), owners, '')
    },
  }),
  ...fileFunctions(filesOf),
  normalize_name: fn({
    doc: 'Leave the architecture out of the name of a package where it is that of the system.',
    args: { name: s.string('Name of the package') },
    returns: s.string(),
    examples: ["salt '*' pkg.normalize_name zsh.x86_64"],
    run: (ctx, { name }) => normalizeRpmName(ctx, name),
  }),
}
