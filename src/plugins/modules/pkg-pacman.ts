import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { answerFor, oneOrMore, otherArguments, texts } from '../../engine/functions/packages/answers.ts'
import { compareArchVersions } from '../../engine/functions/packages/arch-version.ts'
import {
  changePackages,
  compareFunction,
  latestFunctions,
  type PackageTool,
  removePackages,
  tableFunctions,
} from '../../engine/functions/packages/common-functions.ts'
import { fileFunctions } from '../../engine/functions/packages/file-functions.ts'
import {
  changesSchema,
  packageArguments,
  packageNames,
  packageRequest,
} from '../../engine/functions/packages/package-request.ts'
import { faultText, type PackageTable, packageTable } from '../../engine/functions/packages/package-table.ts'
import { parseCondition } from '../../engine/functions/packages/version-order.ts'
import { defineModule, type ExecResult, type FunctionContext, fn } from '../../engine/plugin.ts'

const { name, pkgs, sources, version } = packageArguments
const unattended = ['--noprogressbar', '--noconfirm']

function run(ctx: FunctionContext, argv: readonly string[]): Promise<ExecResult> {
  return ctx.exec(['pacman', ...argv])
}

/** As `run`; why packages do not go together stands on the standard output of pacman. */
async function runChange(ctx: FunctionContext, argv: readonly string[]): Promise<ExecResult> {
  const result = await run(ctx, argv)
  if (result.retcode === 0) return result
  const reasons =
    result.stdout.match(/^:: .*(?:in conflict|breaks dependency|required by|cannot resolve)(?!.*\[y\/N\]).*$/gim) ?? []
  return { ...result, stderr: [...reasons, result.stderr].join('\n') }
}

/** Lines of a name and a version. Notes about databases begin with a space. */
function pairs(text: string): [string, string][] {
  return [...text.matchAll(/^(\S+) (\S+)$/gm)].map(([, one = '', found = '']) => [one, found])
}

async function installed(ctx: FunctionContext): Promise<PackageTable> {
  return packageTable(pairs((await run(ctx, ['-Q'])).stdout))
}

/** Database → true where it was fetched, false where it was up to date. */
async function refresh(ctx: FunctionContext): Promise<Record<string, boolean>> {
  const result = await run(ctx, ['-Sy', ...unattended])
  if (result.retcode !== 0)
    throw new SaltError('execution-failed', `Error refreshing package database: ${faultText(result)}`)
  const found: Record<string, boolean> = {}
  for (const line of result.stdout.split('\n')) {
    const [, database, rest] = /^\s*([\w.-]+) (.+)$/.exec(line) ?? []
    if (database === undefined || rest === undefined || line.startsWith('::')) continue
    if (/is up to date/.test(rest)) found[database] = false
    else if (/^\s*(?:downloading|\d)/.test(rest)) found[database.replace(/\.db$/, '')] = true
  }
  return found
}

const pacman: PackageTool = {
  installed,
  refresh,
  async latest(ctx, names) {
    const stdout = await offers(ctx, names)
    const table = await installed(ctx)
    const offered = pairs(stdout).filter(([one]) => names.includes(one))
    return new Map(
      offered.filter(([one, found]) => (table.get(one) ?? []).every((now) => compareArchVersions(found, now) > 0)),
    )
  },
}

/** What would be installed, in lines of a name and a version; pacman tells nothing at all where it lacks one of the names. */
async function offers(ctx: FunctionContext, names: readonly string[]): Promise<string> {
  if (names.length === 0) return ''
  const { stdout, stderr, retcode } = await run(ctx, ['-Sp', '--needed', '--print-format', '%n %v', ...names])
  if (retcode === 0) return stdout
  const missing = [...stderr.matchAll(/^error: target not found: (\S+)$/gm)].map(([, one = '']) => one)
  const left = names.filter((one) => !missing.includes(one))
  return left.length < names.length ? offers(ctx, left) : ''
}

async function uninstall(
  ctx: FunctionContext,
  args: { name?: string | undefined; pkgs?: unknown[] | string | undefined },
  operation: '-R' | '-Rsc',
) {
  return removePackages(ctx, {
    names: await packageNames(ctx, args),
    command: (targets) => [operation, ...unattended, ...targets],
    message: 'Problem encountered removing package(s)',
    run: runChange,
    installed,
  })
}

async function filesOf(ctx: FunctionContext, names: readonly string[]) {
  const { stdout, stderr } = await run(ctx, ['-Ql', ...names])
  const packages: Record<string, string[]> = {}
  for (const line of stdout.split('\n')) {
    const [, one, path] = /^(\S+) (\/.*)$/.exec(line) ?? []
    if (one !== undefined && path !== undefined && !path.endsWith('/')) packages[one] = [...(packages[one] ?? []), path]
  }
  const errors = stderr.split('\n').filter((line) => line.startsWith('error:'))
  return { errors: errors.map((line) => line.slice('error:'.length).trim()), packages }
}

/** Heading of `pacman -Qi` → field. */
const headings: Readonly<Record<string, string>> = {
  Name: 'name',
  Version: 'version',
  Description: 'summary',
  Architecture: 'arch',
  URL: 'url',
  Licenses: 'license',
  Groups: 'group',
  'Installed Size': 'size',
  Packager: 'packager',
  'Build Date': 'build_date',
  'Install Date': 'install_date',
}

function parseInfo(text: string): Record<string, Record<string, string>> {
  const found: Record<string, Record<string, string>> = {}
  for (const part of text.split(/\n\s*\n/)) {
    const info: Record<string, string> = {}
    for (const [, heading = '', value = ''] of part.matchAll(/^(\S[^:\n]*?)\s+: (.*)$/gm)) {
      const field = headings[heading]
      if (field !== undefined && value !== 'None') info[field] = value.trim().replace(/ {2,}/g, ', ')
    }
    if (info.name !== undefined) found[info.name] = info
  }
  return found
}

const packagesRest = s.string('Names of packages; none for all that are installed')

export const pkgPacman = defineModule({
  name: 'pkg',
  doc: 'Installs, removes and tells about packages with pacman.',
  available: ({ grains }) => grains.os_family === 'Arch' || 'pacman: the system is not of the Arch family',
  functions: {
    ...tableFunctions(pacman),
    ...latestFunctions(pacman),
    ...compareFunction(compareArchVersions, 'vercmp of pacman'),
    refresh_db: fn({
      doc: 'Fetch the lists of packages. Each database comes with true (fetched) or false (was up to date).',
      extra: otherArguments,
      returns: s.record(s.boolean()),
      examples: ["salt '*' pkg.refresh_db"],
      run: (ctx) => refresh(ctx),
    }),
    list_upgrades: fn({
      doc: 'List what an upgrade would install.',
      args: { refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false) },
      extra: otherArguments,
      returns: s.record(s.string(), 'Name → new version'),
      examples: ["salt '*' pkg.list_upgrades"],
      async run(ctx, args) {
        const argv = ['-S', '-p', '-u', ...(args.refresh ? ['-y'] : []), '--print-format', '%n %v']
        const result = await run(ctx, argv)
        if (result.retcode !== 0)
          throw new SaltError('execution-failed', `Error listing upgrades: ${faultText(result)}`)
        return Object.fromEntries(pairs(result.stdout))
      },
    }),
    install: fn({
      doc: 'Install packages, by name from the repositories or from package files. Gives what has changed.',
      args: {
        name,
        refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false),
        sysupgrade: s.withDefault(s.boolean('Upgrade all others too'), false),
        pkgs,
        sources,
        version,
      },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.install vim", "salt '*' pkg.install pkgs='[vim, {curl: \">=8\"}]' refresh=true"],
      async run(ctx, args) {
        const request = await packageRequest(ctx, args)
        if (request.kind === 'none') return {}
        const command =
          request.kind === 'file'
            ? ['-U', ...unattended, ...request.files.map(({ path }) => path)]
            : [
                '-S',
                ...(args.refresh ? ['-y'] : []),
                ...(args.sysupgrade ? ['-u'] : []),
                ...unattended,
                '--needed',
                ...request.packages.map((one) => packageWord(one.name, one.version)),
              ]
        const message = 'Problem encountered installing package(s)'
        return changePackages(ctx, { commands: [command], message, run: runChange, installed })
      },
    }),
    remove: fn({
      doc: 'Remove packages. Names may be shell-style patterns.',
      args: { name, pkgs },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.remove vim"],
      run: (ctx, args) => uninstall(ctx, args, '-R'),
    }),
    purge: fn({
      doc: 'Remove packages with what depends on them and what was installed only for them.',
      args: { name, pkgs },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.purge vim"],
      run: (ctx, args) => uninstall(ctx, args, '-Rsc'),
    }),
    upgrade: fn({
      doc: 'Upgrade all packages.',
      args: { refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false) },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.upgrade refresh=true"],
      run: (ctx, args) =>
        changePackages(ctx, {
          commands: [['-Su', ...unattended, ...(args.refresh ? ['-y'] : [])]],
          message: 'Problem encountered upgrading packages',
          run: runChange,
          installed,
        }),
    }),
    owner: fn({
      doc: 'Tell which package a file came with; empty text where none did.',
      rest: s.path('Paths of files'),
      extra: otherArguments,
      returns: oneOrMore,
      examples: ["salt '*' pkg.owner /usr/bin/bash"],
      async run(ctx, _args, { rest }) {
        const owners = new Map<string, string>()
        for (const path of texts(rest)) owners.set(path, (await run(ctx, ['-Qqo', path])).stdout.trim())
        return answerFor(texts(rest), owners, '')
      },
    }),
    ...fileFunctions(filesOf),
    info_installed: fn({
      doc: 'Tell what is known about installed packages.',
      rest: packagesRest,
      extra: otherArguments,
      returns: s.record(s.record(s.string()), 'Name → field → text'),
      examples: ["salt '*' pkg.info_installed bash"],
      run: async (ctx, _args, { rest }) => parseInfo((await run(ctx, ['-Qi', ...texts(rest)])).stdout),
    }),
  },
})

/** pacman knows conditions itself: `name>=1.2`. */
function packageWord(one: string, wanted: string | undefined): string {
  if (wanted === undefined) return one
  const condition = parseCondition(wanted)
  return condition === undefined
    ? `${one}=${wanted.replace(/^=+/, '')}`
    : `${one}${condition.operator}${condition.version}`
}
