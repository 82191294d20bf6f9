import { statSync } from 'node:fs'
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import { userName } from '../../engine/functions/accounts.ts'
import { otherArguments, texts } from '../../engine/functions/packages/answers.ts'
import {
  changePackages,
  latestFunctions,
  type PackageTool,
  removePackages,
  tableFunctions,
} from '../../engine/functions/packages/common-functions.ts'
import { holdFunctions } from '../../engine/functions/packages/holds.ts'
import {
  changesSchema,
  packageArguments,
  packageNames,
  packageRequest,
} from '../../engine/functions/packages/package-request.ts'
import { faultText, type PackageTable, packageTable } from '../../engine/functions/packages/package-table.ts'
import { defineModule, type ExecResult, type FunctionContext, fn } from '../../engine/plugin.ts'

const { name, pkgs } = packageArguments

/** Where Homebrew lies on Apple's processors and on Intel's. */
const places = ['/opt/homebrew/bin/brew', '/usr/local/bin/brew']

/** Homebrew refuses to run as root, so it runs as the user that it belongs to. */
function run(ctx: FunctionContext, argv: readonly string[]): Promise<ExecResult> {
  const path = places.find((place) => statSync(ctx.at(place), { throwIfNoEntry: false }) !== undefined)
  if (path === undefined || process.geteuid?.() !== 0) return ctx.exec([path ?? 'brew', ...argv])
  const owner = userName(statSync(ctx.at(path)).uid)
  return ctx.exec([path, ...argv], owner === undefined || owner === 'root' ? {} : { runas: owner })
}

interface Formula {
  readonly name: string
  /** All names that it is known by. */
  readonly names: readonly string[]
  readonly installed: readonly string[]
  readonly latest: string
  readonly pinned: boolean
  readonly info: Readonly<Record<string, unknown>>
}

async function ask(ctx: FunctionContext, argv: readonly string[]): Promise<Record<string, unknown>> {
  const result = await run(ctx, argv)
  if (result.retcode !== 0) throw new SaltError('execution-failed', faultText(result))
  const answer: unknown = JSON.parse(result.stdout)
  if (!isRecord(answer)) throw new SaltError('execution-failed', 'brew did not answer with a mapping.')
  return answer
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** Formulae and casks of `brew info --json=v2`. */
async function formulae(ctx: FunctionContext, what: readonly string[]): Promise<readonly Formula[]> {
  const answer = await ask(ctx, ['info', '--json=v2', ...what])
  const plain = records(answer.formulae).map((info) => {
    const stable = isRecord(info.versions) ? String(info.versions.stable ?? '') : ''
    const revision = Number(info.revision ?? 0)
    return {
      name: String(info.name),
      names: [...new Set([String(info.name), String(info.full_name ?? info.name), ...strings(info.aliases)])],
      installed: records(info.installed).map((one) => String(one.version)),
      latest: revision > 0 ? `${stable}_${revision}` : stable,
      pinned: info.pinned === true,
      info,
    }
  })
  const casks = records(answer.casks).map((info) => ({
    name: String(info.token),
    names: [...new Set([String(info.token), String(info.full_token ?? info.token)])],
    installed: typeof info.installed === 'string' ? [info.installed] : [],
    latest: String(info.version ?? ''),
    pinned: false,
    info,
  }))
  return [...plain, ...casks]
}

async function installed(ctx: FunctionContext): Promise<PackageTable> {
  const found = await formulae(ctx, ['--installed'])
  return packageTable(found.flatMap((one) => one.installed.map((version) => [one.name, version] as const)))
}

async function refresh(ctx: FunctionContext): Promise<true> {
  const result = await run(ctx, ['update'])
  if (result.retcode !== 0)
    throw new SaltError('execution-failed', `Error refreshing the database: ${faultText(result)}`)
  return true
}

const brew: PackageTool = {
  installed,
  refresh,
  async latest(ctx, names) {
    const known = await formulae(ctx, names)
    return new Map(
      names.flatMap((wanted) => {
        const one = known.find((formula) => formula.names.includes(wanted))
        return one === undefined || one.installed.includes(one.latest) ? [] : [[wanted, one.latest]]
      }),
    )
  },
}

const removeFunction = fn({
  doc: 'Remove packages. Names may be shell-style patterns.',
  args: { name, pkgs },
  extra: otherArguments,
  returns: changesSchema,
  examples: ["salt '*' pkg.remove wget"],
  async run(ctx, args) {
    return removePackages(ctx, {
      names: await packageNames(ctx, args),
      command: (targets) => ['uninstall', ...targets],
      message: 'Problem encountered removing package(s)',
      run,
      installed,
    })
  },
})

export const pkgBrew = defineModule({
  name: 'pkg',
  doc: 'Installs, removes and tells about packages with Homebrew.',
  available: ({ grains }) => grains.os_family === 'MacOS' || grains.os === 'MacOS' || 'brew: the system is not macOS',
  functions: {
    ...tableFunctions(brew),
    ...latestFunctions(brew),
    refresh_db: fn({
      doc: 'Fetch the lists of packages.',
      extra: otherArguments,
      returns: s.boolean(),
      examples: ["salt '*' pkg.refresh_db"],
      run: (ctx) => refresh(ctx),
    }),
    list_upgrades: fn({
      doc: 'List what an upgrade would install.',
      args: {
        refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true),
        include_casks: s.withDefault(s.boolean('Also applications'), false),
      },
      extra: otherArguments,
      returns: s.record(s.string(), 'Name → new version'),
      examples: ["salt '*' pkg.list_upgrades refresh=false"],
      async run(ctx, args) {
        if (args.refresh) await refresh(ctx)
        const answer = await ask(ctx, ['outdated', '--json=v2'])
        const outdated = [...records(answer.formulae), ...(args.include_casks ? records(answer.casks) : [])]
        return Object.fromEntries(outdated.map((one) => [String(one.name), String(one.current_version)]))
      },
    }),
    install: fn({
      doc: 'Install packages. Gives what has changed.',
      args: {
        name,
        pkgs,
        taps: s.optional(
          s.union([s.array(s.string()), s.string()], 'Repositories to know first, such as homebrew/cask-fonts'),
        ),
        options: s.optional(s.array(s.string(), 'Options for brew install')),
        refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false),
      },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.install wget", "salt '*' pkg.install pkgs='[wget, jq]'"],
      async run(ctx, args) {
        const request = await packageRequest(ctx, args)
        if (request.kind !== 'repository') return {}
        if (args.refresh) await refresh(ctx)
        const taps = typeof args.taps === 'string' ? args.taps.split(',') : (args.taps ?? [])
        const names = request.packages.map((one) =>
          one.version === undefined ? one.name : `${one.name}@${one.version}`,
        )
        return changePackages(ctx, {
          commands: [...taps.map((tap) => ['tap', tap.trim()]), ['install', ...(args.options ?? []), ...names]],
          message: 'Problem encountered installing package(s)',
          run,
          installed,
        })
      },
    }),
    remove: removeFunction,
    purge: { ...removeFunction, doc: 'Remove packages, as remove does.', examples: ["salt '*' pkg.purge wget"] },
    upgrade: fn({
      doc: 'Upgrade all packages.',
      args: { refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true) },
      extra: otherArguments,
      returns: changesSchema,
      examples: ["salt '*' pkg.upgrade"],
      async run(ctx, args) {
        if (args.refresh) await refresh(ctx)
        const message = 'Problem encountered upgrading packages'
        return changePackages(ctx, { commands: [['upgrade']], message, run, installed })
      },
    }),
    ...holdFunctions({
      normalize: (_ctx, one) => one,
      async states(ctx) {
        const found = await formulae(ctx, ['--installed'])
        return (wanted) => {
          const one = found.find((formula) => formula.names.includes(wanted))
          return one === undefined ? undefined : one.pinned ? 'hold' : 'install'
        }
      },
      set: (ctx, one, hold) => run(ctx, [hold ? 'pin' : 'unpin', one]),
      released: 'install',
    }),
    list_holds: fn({
      doc: 'List the packages that are held.',
      returns: s.array(s.string()),
      examples: ["salt '*' pkg.list_holds"],
      run: async (ctx) =>
        (await formulae(ctx, ['--installed']))
          .filter((one) => one.pinned)
          .map((one) => one.name)
          .sort(compareText),
    }),
    file_list: fn({
      doc: 'List the files of packages.',
      rest: s.string('Names of packages'),
      extra: otherArguments,
      returns: s.object({ errors: s.array(s.string()), files: s.array(s.path()) }),
      examples: ["salt '*' pkg.file_list wget"],
      async run(ctx, _args, { rest }) {
        const errors: string[] = []
        const files: string[] = []
        for (const one of texts(rest)) {
          const result = await run(ctx, ['list', '--verbose', one])
          if (result.retcode === 0) files.push(...result.stdout.split('\n').filter((line) => line.startsWith('/')))
          else errors.push(faultText(result))
        }
        return { errors, files: files.sort(compareText) }
      },
    }),
    info_installed: fn({
      doc: 'Tell all that Homebrew knows about packages.',
      rest: s.string('Names of packages'),
      extra: otherArguments,
      returns: s.record(s.record(s.any()), 'Name → what is known'),
      examples: ["salt '*' pkg.info_installed wget"],
      async run(ctx, _args, { rest }) {
        const found = await formulae(ctx, rest.length === 0 ? ['--installed'] : texts(rest))
        return Object.fromEntries(found.map((one) => [one.name, one.info]))
      },
    }),
  },
})
