import { readFileIfExists } from '../../base/files.ts'
import { s } from '../../base/schema.ts'
import { compareAlpineVersions } from '../../engine/functions/packages/alpine-version.ts'
import { otherArguments, texts } from '../../engine/functions/packages/answers.ts'
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
import {
  changesBetween,
  faultText,
  type PackageTable,
  packageTable,
} from '../../engine/functions/packages/package-table.ts'
import { defineModule, type ExecResult, type FunctionContext, fn } from '../../engine/plugin.ts'

const { name, pkgs, sources, version } = packageArguments

function run(ctx: FunctionContext, argv: readonly string[]): Promise<ExecResult> {
  return ctx.exec(['apk', ...argv])
}

/** From lines such as `busybox-1.36.1-r29`. */
async function installed(ctx: FunctionContext): Promise<PackageTable> {
  const { stdout } = await run(ctx, ['info', '-v'])
  return packageTable(
    stdout.split('\n').flatMap((line) => {
      const [, one, found] = /^(\S+)-(\d[^-\s]*-r\d+)$/.exec(line.trim()) ?? []
      return one === undefined || found === undefined ? [] : [[one, found] as const]
    }),
  )
}

/** What a simulated run would install: `(1/2) Upgrading busybox (1.36.1-r28 -> 1.36.1-r29)`, `Installing zsh (5.9-r2)`. */
function simulated(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^\(\s*\d+\/\d+\) (?:Upgrading|Installing) (\S+) \((?:\S+ -> )?([^\s)]+)\)/gm)
  return new Map([...lines].map(([, one = '', found = '']) => [one, found]))
}

async function refresh(ctx: FunctionContext): Promise<boolean> {
  return (await run(ctx, ['update'])).retcode === 0
}

const apk: PackageTool = {
  installed,
  refresh,
  async latest(ctx, names) {
    const table = await installed(ctx)
    const upgrades = simulated((await run(ctx, ['upgrade', '-s'])).stdout)
    const found = new Map<string, string>()
    for (const one of names) {
      const source = table.has(one) ? upgrades : simulated((await run(ctx, ['add', '-s', one])).stdout)
      const latest = source.get(one)
      if (latest !== undefined) found.set(one, latest)
    }
    return found
  },
}

async function uninstall(
  ctx: FunctionContext,
  args: { name?: string | undefined; pkgs?: unknown[] | string | undefined },
  purge: boolean,
) {
  return removePackages(ctx, {
    names: await packageNames(ctx, args),
    command: (targets) => ['del', ...(purge ? ['--purge'] : []), ...targets],
    message: 'Error occurred removing package(s)',
    run,
    installed,
  })
}

async function filesOf(ctx: FunctionContext, names: readonly string[]) {
  const chosen = names.length === 0 ? [...(await installed(ctx)).keys()] : names
  const errors: string[] = []
  const packages: Record<string, string[]> = {}
  for (const one of chosen) {
    const { stdout, retcode } = await run(ctx, ['info', '-L', one])
    const files = stdout.split('\n').filter((line) => line !== '' && !line.endsWith(' contains:'))
    if (retcode !== 0 || !stdout.includes(' contains:')) errors.push(`package ${one} is not installed`)
    else packages[one] = files.map((file) => `/${file}`)
  }
  return { errors, packages }
}

/** Letter of apk's database → field. */
const fields: Readonly<Record<string, string>> = {
  P: 'name',
  V: 'version',
  A: 'arch',
  I: 'size',
  T: 'summary',
  U: 'url',
  L: 'license',
  o: 'source',
  m: 'packager',
  t: 'build_date_time_t',
}

function installedInfo(ctx: FunctionContext, names: readonly string[]) {
  const database = readFileIfExists(ctx.at('/lib/apk/db/installed')) ?? ''
  const found: Record<string, Record<string, string | number>> = {}
  for (const part of database.split(/\n\n+/)) {
    const info: Record<string, string | number> = {}
    for (const [, letter = '', value = ''] of part.matchAll(/^([A-Za-z]):(.*)$/gm)) {
      const field = fields[letter]
      if (field !== undefined) info[field] = letter === 'I' || letter === 't' ? Number(value) : value
    }
    const one = String(info.name ?? '')
    if (one !== '' && (names.length === 0 || names.includes(one))) found[one] = info
  }
  return found
}

const packagesRest = s.string('Names of packages; none for all that are installed')

export const pkgApk = defineModule({
  name: 'pkg',
  doc: 'Installs, removes and tells about packages with apk.',
  available: ({ grains }) => grains.os_family === 'Alpine' || 'apk: the system is not Alpine',
  functions: {
    ...tableFunctions(apk),
    ...latestFunctions(apk),
    ...compareFunction(compareAlpineVersions, 'apk'),
    refresh_db: fn({
      doc: 'Fetch the lists of packages. Gives whether that went well.',
      extra: otherArguments,
      returns: s.boolean(),
      examples: ["salt '*' pkg.refresh_db"],
      run: (ctx) => refresh(ctx),
    }),
    list_upgrades: fn({
      doc: 'List what an upgrade would install.',
      args: { refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true) },
      extra: otherArguments,
      returns: s.record(s.string(), 'Name → new version'),
      examples: ["salt '*' pkg.list_upgrades refresh=false"],
      async run(ctx, args) {
        if (args.refresh) await refresh(ctx)
        return Object.fromEntries(simulated((await run(ctx, ['upgrade', '-s'])).stdout))
      },
    }),
    install: fn({
      doc: 'Install packages, by name from the repositories or from package files. Gives what has changed.',
      args: {
        name,
        refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false),
        pkgs,
        sources,
        version,
      },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.install vim", "salt '*' pkg.install pkgs='[vim, {curl: 8.5.0-r0}]' refresh=true"],
      async run(ctx, args) {
        const request = await packageRequest(ctx, args)
        if (request.kind === 'none') return {}
        if (args.refresh) await refresh(ctx)
        // apk knows conditions itself: name>=1.2.
        const words =
          request.kind === 'file'
            ? ['--allow-untrusted', ...request.files.map(({ path }) => path)]
            : request.packages.map((one) =>
                one.version === undefined
                  ? one.name
                  : `${one.name}${/^[<>=~]/.test(one.version) ? '' : '='}${one.version}`,
              )
        const message = 'Error occurred installing package(s)'
        return changePackages(ctx, { commands: [['add', ...words]], message, run, installed })
      },
    }),
    remove: fn({
      doc: 'Remove packages. Names may be shell-style patterns.',
      args: { name, pkgs, purge: s.withDefault(s.boolean('With changed configuration files'), false) },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.remove vim"],
      run: (ctx, args) => uninstall(ctx, args, args.purge),
    }),
    purge: fn({
      doc: 'Remove packages with changed configuration files.',
      args: { name, pkgs },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.purge vim"],
      run: (ctx, args) => uninstall(ctx, args, true),
    }),
    upgrade: fn({
      doc: 'Upgrade all packages, or those that are named.',
      args: { name, pkgs, refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true) },
      extra: otherArguments,
      returns: s.object({ changes: changesSchema, result: s.boolean(), comment: s.string() }),
      examples: ["salt '*' pkg.upgrade"],
      async run(ctx, args) {
        if (args.refresh) await refresh(ctx)
        const names = await packageNames(ctx, args)
        const before = await installed(ctx)
        const result = await run(ctx, names.length === 0 ? ['upgrade'] : ['add', '-u', ...names])
        const changes = changesBetween(before, await installed(ctx))
        return { changes, result: result.retcode === 0, comment: result.retcode === 0 ? '' : faultText(result) }
      },
    }),
    owner: fn({
      doc: 'Tell which package, with its version, each file came with.',
      rest: s.path('Paths of files'),
      extra: otherArguments,
      returns: s.union([s.record(s.string()), s.string()], 'Path → package; empty text where nothing was asked for'),
      examples: ["salt '*' pkg.owner /bin/busybox"],
      async run(ctx, _args, { rest }) {
        const owners: Record<string, string> = {}
        for (const path of texts(rest)) {
          const { stdout } = await run(ctx, ['info', '-W', path])
          owners[path] = / is owned by (\S+)/.exec(stdout)?.[1] ?? 'Could not find owner package'
        }
        return rest.length === 0 ? '' : owners
      },
    }),
    ...fileFunctions(filesOf),
    info_installed: fn({
      doc: 'Tell what is known about installed packages.',
      rest: packagesRest,
      extra: otherArguments,
      returns: s.record(s.record(s.any()), 'Name → field → value'),
      examples: ["salt '*' pkg.info_installed busybox"],
      run: (ctx, _args, { rest }) => installedInfo(ctx, texts(rest)),
    }),
  },
})
