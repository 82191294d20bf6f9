/** Runs dpkg and apt, and reads what they know. */
import { statSync } from 'node:fs'
import { faultText, type PackageTable, packageTable } from '../../../engine/functions/packages/package-table.ts'
import type { ExecResult, FunctionContext } from '../../../engine/plugin.ts'

/** Nobody is there to answer questions. */
const environment = {
  APT_LISTBUGS_FRONTEND: 'none',
  APT_LISTCHANGES_FRONTEND: 'none',
  DEBIAN_FRONTEND: 'noninteractive',
  UCF_FORCE_CONFFOLD: '1',
}

/** What apt gets along with everything that changes packages: it waits itself for another one to finish. */
export const aptGet = ['apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300']

export function runApt(ctx: FunctionContext, argv: readonly string[], stdin?: string): Promise<ExecResult> {
  return ctx.exec(argv, { env: environment, ...(stdin === undefined ? {} : { stdin }) })
}

const format = `${['Status', 'Package', 'Version', 'Architecture'].map((field) => `\${${field}}`).join(' ')}\\n`

export interface DpkgPackage {
  /** With `:arch` where it is not that of the system. */
  readonly name: string
  readonly version: string
  readonly arch: string
  /** What is wanted: install, hold, deinstall, purge, unknown. */
  readonly wanted: string
  /** What is there: installed, config-files, half-installed, … */
  readonly state: string
}

/** All packages that dpkg knows anything about. */
export async function dpkgPackages(ctx: FunctionContext): Promise<readonly DpkgPackage[]> {
  const { stdout } = await ctx.exec(['dpkg-query', '--showformat', format, '-W'])
  return stdout.split('\n').flatMap((line) => {
    const [wanted, , state, name, version, arch] = line.split(' ')
    if (wanted === undefined || state === undefined || name === undefined || version === undefined) return []
    return [
      {
        name: arch !== undefined && isForeign(ctx, arch) ? `${name}:${arch}` : name,
        version,
        arch: arch ?? '',
        wanted,
        state,
      },
    ]
  })
}

/** Whether packages of this architecture are told apart from those of the system. */
export function isForeign(ctx: FunctionContext, arch: string): boolean {
  const native = nativeArchitecture(ctx)
  return arch !== 'all' && native !== undefined && arch !== native
}

/** The architecture of the system, where the grains tell it. */
export function nativeArchitecture(ctx: FunctionContext): string | undefined {
  return typeof ctx.grains.osarch === 'string' ? ctx.grains.osarch : undefined
}

/** Packages by what became of them; `removed` left their configuration, `purgeDesired` wait to be purged. */
export type PackageState = 'installed' | 'removed' | 'purgeDesired'

export function tableOf(packages: readonly DpkgPackage[], state: PackageState): PackageTable {
  const chosen = packages.filter((one) => stateOf(one) === state)
  return packageTable(chosen.map(({ name, version }) => [name, version]))
}

function stateOf({ wanted, state }: DpkgPackage): PackageState | undefined {
  if ((wanted === 'install' || wanted === 'hold') && state === 'installed') return 'installed'
  if (wanted === 'deinstall') return 'removed'
  return wanted === 'purge' && state === 'installed' ? 'purgeDesired' : undefined
}

/** What dpkg began with and did not bring to its end; it stays in the way until it is removed. */
const unfinished = new Set(['half-installed', 'unpacked', 'half-configured', 'triggers-awaited', 'triggers-pending'])

/** Installed packages, with those whose installation stopped half-way. */
export function presentTable(packages: readonly DpkgPackage[]): PackageTable {
  const chosen = packages.filter((one) => stateOf(one) === 'installed' || unfinished.has(one.state))
  return packageTable(chosen.map(({ name, version }) => [name, version]))
}

/** What apt and dpkg say of a failure on standard output, and only there: needs that cannot be met, scripts that failed. */
const faultParagraphs = [
  /^The following packages have unmet dependencies:\n(?:[ \t].*\n)*/m,
  /^(?:Setting up|Unpacking|Removing|Purging) .*\n(?:(?!(?:Setting up|Unpacking|Removing|Purging) ).*\n)*?dpkg: error .*\n(?: .*\n)*/gm,
]

export function aptFault(result: ExecResult): string {
  // apt runs dpkg on a terminal.
  const output = `${result.stdout.replaceAll('\r\n', '\n')}\n`
  const said = faultParagraphs.flatMap((paragraph) => output.match(paragraph) ?? []).map((text) => text.trim())
  return [...said.filter((text) => !result.stderr.includes(text)), faultText(result)].join('\n')
}

export async function installedTable(ctx: FunctionContext): Promise<PackageTable> {
  return tableOf(await dpkgPackages(ctx), 'installed')
}

const architectures = new Set(
  'all amd64 arm64 armel armhf i386 mips mipsel mips64el ppc64el s390x riscv64 alpha hppa hurd-i386 ia64 loong64 m68k powerpc ppc64 sh4 sparc64 x32'.split(
    ' ',
  ),
)

/** `vim:i386` → both parts; a name without a known architecture has none. */
export function parseArchitecture(name: string): { readonly name: string; readonly arch: string | null } {
  const colon = name.lastIndexOf(':')
  const arch = name.slice(colon + 1)
  return colon > 0 && architectures.has(arch) ? { name: name.slice(0, colon), arch } : { name, arch: null }
}

/** Leaves the architecture out where it is that of the system. */
export function normalizeName(ctx: FunctionContext, full: string): string {
  const { name, arch } = parseArchitecture(full)
  return arch === 'all' || (arch !== null && arch === nativeArchitecture(ctx)) ? name : full
}

/** When a file below dpkg's folder was written, in seconds since 1970. */
export function installTime(ctx: FunctionContext, name: string, arch: string): number | undefined {
  for (const base of [name, `${name}:${arch}`]) {
    const status = statSync(ctx.at(`/var/lib/dpkg/info/${base}.list`), { throwIfNoEntry: false })
    if (status !== undefined) return Math.floor(status.mtimeMs / 1000)
  }
  return undefined
}

/** Paragraphs of `Key: value` lines, with keys as they are written; continued lines are joined by line ends. */
export function parseParagraphs(text: string): Map<string, string>[] {
  const paragraphs: Map<string, string>[] = []
  for (const part of text.split(/\n\s*\n/)) {
    const fields = new Map<string, string>()
    let last = ''
    for (const line of part.split('\n')) {
      const match = /^([^\s:#][^:]*):[ \t]*(.*)$/.exec(line)
      if (match !== null) {
        last = match[1] ?? ''
        fields.set(last, match[2] ?? '')
      } else if (/^\s/.test(line) && last !== '') fields.set(last, `${fields.get(last) ?? ''}\n${line}`)
    }
    if (fields.size > 0) paragraphs.push(fields)
  }
  return paragraphs
}
