/** The files that `salt lint` is to check, checked root by root, and what was found, printed. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { isPillarPath } from '../../engine/compat/tree-kinds.ts'
import type { FunctionContext } from '../../engine/plugin.ts'
import { type LintResult, lintTree } from '../../engine/state/lint/lint-tree.ts'
import type { OptionValues } from '../parse-command.ts'
import { lintContext } from './lint-context.ts'
import { LintProgress } from './lint-progress.ts'
import { printFindings, type ShownFinding } from './print-findings.ts'

/** One run of lint: a list of roots, and what of them is to be checked. */
interface Work {
  readonly roots: readonly string[]
  /** Below the roots; undefined: all. */
  readonly paths: readonly string[] | undefined
}

/** Resolves to the exit code. Throws `usage` for a path that is not there. */
export async function lintPaths(options: OptionValues, words: readonly string[]): Promise<number> {
  const works: Work[] = []
  const given = options.list('root').map((root) => resolve(root))
  for (const word of words) works.push(...(await worksFor(resolve(word), given)))
  const shown: ShownFinding[] = []
  let files = 0
  const context = await lintContext(options)
  for (const work of joined(works)) {
    if (given.length === 0 && work.roots.every(isPillarPath)) {
      shown.push(...work.roots.map(pillarNote))
      continue
    }
    const result = await lintWork(context(work.roots), work, options)
    files += result.files
    shown.push(...(await shownFindings(result, work.roots)))
  }
  printFindings(shown, { files, asJson: options.text('out') === 'json' })
  const isWrong = shown.some(
    ({ severity }) => severity === 'error' || (severity === 'warning' && options.has('strict')),
  )
  return isWrong ? 1 : 0
}

async function lintWork(ctx: FunctionContext, { paths }: Work, options: OptionValues): Promise<LintResult> {
  using progress = new LintProgress(process.stderr)
  return await lintTree(ctx, {
    saltenv: options.text('saltenv') ?? 'base',
    hasPillar: options.has('pillar'),
    onFile: (path, index, count) => progress.show(path, index, count),
    ...(paths === undefined ? {} : { paths }),
  })
}

/** Files of the same roots are checked together: what one lacks another may have. */
function joined(works: readonly Work[]): Work[] {
  const byRoots = new Map<string, Work>()
  for (const work of works) {
    const key = work.roots.join('\0')
    const known = byRoots.get(key)
    const isAll = known !== undefined && (known.paths === undefined || work.paths === undefined)
    const paths = isAll ? undefined : [...(known?.paths ?? []), ...(work.paths ?? [])]
    byRoots.set(key, known === undefined ? work : { roots: work.roots, paths })
  }
  return [...byRoots.values()]
}

async function worksFor(path: string, given: readonly string[]): Promise<readonly Work[]> {
  const isFolder = await isFolderThere(path)
  if (given.length > 0) return [await workFor(path, isFolder, given)]
  const around = await rootAround(isFolder ? path : dirname(path))
  if (around !== undefined) return [await workFor(path, isFolder, [around])]
  if (isFolder) return await worksBelow(path)
  return [await workFor(path, isFolder, [basename(path) === 'init.sls' ? dirname(dirname(path)) : dirname(path)])]
}

async function workFor(path: string, isFolder: boolean, roots: readonly string[]): Promise<Work> {
  const root = roots.find((one) => path === one || path.startsWith(one + sep))
  if (root === undefined) {
    throw new SaltError('usage', `${path} lies below none of the roots`, { hint: `The roots are ${roots.join(', ')}.` })
  }
  if (path === root) return { roots, paths: undefined }
  const below = relative(root, path).split(sep).join('/')
  if (!isFolder) return { roots, paths: [below] }
  return { roots, paths: (await slsIn(path)).map((file) => `${below}/${file}`) }
}

/** A folder with several trees in it (states, a pillar): each begins where its top file is, and the folder itself is the root of the rest. */
async function worksBelow(folder: string): Promise<readonly Work[]> {
  const files = (await slsIn(folder)).filter((file) => !file.split('/').some((part) => part.startsWith('.')))
  const all = files.filter((file) => file.endsWith('/top.sls')).map((file) => file.slice(0, -'top.sls'.length))
  const trees = all.filter((tree) => !all.some((other) => other !== tree && tree.startsWith(other)))
  if (trees.length === 0) return [{ roots: [folder], paths: undefined }]
  const rest = files.filter((file) => !trees.some((tree) => file.startsWith(tree)))
  const works: Work[] = trees.map((tree) => ({ roots: [resolve(folder, tree)], paths: undefined }))
  return rest.length === 0 ? works : [...works, { roots: [folder], paths: rest }]
}

function pillarNote(root: string): ShownFinding {
  const message = 'This is a pillar, which has no states; --root names it where it is none'
  return { file: shownHere(root), line: 1, column: 1, severity: 'note', code: 'not-states', message }
}

async function isFolderThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw new SaltError('usage', `${path} cannot be read (${systemCode(cause) ?? 'unknown error'})`, { cause })
  }
}

/** The nearest folder around that has a top file. */
async function rootAround(first: string): Promise<string | undefined> {
  for (let folder = first; folder !== dirname(folder); folder = dirname(folder)) {
    if (await isThere(join(folder, 'top.sls'))) return folder
  }
  return undefined
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

async function slsIn(folder: string): Promise<string[]> {
  const { FileRoots } = await import('../../engine/files/file-roots.ts')
  const { files } = await new FileRoots({ base: [folder] }).names('base')
  return files.filter((file) => file.endsWith('.sls'))
}

/** With paths as the user would type them here. */
async function shownFindings({ findings }: LintResult, roots: readonly string[]): Promise<ShownFinding[]> {
  const known = new Map<string, string>()
  for (const { file } of findings) if (!known.has(file)) known.set(file, await shownPath(file, roots))
  return findings.map((finding) => ({ ...finding, file: known.get(finding.file) ?? finding.file }))
}

async function shownPath(file: string, roots: readonly string[]): Promise<string> {
  for (const root of roots) {
    const path = join(root, file)
    if (await isThere(path)) return shownHere(path)
  }
  return file
}

function shownHere(path: string): string {
  const here = relative(process.cwd(), path)
  return here === '' || here.startsWith('..') ? path : here
}
