/** Functions of `pkg` about the sources that apt takes packages from. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { readFileIfExists, writeFileAtomic } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { otherArguments } from '../../../engine/functions/packages/answers.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { receiveKeys, storeKeyFile } from './keys.ts'
import { refreshIndexes } from './refresh.ts'
import {
  editedParagraph,
  isSameSource,
  parseRepository,
  parseSourceFile,
  type SourceBlock,
  type SourceEntry,
  type SourceFile,
  sourceFileText,
  sourceLine,
  sourceParagraph,
} from './source-entries.ts'

const mainFile = '/etc/apt/sources.list'
const partsFolder = '/etc/apt/sources.list.d'
const trustedFolder = '/etc/apt/trusted.gpg.d'

/** Every file that apt reads sources from, in its order. */
function sourceFiles(ctx: FunctionContext): SourceFile[] {
  const parts = statSync(ctx.at(partsFolder), { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(ctx.at(partsFolder))
    : []
  const paths = parts.filter((name) => /^[\w.-]+\.(?:list|sources)$/.test(name)).sort(compareText)
  return [mainFile, ...paths.map((name) => `${partsFolder}/${name}`)].flatMap((path) => {
    const text = readFileIfExists(ctx.at(path))
    return text === undefined ? [] : [parseSourceFile(path, text)]
  })
}

function shownEntry(file: SourceFile, entry: SourceEntry) {
  return {
    file: file.path,
    comps: [...entry.comps],
    disabled: entry.disabled,
    enabled: !entry.disabled,
    dist: entry.dist,
    type: entry.type,
    uri: entry.uri,
    line: sourceLine(entry),
    architectures: [...entry.architectures],
    signedby: entry.signedby,
    ...(entry.trusted === undefined ? {} : { trusted: entry.trusted }),
  }
}

function allEntries(files: readonly SourceFile[]) {
  return files.flatMap((file) => file.blocks.flatMap((block) => block.entries.map((entry) => ({ file, block, entry }))))
}

function wantedRepository(ctx: FunctionContext, repo: string): SourceEntry {
  return parseRepository(repo, String(ctx.grains.oscodename ?? ctx.grains.lsb_distrib_codename ?? ''))
}

async function writeSourceFile(ctx: FunctionContext, file: SourceFile): Promise<void> {
  const path = ctx.at(file.path)
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644
  mkdirSync(dirname(path), { recursive: true })
  await writeFileAtomic(path, sourceFileText(file), mode & 0o777)
}

/** The block with one of its entries changed, or left out; the others of a paragraph then stand by themselves. */
function changedBlock(
  file: SourceFile,
  block: SourceBlock,
  old: SourceEntry,
  now: SourceEntry | undefined,
): SourceBlock[] {
  return block.entries.flatMap((entry) => {
    const left = entry === old ? now : entry
    if (left === undefined) return []
    const text = file.format === 'list' ? sourceLine(left) : editedParagraph(block.text, entry, left)
    return [{ text, entries: [left] }]
  })
}

function replaced(file: SourceFile, block: SourceBlock, old: SourceEntry, now: SourceEntry | undefined): SourceFile {
  return {
    ...file,
    blocks: file.blocks.flatMap((one) => (one === block ? changedBlock(file, block, old, now) : one)),
  }
}

const repoArgument = s.string('The source as a line of sources.list, or ppa:owner/name')

const changeArguments = {
  file: s.optional(s.path('File to write a new source to; a name with .sources at its end for a paragraph')),
  comps: s.optional(s.union([s.array(s.string()), s.string()], 'Components, in place of those of repo')),
  dist: s.optional(s.string('Release, in place of that of repo')),
  architectures: s.optional(s.union([s.array(s.string()), s.string()], 'Architectures to fetch lists for')),
  disabled: s.optional(s.boolean('Whether the source is left out')),
  enabled: s.optional(s.boolean('Whether the source is used')),
  signedby: s.optional(s.path('File with the key that signs the source')),
  trusted: s.optional(s.boolean('Whether to trust it without a signature')),
  comments: s.optional(s.union([s.array(s.string()), s.string()], 'Comment for the line')),
}

export const repositoryFunctions = {
  list_repos: fn({
    doc: 'List the sources of packages by their URI.',
    extra: otherArguments,
    returns: s.record(s.array(s.record(s.any())), 'URI → sources'),
    examples: ["salt '*' pkg.list_repos"],
    run(ctx) {
      const found: Record<string, Record<string, unknown>[]> = {}
      for (const { file, entry } of allEntries(sourceFiles(ctx))) {
        found[entry.uri] = [...(found[entry.uri] ?? []), shownEntry(file, entry)]
      }
      return found
    },
  }),
  get_repo: fn({
    doc: 'Show one source; an empty mapping where there is none like it.',
    args: { repo: repoArgument },
    extra: otherArguments,
    returns: s.record(s.any()),
    examples: ["salt '*' pkg.get_repo 'deb http://deb.debian.org/debian bookworm main'"],
    run(ctx, { repo }) {
      const wanted = wantedRepository(ctx, repo)
      const found = allEntries(sourceFiles(ctx)).find(
        ({ entry }) => isSameSource(entry, wanted) && sharesComponent(entry, wanted),
      )
      return found === undefined ? {} : shownEntry(found.file, found.entry)
    },
  }),
  del_repo: fn({
    doc: 'Remove a source, or some of its components, and fetch the lists of packages anew.',
    args: { repo: repoArgument },
    extra: s.any('refresh (true)'),
    returns: s.string('What was removed from which files'),
    examples: ["salt '*' pkg.del_repo 'deb http://deb.example.org/debian bookworm main'"],
    async run(ctx, { repo }, { extra }) {
      const messages = await removeRepository(ctx, repo)
      if (messages.length === 0) {
        throw new SaltError('execution-failed', `Repo ${repo} doesn't exist in the sources.list(s)`)
      }
      if (extra.refresh !== false) await refreshIndexes(ctx)
      return messages.map((message) => `${message}\n`).join('')
    },
  }),
  expand_repo_def: fn({
    doc: 'Show what mod_repo would make of a source, and change nothing.',
    args: { repo: repoArgument, ...changeArguments },
    extra: otherArguments,
    returns: s.record(s.any(), 'The source as it would be'),
    examples: ["salt '*' pkg.expand_repo_def 'deb http://deb.debian.org/debian bookworm main contrib'"],
    run(ctx, args) {
      const { file, entry } = planModification(ctx, args)
      return shownEntry(file, entry)
    },
  }),
  mod_repo: fn({
    doc: 'Change a source, or add it where there is none like it.',
    args: {
      repo: repoArgument,
      saltenv: s.withDefault(s.string('Environment of key_url'), 'base'),
      aptkey: s.withDefault(s.boolean('Accepted, and without effect here: keys are files'), true),
      ...changeArguments,
      refresh: s.withDefault(s.boolean('Fetch the lists of packages afterwards'), true),
      key_url: s.optional(
        s.string('URL of the key that signs the source, written to signedby, or to be trusted for all'),
      ),
      key_text: s.optional(s.text('The key that signs the source, as with key_url')),
      keyserver: s.optional(s.string('Key server to fetch keyid from')),
      keyid: s.optional(s.string('Ids of the keys that sign the source')),
    },
    extra: otherArguments,
    returns: s.record(s.record(s.any()), 'The source as it is now'),
    examples: [
      "salt '*' pkg.mod_repo 'deb http://deb.example.org/debian bookworm main' file=/etc/apt/sources.list.d/example.list",
      "salt '*' pkg.mod_repo 'deb http://deb.example.org/debian bookworm' comps=main,contrib",
    ],
    run: (ctx, args) => modifyRepository(ctx, args),
  }),
}

function sharesComponent(entry: SourceEntry, wanted: SourceEntry): boolean {
  return wanted.comps.length === 0 || wanted.comps.some((component) => entry.comps.includes(component))
}

/** What was removed, a sentence for each file. */
async function removeRepository(ctx: FunctionContext, repo: string): Promise<string[]> {
  const wanted = wantedRepository(ctx, repo)
  const messages: string[] = []
  for (const original of sourceFiles(ctx)) {
    let file = original
    for (const { block, entry } of allEntries([original])) {
      if (!isSameSource(entry, wanted) || !sharesComponent(entry, wanted)) continue
      const comps = entry.comps.filter((component) => !wanted.comps.includes(component))
      const nothingLeft = comps.length === 0 || wanted.comps.length === 0
      const current = file.blocks.find((one) => one.entries.includes(entry)) ?? block
      file = replaced(file, current, entry, nothingLeft ? undefined : { ...entry, comps })
    }
    if (file === original) continue
    if (allEntries([file]).length === 0 && file.path !== mainFile) {
      rmSync(ctx.at(file.path))
      messages.push(`File ${file.path} containing repo '${repo}' has been removed.`)
    } else {
      await writeSourceFile(ctx, file)
      messages.push(`Repo '${repo}' has been removed from ${file.path}.`)
    }
  }
  return messages
}

interface Modification {
  readonly repo: string
  readonly file?: string | undefined
  readonly comps?: readonly string[] | string | undefined
  readonly dist?: string | undefined
  readonly architectures?: readonly string[] | string | undefined
  readonly disabled?: boolean | undefined
  readonly enabled?: boolean | undefined
  readonly signedby?: string | undefined
  readonly trusted?: boolean | undefined
  readonly comments?: readonly string[] | string | undefined
}

interface KeyWishes {
  readonly saltenv: string
  readonly key_url?: string | undefined
  readonly key_text?: string | undefined
  readonly keyserver?: string | undefined
  readonly keyid?: string | undefined
}

/** The file as it will be, and the entry in it; nothing is written. */
function planModification(ctx: FunctionContext, change: Modification) {
  const given = wantedRepository(ctx, change.repo)
  const wanted = change.dist === undefined ? given : { ...given, dist: change.dist }
  const files = sourceFiles(ctx)
  const found = allEntries(files).find(({ entry }) => isSameSource(entry, wanted))
  const entry = modifiedEntry(found?.entry, wanted, change)
  const path = change.file ?? (change.repo.startsWith('ppa:') ? ppaFile(change.repo) : mainFile)
  const home = files.find((one) => one.path === path) ?? parseSourceFile(path, '')
  const text = home.format === 'list' ? sourceLine(entry) : sourceParagraph(entry)
  const file =
    found === undefined
      ? { ...home, blocks: [...home.blocks, { text, entries: [entry] }] }
      : replaced(found.file, found.block, found.entry, entry)
  return { file, entry, isChanged: found === undefined || sourceLine(found.entry) !== sourceLine(entry) }
}

async function modifyRepository(
  ctx: FunctionContext,
  change: Modification & KeyWishes & { readonly refresh: boolean },
): Promise<Record<string, Record<string, unknown>>> {
  const { file, entry, isChanged } = planModification(ctx, change)
  await storeKey(ctx, entry.signedby, change)
  if (isChanged) await writeSourceFile(ctx, file)
  if (change.refresh) await refreshIndexes(ctx)
  return { [change.repo]: shownEntry(file, entry) }
}

function ppaFile(repo: string): string {
  return `${partsFolder}/${repo.slice('ppa:'.length).replaceAll('/', '-')}.list`
}

function modifiedEntry(existing: SourceEntry | undefined, wanted: SourceEntry, change: Modification): SourceEntry {
  const base = existing ?? wanted
  const given = change.comps === undefined ? wanted.comps : listed(change.comps)
  const comment = change.comments === undefined ? base.comment : listed(change.comments).join(' ')
  const architectures = change.architectures === undefined ? wanted.architectures : listed(change.architectures)
  const signedby = change.signedby ?? wanted.signedby
  const trusted = change.trusted ?? wanted.trusted ?? base.trusted
  return {
    ...base,
    comps:
      given.length === 0 ? base.comps : [...new Set([...(change.comps === undefined ? base.comps : []), ...given])],
    architectures: architectures.length === 0 ? base.architectures : architectures,
    disabled: change.disabled ?? (change.enabled === undefined ? wanted.disabled : !change.enabled),
    signedby: signedby === '' ? base.signedby : signedby,
    ...(trusted === undefined ? {} : { trusted }),
    ...(comment === undefined ? {} : { comment }),
  }
}

function listed(value: readonly string[] | string): readonly string[] {
  return typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value
}

/** Without `signedby` a key is trusted for all sources, as apt-key had it. */
async function storeKey(ctx: FunctionContext, signedby: string, change: Modification & KeyWishes): Promise<void> {
  const { key_url: url, key_text: text, keyid, keyserver, saltenv } = change
  const place = (name: string): string => (signedby === '' ? `${trustedFolder}/${name}` : signedby)
  if (keyid !== undefined) {
    if (keyserver === undefined) throw new SaltError('bad-arguments', 'A keyid needs a keyserver to fetch it from.')
    await receiveKeys(ctx, { path: place(`${keyid.replace(/\W+/g, '-')}.gpg`), keyserver, keyid })
  }
  if (url === undefined && text === undefined) return
  await storeKeyFile(ctx, { path: place(`${trustedName(change)}.gpg`), url, text, saltenv })
}

/** After the file of the source, or its URI. */
function trustedName({ repo, file }: Modification): string {
  const name = file === undefined ? repo.replace(/^.*?:\/\//, '').split(/[\s/]/, 1)[0] : basename(file)
  return (name ?? 'salt').replace(/\.(?:list|sources)$/, '').replace(/[^\w.-]+/g, '-')
}
