/** Functions of `pkg` that are the same for every package manager, made from what each of them can tell. */
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { answerFor, installedVersions, matchingNames, oneOrMore, otherArguments, texts } from './answers.ts'
import {
  changesBetween,
  faultText,
  type PackageChanges,
  type PackageTable,
  packageFault,
  shownTable,
} from './package-table.ts'
import { type CompareVersions, withoutEpoch } from './version-order.ts'

/** What a function gives to the tool: arguments that only some tools know. */
export type ToolOptions = Readonly<Record<string, unknown>>

export interface PackageTool {
  installed(ctx: FunctionContext): Promise<PackageTable>
  /** Newer versions than what is installed, or what would be installed; names that have none are not there. */
  latest(ctx: FunctionContext, names: readonly string[], options: ToolOptions): Promise<ReadonlyMap<string, string>>
  /** Fetches the lists of packages. */
  refresh(ctx: FunctionContext, options: ToolOptions): Promise<unknown>
}

/** list_pkgs and version. */
export function tableFunctions({ installed }: Pick<PackageTool, 'installed'>) {
  return {
    list_pkgs: fn({
      doc: 'List the installed packages with their versions.',
      args: { versions_as_list: s.withDefault(s.boolean('Give lists of versions instead of text'), false) },
      extra: otherArguments,
      returns: s.record(s.any(), 'Name → version'),
      examples: ["salt '*' pkg.list_pkgs", "salt '*' pkg.list_pkgs versions_as_list=true"],
      run: async (ctx, { versions_as_list }) => shownTable(await installed(ctx), versions_as_list),
    }),
    ...versionFunction({ installed }),
  }
}

export function versionFunction({ installed }: Pick<PackageTool, 'installed'>) {
  return {
    version: fn({
      doc: 'Tell the installed version of packages; empty text where one is not installed.',
      rest: s.string('Names of packages, or shell-style patterns'),
      extra: otherArguments,
      returns: oneOrMore,
      examples: ["salt '*' pkg.version bash", "salt '*' pkg.version bash dash 'base-*'"],
      run: async (ctx, _args, { rest }) => installedVersions(await installed(ctx), texts(rest)),
    }),
  }
}

/** latest_version, available_version and upgrade_available. */
export function latestFunctions(tool: Pick<PackageTool, 'latest' | 'refresh'>) {
  const latestVersion = fn({
    doc: 'Tell the version that would be installed or upgraded to; empty text where the newest is installed already.',
    rest: s.string('Names of packages'),
    extra: s.any('refresh (true), fromrepo and others'),
    returns: oneOrMore,
    examples: ["salt '*' pkg.latest_version bash refresh=false", "salt '*' pkg.latest_version bash zsh refresh=false"],
    async run(ctx, _args, { rest, extra }) {
      const names = texts(rest)
      if (names.length === 0) return ''
      if (extra.refresh !== false) await tool.refresh(ctx, extra)
      return answerFor(names, await tool.latest(ctx, names, extra), '')
    },
  })
  return {
    latest_version: latestVersion,
    available_version: { ...latestVersion, examples: ["salt '*' pkg.available_version bash refresh=false"] },
    upgrade_available: fn({
      doc: 'Tell whether a newer version of a package can be installed.',
      args: { name: s.string('Name of the package') },
      extra: s.any('refresh (true), fromrepo and others'),
      returns: s.boolean(),
      examples: ["salt '*' pkg.upgrade_available bash"],
      async run(ctx, { name }, { extra }) {
        if (extra.refresh === true) await tool.refresh(ctx, extra)
        return (await tool.latest(ctx, [name], extra)).has(name)
      },
    }),
  }
}

export function compareFunction(compare: CompareVersions, how: string) {
  return {
    version_cmp: fn({
      doc: `Compare two versions as ${how} does: -1 where the first is older, 0 where they are equal, 1 where it is newer.`,
      args: {
        pkg1: s.string('A version'),
        pkg2: s.string('Another version'),
        ignore_epoch: s.withDefault(s.boolean('Leave out what stands before the colon'), false),
      },
      extra: otherArguments,
      returns: s.integer(),
      examples: ["salt '*' pkg.version_cmp '0.2-001' '0.2.0.1-002'"],
      run: (_ctx, { pkg1, pkg2, ignore_epoch }) =>
        ignore_epoch ? compare(withoutEpoch(pkg1), withoutEpoch(pkg2)) : compare(pkg1, pkg2),
    }),
  }
}

export interface PackageChange {
  readonly commands: readonly (readonly string[])[]
  /** Begins the message where a command fails: `Problem encountered installing package(s)`. */
  readonly message: string
  run(ctx: FunctionContext, argv: readonly string[]): Promise<{ retcode: number; stdout: string; stderr: string }>
  installed(ctx: FunctionContext): Promise<PackageTable>
  /** Where it is known already. */
  readonly before?: PackageTable
  /** Failures that came before. */
  readonly errors?: readonly string[]
}

/** Runs commands, each in its turn, and tells what has changed. Throws `execution-failed` with that where one failed. */
export async function changePackages(ctx: FunctionContext, change: PackageChange): Promise<PackageChanges> {
  const errors = [...(change.errors ?? [])]
  const before = change.before ?? (await change.installed(ctx))
  for (const argv of change.commands) {
    const result = await change.run(ctx, argv)
    if (result.retcode !== 0) errors.push(faultText(result))
  }
  const after = change.commands.length === 0 ? before : await change.installed(ctx)
  const changes = changesBetween(before, after)
  if (errors.length > 0) throw packageFault(change.message, errors, changes)
  return changes
}

export interface PackageRemoval extends Pick<PackageChange, 'run' | 'installed' | 'message'> {
  /** Names, or shell-style patterns. */
  readonly names: readonly string[]
  command(targets: readonly string[]): readonly string[]
}

/** As `changePackages`, for what is installed of the names; nothing is run where that is none of them. */
export async function removePackages(
  ctx: FunctionContext,
  { names, command, ...change }: PackageRemoval,
): Promise<PackageChanges> {
  const before = await change.installed(ctx)
  const targets = matchingNames(before, names)
  return await changePackages(ctx, { ...change, before, commands: targets.length === 0 ? [] : [command(targets)] })
}
