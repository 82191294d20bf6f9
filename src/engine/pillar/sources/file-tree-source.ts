/** Pillar from a tree of folders and files: `hosts/ID/…` and `nodegroups/NAME/…`. */

import { isUtf8 } from 'node:buffer'
import type { Dirent } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { SaltError, systemCode } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { mergeDicts } from '../../render/functions/dict-update.ts'
import { TemplateWorld } from '../../render/template-world.ts'
import { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { compileTarget } from '../../target/compile.ts'
import { matchGlob } from '../../target/glob.ts'
import { namedOptions, type PillarSource, type SourceRequest } from './pillar-source.ts'

const largestFile = 16 * 1024 * 1024
const optionNames = [
  'root_dir',
  'follow_dir_links',
  'debug',
  'keep_newline',
  'render_default',
  'renderer_blacklist',
  'renderer_whitelist',
  'template',
]

interface Tree {
  readonly request: SourceRequest
  readonly followsLinks: boolean
  keepsNewline(path: string): boolean
  readonly world: TemplateWorld | undefined
}

export const fileTree: PillarSource = async (request, options) => {
  const given = namedOptions(options, optionNames)
  const { root_dir: root } = given
  if (typeof root !== 'string' || !isAbsolute(root))
    throw new SaltError('configuration', 'it needs root_dir, an absolute path')
  const tree = treeOf(request, given)
  const groups = await groupFolders(request, join(root, 'nodegroups'))
  const folders = [...groups.map((name) => join(root, 'nodegroups', name)), join(root, 'hosts', request.id)]
  let all: Value = new Dict()
  for (const folder of folders) {
    if (await isFolder(folder)) all = mergeDicts(all, await readFolder(tree, folder, '', []), 'recurse', false)
  }
  return all
}

function treeOf(request: SourceRequest, given: Readonly<Record<string, unknown>>): Tree {
  const { keep_newline: keep = false, follow_dir_links: follows, template } = given
  if (typeof keep !== 'boolean' && !Array.isArray(keep))
    throw new SaltError('configuration', 'keep_newline must be either true, false, or a list of globs')
  return {
    request,
    followsLinks: follows === true,
    keepsNewline: (path) => (typeof keep === 'boolean' ? keep : keep.some((glob) => matchGlob(String(glob), path))),
    world: template === true ? new TemplateWorld(request.ctx) : undefined,
  }
}

/** The nodegroups of this minion that have a folder, in their order there. */
async function groupFolders({ id, ctx, pillar, settings }: SourceRequest, folder: string): Promise<readonly string[]> {
  const { nodegroups } = settings
  const names = Object.keys(nodegroups).length === 0 ? [] : await namesIn(folder)
  return names.filter((name) => {
    if (!Object.hasOwn(nodegroups, name)) return false
    return compileTarget(name, 'nodegroup', { nodegroups }).matches({ id, grains: ctx.grains, pillar })
  })
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/** @param within Real paths of the folders around it: a link that leads back to one of them is not followed. */
async function readFolder(tree: Tree, folder: string, prefix: string, within: readonly string[]): Promise<Dict> {
  const data = new Dict()
  const real = await realpath(folder)
  if (within.includes(real)) return data
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    const shown = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (await leadsToFolder(entry, path)) {
      const isWanted = !entry.isSymbolicLink() || tree.followsLinks
      data.set(entry.name, isWanted ? await readFolder(tree, path, shown, [...within, real]) : new Dict())
    } else {
      const content = await readValue(tree, path, shown)
      if (content !== undefined) data.set(entry.name, content)
    }
  }
  return data
}

async function leadsToFolder(entry: Dirent, path: string): Promise<boolean> {
  return entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path)))
}

/** Undefined for what cannot be read, which the log is told. */
async function readValue(tree: Tree, path: string, shown: string): Promise<Value | undefined> {
  const { log } = tree.request
  try {
    const status = await stat(path)
    if (!status.isFile() || status.size > largestFile) {
      log.error('file_tree left a file out: it is no regular file, or too large', { file: path })
      return undefined
    }
    const content = await readFile(path)
    const cut = tree.keepsNewline(shown) || content.at(-1) !== 0x0a ? content : content.subarray(0, -1)
    if (!isUtf8(cut)) return new Uint8Array(cut)
    return await rendered(tree, cut.toString('utf8'), path)
  } catch (error) {
    if (error instanceof SaltError) throw error
    log.error('file_tree cannot read a file', { file: path, reason: systemReason(error) })
    return undefined
  }
}

async function rendered({ world, request }: Tree, text: string, file: string): Promise<string> {
  if (world === undefined) return text
  const variables = { minion_id: request.id }
  return (await world.render({ text, file, saltenv: request.question.saltenv ?? 'base', variables })).text
}
