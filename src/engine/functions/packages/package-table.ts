/** Which packages there are, and what has changed between two looks. */
import { SaltError } from '../../../base/errors.ts'
import { compareText } from '../../../base/text.ts'

/** Name → versions; most packages have one. */
export type PackageTable = ReadonlyMap<string, readonly string[]>

/** Name → the versions before and after; empty text where there was or is none. */
export type PackageChanges = Record<string, { old: string; new: string }>

/** Versions of each name, each once. */
export function packageTable(entries: Iterable<readonly [string, string]>): PackageTable {
  const table = new Map<string, string[]>()
  for (const [name, version] of entries) {
    const known = table.get(name)
    if (known === undefined) table.set(name, [version])
    else if (!known.includes(version)) known.push(version)
  }
  for (const versions of table.values()) versions.sort(compareText)
  return table
}

/** The versions of one name as one text: `1.0,1.2`; empty where there are none. */
export function versionText(table: PackageTable, name: string): string {
  return (table.get(name) ?? []).join(',')
}

/** As `pkg.list_pkgs` shows it, in the order of names. */
export function shownTable(table: PackageTable, asList: boolean): Record<string, string | string[]> {
  return Object.fromEntries(
    [...table]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, versions]) => [name, asList ? [...versions] : versions.join(',')]),
  )
}

export function changesBetween(before: PackageTable, after: PackageTable): PackageChanges {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compareText)
  return Object.fromEntries(
    names
      .map((name) => [name, { old: versionText(before, name), new: versionText(after, name) }] as const)
      .filter(([, change]) => change.old !== change.new),
  )
}

/** What a package manager said about its failure: the errors, or else the last lines of its output. */
export function faultText(result: { readonly stdout: string; readonly stderr: string }): string {
  return result.stderr.trim() || result.stdout.trim()
}

/** A failure of which some of the work may be done. */
export class PackageFault extends SaltError {
  /** The message without the changes: what a state says, which shows those beside it. */
  readonly summary: string
  readonly changes: PackageChanges

  constructor(message: string, errors: readonly string[], changes: PackageChanges) {
    const begin = [`${message}. Additional info follows:`, '']
    const end = ['errors:', ...errors.map((error) => `    - ${error.trim().replaceAll('\n', '\n      ')}`)]
    const middle = ['changes:', '    ----------', ...Object.entries(changes).flatMap(changeLines)]
    super('execution-failed', [...begin, ...middle, ...end].join('\n'))
    this.summary = [...begin, ...end].join('\n')
    this.changes = changes
  }
}

/** A failure of which some of the work may be done: the message tells the errors and what has changed, as Salt does. */
export function packageFault(message: string, errors: readonly string[], changes: PackageChanges = {}): PackageFault {
  return new PackageFault(message, errors, changes)
}

function changeLines([name, change]: [string, PackageChanges[string]]): string[] {
  const versions = [
    `new:`,
    ...(change.new === '' ? [] : [`    ${change.new}`]),
    'old:',
    ...(change.old === '' ? [] : [`    ${change.old}`]),
  ]
  return [`    ${name}:`, '        ----------', ...versions.map((line) => `        ${line}`)]
}
