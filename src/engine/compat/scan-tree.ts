/** Walks folders with Salt's files and looks at each by what it is: configuration, states, pillar, reactions, plugins, templates. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import { compareText } from '../../base/text.ts'
import { type CompatReport, Findings } from './finding.ts'
import type { Inventory, OwnPlugins } from './inventory.ts'
import { scanConfig } from './scan-config.ts'
import { type ScanContext, scanSls, scanTemplate } from './scan-sls.ts'
import { leftOutFolders } from './substitutes.ts'
import { isPillarPath } from './tree-kinds.ts'

const largestFileBytes = 2 * 1024 * 1024
const mostFiles = 50_000
const skippedFolders: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '__pycache__',
  'pki',
  'cache',
])
const templateEndings: ReadonlySet<string> = new Set(['.jinja', '.j2', '.jinja2'])
const scriptEndings: ReadonlySet<string> = new Set(['.ts', '.js', '.mts', '.mjs'])

/** Reads what lies below the paths, files or folders. Throws `usage` for one that is not there. */
export function scanTree(paths: readonly string[], inventory: Inventory): CompatReport {
  const findings = new Findings()
  const files = paths.flatMap((path) => filesBelow(path, findings))
  const context: ScanContext = { inventory, findings, own: ownPlugins(files) }
  const pillarRoots: string[] = []
  for (const file of files) {
    const role = configRole(file)
    if (role === undefined) continue
    const text = readText(file, findings)
    const config = text === undefined ? undefined : scanConfig(file, text, role, context)
    pillarRoots.push(...rootsOf(config?.values.pillar_roots))
  }
  for (const file of files) if (configRole(file) === undefined) scanFile(file, pillarRoots, context)
  return findings.report()
}

function scanFile(file: string, pillarRoots: readonly string[], context: ScanContext): void {
  const folder = pluginFolder(file)
  if (folder !== undefined) return scanPlugin(file, folder, context)
  const isSls = extname(file) === '.sls'
  if (!isSls && !templateEndings.has(extname(file))) return
  const text = readText(file, context.findings)
  if (text === undefined) return
  const role = basename(file) === 'top.sls' ? 'top' : isPillar(file, pillarRoots) ? 'data' : 'states'
  if (isSls) scanSls(file, text, role, context)
  else scanTemplate(file, text, context)
}

/** A plugin in Python, unless an executable of its own says what it can do. */
function scanPlugin(file: string, folder: string, { findings }: ScanContext): void {
  const ending = extname(file)
  if (scriptEndings.has(ending)) return findings.works('plugin')
  if (!['.py', '.pyx', '.so', '.zip'].includes(ending) || basename(file) === '__init__.py') return
  if (hasDescription(file)) return findings.works('plugin')
  findings.file()
  findings.add({
    file,
    line: 1,
    level: 'unsupported',
    kind: 'plugin',
    name: `${folder}/${basename(file)}`,
    what: `a Python plugin of ${folder} cannot be loaded`,
    instead: leftOutFolders[folder] ?? 'TypeScript',
  })
}

function hasDescription(file: string): boolean {
  return statSync(file.slice(0, -extname(file).length).concat('.json'), { throwIfNoEntry: false }) !== undefined
}

/** Modules of the tree: scripts and executables with a description can be loaded, Python cannot. */
function ownPlugins(files: readonly string[]): OwnPlugins {
  const plugins = files
    .filter((file) => extname(file) !== '.json' && Object.hasOwn(leftOutFolders, basename(dirname(file))))
    .map((file) => ({
      folder: basename(dirname(file)),
      name: basename(file, extname(file)),
      isLoaded: scriptEndings.has(extname(file)) || hasDescription(file),
    }))
  const names = (folder: string): ReadonlySet<string> =>
    new Set(plugins.filter((plugin) => plugin.folder === folder && plugin.isLoaded).map(({ name }) => name))
  return {
    modules: names('_modules'),
    states: names('_states'),
    runners: names('_runners'),
    wheel: names('_wheel'),
    python: new Set(plugins.filter(({ isLoaded }) => !isLoaded).map(({ name }) => name)),
  }
}

function pluginFolder(file: string): string | undefined {
  return dirname(file)
    .split(sep)
    .findLast((part) => Object.hasOwn(leftOutFolders, part))
}

/** `master`, `minion`, and files of `master.d` and `minion.d`. */
function configRole(file: string): 'master' | 'minion' | undefined {
  const name = basename(file)
  if (name === 'master' || name === 'minion') return name
  const folder = basename(dirname(file))
  if (extname(name) !== '.conf') return undefined
  if (folder === 'master.d') return 'master'
  return folder === 'minion.d' ? 'minion' : undefined
}

function isPillar(file: string, roots: readonly string[]): boolean {
  const path = resolve(file)
  if (roots.some((root) => path.startsWith(`${resolve(root)}${sep}`))) return true
  return isPillarPath(path)
}

function rootsOf(value: unknown): string[] {
  if (!isRecord(value)) return []
  return Object.values(value).flatMap((folders) => (Array.isArray(folders) ? folders.map(String) : []))
}

function filesBelow(path: string, findings: Findings): string[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new SaltError('usage', `there is no file or folder ${path}`)
  if (stats.isFile()) return [path]
  const found: string[] = []
  const folders = [path]
  for (let folder = folders.shift(); folder !== undefined && found.length < mostFiles; folder = folders.shift()) {
    for (const entry of entriesOf(folder, findings)) {
      const inner = join(folder, entry.name)
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) folders.push(inner)
      else if (entry.isFile()) found.push(inner)
    }
  }
  return found.sort(compareText)
}

function entriesOf(folder: string, findings: Findings) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    const what = `the folder cannot be read: ${systemReason(error)}`
    findings.add({ file: folder, line: 1, level: 'unsupported', kind: 'file', name: folder, what })
    return []
  }
}

function readText(file: string, findings: Findings): string | undefined {
  findings.file()
  const unread = (what: string): undefined => {
    findings.add({ file, line: 1, level: 'unsupported', kind: 'file', name: file, what })
  }
  try {
    if (statSync(file).size > largestFileBytes) return unread('the file is larger than 2 MiB: it was not looked at')
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  } catch (error) {
    return unread(`the file cannot be read: ${systemReason(error)}`)
  }
}
