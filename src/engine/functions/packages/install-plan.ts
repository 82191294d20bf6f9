/** What has to be done so that the wanted packages are installed in the wanted versions. */
import type { FunctionContext } from '../../plugin.ts'
import type { WantedPackage } from './package-request.ts'
import { type PackageTable, versionText } from './package-table.ts'
import { type CompareVersions, chooseVersion, parseConditions } from './version-order.ts'

/** Each with the words that the package manager takes for them. */
export interface InstallPlan {
  readonly install: readonly string[]
  readonly downgrade: readonly string[]
  /** Name → word, of what is installed in that version already. */
  readonly reinstall: ReadonlyMap<string, string>
  readonly errors: readonly string[]
}

export interface InstallRules {
  readonly installed: PackageTable
  /** Install again what is there. */
  readonly reinstall: boolean
  readonly compare: CompareVersions
  /** Versions that the repositories offer; asked for where a version is a condition (`>=1.2`). */
  offered(ctx: FunctionContext, names: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>>
  /** The word for one version of a package: `name=version`. */
  word(name: string, version: string): string
}

export async function planInstall(
  ctx: FunctionContext,
  packages: readonly WantedPackage[],
  rules: InstallRules,
): Promise<InstallPlan> {
  const install: string[] = []
  const downgrade: string[] = []
  const reinstall = new Map<string, string>()
  const errors: string[] = []
  const conditional = packages.filter(({ version = '' }) => parseConditions(version) !== undefined)
  const names = conditional.map(({ name }) => name)
  const offered = names.length === 0 ? {} : await rules.offered(ctx, names)
  for (const { name, version: wanted } of packages) {
    if (wanted === undefined) {
      if (rules.reinstall && rules.installed.has(name)) reinstall.set(name, name)
      else install.push(name)
      continue
    }
    const version = chosen(wanted, offered[name] ?? [], rules.compare)
    if (version === undefined) {
      const available = offered[name]?.join(', ') ?? 'None'
      errors.push(`No version matching '${name}${wanted}' could be found (available: ${available})`)
      continue
    }
    const order = newest(rules, name, version)
    const word = rules.word(name, version)
    if (rules.reinstall && order === 0) reinstall.set(name, word)
    else if (order >= 0) install.push(word)
    else downgrade.push(word)
  }
  return { install, downgrade, reinstall, errors }
}

function chosen(wanted: string, offered: readonly string[], compare: CompareVersions): string | undefined {
  const conditions = parseConditions(wanted)
  return conditions === undefined ? wanted.replace(/^=+/, '') : chooseVersion(conditions, offered, compare)
}

/** The version against the newest one that is installed. */
function newest({ installed, compare }: InstallRules, name: string, version: string): number {
  if (versionText(installed, name) === '') return 1
  return Math.min(...(installed.get(name) ?? []).map((current) => compare(version, current)))
}
