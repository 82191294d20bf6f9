/** The files that `salt lint` is to check, checked root by root, and what was found, printed. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
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
  for (const word of words)
    works.push(
      await workFor(
        resolve(word),
        options.list('root').map((root) => resolve(root)),
      ),
    )
  const shown: ShownFinding[] = []
  let files = 0
  const context = await lintContext(options)
  for (const work of joined(works)) {
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

async function workFor(path: string, given: readonly string[]): Promise<Work> {
  const isFolder = await isFolderThere(path)
  const roots = given.length > 0 ? given : [await rootOf(path, isFolder)]
  const root = roots.find((one) => path === one || path.startsWith(one + sep))
  if (root === undefined) {
    throw new SaltError('usage', `${path} lies below none of the roots`, { hint: `The roots are ${roots.join(', ')}.` })
  }
  if (path === root) return { roots, paths: undefined }
  const below = relative(root, path).split(sep).join('/')
  return { roots, paths: isFolder ? await slsBelow(path, below) : [below] }
}

async function isFolderThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw new SaltError('usage', `${path} cannot be read (${systemCode(cause) ?? 'unknown error'})`, { cause })
  }
}

/** The nearest folder around that has a top file; without one the folder itself, or the one that a file is in. */
async function rootOf(path: string, isFolder: boolean): Promise<string> {
  const first = isFolder ? path : dirname(path)
  for (let folder = first; folder !== dirname(folder); folder = dirname(folder)) {
    if (await isThere(join(folder, 'top.sls'))) return folder
  }
  return basename(path) === 'init.sls' ? dirname(first) : first
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

async function slsBelow(folder: string, below: string): Promise<string[]> {
  const { FileRoots } = await import('../../engine/files/file-roots.ts')
  const { files } = await new FileRoots({ base: [folder] }).names('base')
  return files.filter((file) => file.endsWith('.sls')).map((file) => `${below}/${file}`)
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
    if (!(await isThere(path))) continue
    const here = relative(process.cwd(), path)
    return here === '' || here.startsWith('..') ? path : here
  }
  return file
}
