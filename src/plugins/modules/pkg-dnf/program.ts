/** Runs dnf or yum, and reads its lists. */
import { rpmName } from '../../../engine/functions/packages/rpm.ts'
import type { ExecResult, FunctionContext, Grains } from '../../../engine/plugin.ts'

/** The program of this system: tdnf on Photon OS, yum before version 8 of the others, dnf. */
export function programOf(grains: Grains): 'dnf' | 'yum' | 'tdnf' {
  if (grains.os === 'VMware Photon OS') return 'tdnf'
  const major = Number(grains.osmajorrelease ?? 0)
  // Amazon Linux counted as 2 and by years before.
  if (grains.os === 'Amazon') return major === 2023 || (major > 2023 && major < 2100) ? 'dnf' : 'yum'
  if (grains.os === 'Fedora') return major > 0 && major < 22 ? 'yum' : 'dnf'
  return major > 0 && major < 8 ? 'yum' : 'dnf'
}

export function runDnf(ctx: FunctionContext, words: readonly string[]): Promise<ExecResult> {
  return ctx.exec([programOf(ctx.grains), ...words])
}

/** Which repositories and packages count, as the arguments of many functions say. */
export function repositoryOptions(grains: Grains, given: Readonly<Record<string, unknown>>): string[] {
  const fromrepo = given.fromrepo ?? given.repo
  const choices: readonly (readonly [string, unknown])[] =
    fromrepo === undefined || fromrepo === ''
      ? [
          ['disablerepo', given.disablerepo],
          ['enablerepo', given.enablerepo],
        ]
      : [
          ['disablerepo', '*'],
          ['enablerepo', fromrepo],
        ]
  const others: readonly (readonly [string, unknown])[] = [['branch', given.branch]]
  const options = [...choices, ...others].flatMap(([option, value]) => listed(value).map((one) => `--${option}=${one}`))
  return [
    ...options,
    ...excludeOptions(grains, listed(given.disableexcludes)),
    ...listed(given.setopt).map((one) => `--setopt=${one}`),
  ]
}

/** dnf 5 has no --disableexcludes but the setting, as dnf 4 has; what is `all` to the one is `*` to the other. */
function excludeOptions(grains: Grains, names: readonly string[]): string[] {
  if (programOf(grains) !== 'dnf') return names.map((name) => `--disableexcludes=${name}`)
  const values = names.flatMap((name) => (name === 'all' ? ['all', '*'] : [name]))
  return values.length === 0 ? [] : [`--setopt=disable_excludes=${values.join(',')}`]
}

function listed(value: unknown): string[] {
  if (value === undefined || value === null || value === '') return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

export interface ListedPackage {
  /** With the architecture where it is not that of the system. */
  readonly name: string
  readonly version: string
  readonly repository: string
}

/** `name.arch version repository`, where long names push the rest to the next line. Headings and notes are left out. */
export function parseList(ctx: FunctionContext, text: string): ListedPackage[] {
  const found: ListedPackage[] = []
  let words: string[] = []
  for (const line of text.split('\n')) {
    if (/^Obsoleting /i.test(line)) break
    if (
      /^(?:Last metadata|Loaded plugins|Loading mirror| \* |[A-Z][a-z]+ (?:[Pp]ackages|[Uu]pgrades)|Updating )/.test(
        line,
      )
    )
      continue
    words.push(...line.split(/\s+/).filter((word) => word !== ''))
    if (words.length < 3) continue
    const [full = '', version = '', repository = ''] = words
    words = []
    const dot = full.lastIndexOf('.')
    if (dot <= 0 || !/^\d|:/.test(version)) continue
    found.push({ name: rpmName(ctx, full.slice(0, dot), full.slice(dot + 1)), version, repository })
  }
  return found
}
