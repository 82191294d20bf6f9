/** `file.append` and `file.prepend`. */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { splitLines } from '../../../engine/render/values/methods/text-split.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { isTextFile, readText, replaceContent, type TextContent } from '../../modules/file/content.ts'
import { makeFolderOf } from '../../modules/file/folders.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import { realPath } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'
import { isPlan, makedirs, pathName, sourceHashes, targetPath, templateArguments } from './arguments.ts'
import { severalSources, textList, textsOfSources } from './source-texts.ts'

const shared = {
  name: pathName,
  text: s.optional(
    s.any('What shall be in the file: a text, or a list of texts, each of which may have several lines'),
  ),
  makedirs,
  source: s.optional(s.any('Where the text comes from')),
  source_hash: sourceHashes.source_hash,
  ...templateArguments,
  template: s.withDefault(s.union([s.string(), s.null()], 'Template engine that sources go through'), 'jinja'),
  ...severalSources,
}

interface AddedText {
  readonly path: string
  readonly chunks: readonly string[]
  readonly makedirs: boolean
}

export const appendingStates = {
  append: state({
    doc: 'Make sure that texts are in a file, at its end where they are not in it yet.',
    args: {
      ...shared,
      ignore_whitespace: s.withDefault(
        s.boolean('Any white space in the text stands for any in the file; false: the text is an expression'),
        true,
      ),
    },
    examples: ['/etc/motd:\n  file.append:\n    - text: Trust no one unless you have eaten much salt with him.'],
    async plan(ctx, want) {
      const added = await addedText(ctx, want, 'append')
      if ('kind' in added) return added
      const { text, encoding, exists } = readIfThere(added.path)
      const isThere = (chunk: string): boolean =>
        exists && (want.ignore_whitespace ? holdsChunk(text, chunk) : pattern(chunk).search(text))
      const lines = added.chunks.filter((chunk) => !isThere(chunk)).flatMap((chunk) => splitLines(chunk))
      const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`
      const next = lines.length === 0 ? text : ended + lines.map((line) => `${line}\n`).join('')
      const diff = appendedDiff(splitLines(text), splitLines(next))
      return planAddition(ctx, added, { exists, encoding, next, diff }, `Appended ${lines.length} lines`)
    },
  }),
  prepend: state({
    doc: 'Make sure that texts are in a file, at its start where they are not in it yet.',
    args: {
      ...shared,
      header: s.optional(s.boolean('They have to be its first lines, wherever else they stand')),
    },
    examples: ['/etc/motd:\n  file.prepend:\n    - header: True\n    - text: Be kind to this machine.'],
    async plan(ctx, want) {
      const added = await addedText(ctx, want, 'prepend')
      if ('kind' in added) return added
      const { text, encoding, exists } = readIfThere(added.path)
      const old = splitLines(text, true)
      const isThere = (chunk: string): boolean => want.header !== true && exists && holdsChunk(text, chunk)
      const lines = added.chunks.filter((chunk) => !isThere(chunk)).flatMap((chunk) => splitLines(chunk))
      const head = old.slice(0, lines.length).flatMap((line) => splitLines(line))
      const isSame = lines.length === 0 || (want.header === true && head.join('\n') === lines.join('\n'))
      const next = isSame ? text : lines.map((line) => `${line}\n`).join('') + text
      const diff = unifiedDiff(old, splitLines(next, true))
      return planAddition(ctx, added, { exists, encoding, next, diff }, `Prepended ${lines.length} lines`)
    },
  }),
}

type Shared = Parameters<typeof textsOfSources>[1] & { readonly text?: unknown; readonly makedirs: boolean }

async function addedText(ctx: StateContext, want: Shared, fun: string): Promise<AddedText | StatePlan> {
  const path = targetPath(want.name, fun)
  if (isPlan(path)) return path
  const texts = await textsOfSources(ctx, want)
  if (texts === undefined && (want.text === undefined || want.text === null)) {
    return impossible(`No text found to ${fun}. Nothing ${fun}ed`)
  }
  if (isFolder(path)) return impossible(`Specified target ${path} is a directory`)
  return { path, chunks: texts ?? textList(want.text), makedirs: want.makedirs }
}

function readIfThere(path: string): TextContent & { readonly exists: boolean } {
  return fs.existsSync(path) ? { ...readText(path), exists: true } : { text: '', encoding: 'utf8', exists: false }
}

function pattern(chunk: string): PythonRegex {
  return new PythonRegex(chunk, { multiline: true })
}

/**
 * Whether whole lines of a text are a chunk, with any white space, or none, for any other: what Salt asks the expression of its
 * `build_whitespace_split_regex`.
 */
function holdsChunk(text: string, chunk: string): boolean {
  const words = chunk.split(/\s+/).filter((word) => word !== '')
  for (let start = 0; start <= text.length; start = nextLine(text, start)) {
    const end = endOfWords(text, start, words)
    if (end !== undefined && /^[^\S\n]*(?:\n|$)/.test(text.slice(end, end + longestBlank))) return true
  }
  return false
}

const longestBlank = 10_000

function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length + 1 : end + 1
}

/** Where the words end that stand one behind the other from there on; undefined where they do not. */
function endOfWords(text: string, start: number, words: readonly string[]): number | undefined {
  let at = start
  for (const word of words) {
    while (/\s/.test(text.charAt(at))) at++
    if (!text.startsWith(word, at)) return undefined
    at += word.length
  }
  return at
}

/** As Salt shows what it appends: it compares lines without their ends, and joins what it found by line breaks. */
function appendedDiff(from: readonly string[], to: readonly string[]): string {
  const ended = (lines: readonly string[]) => lines.map((line) => `${line}\n`)
  const lines = unifiedDiff(ended(from), ended(to)).split('\n').slice(0, -1)
  return lines.map((line, index) => (index < 2 || line.startsWith('@@ ') ? `${line}\n` : line)).join('\n')
}

interface Addition {
  readonly exists: boolean
  readonly encoding: TextContent['encoding']
  readonly next: string
  readonly diff: string
}

function planAddition(ctx: StateContext, added: AddedText, addition: Addition, comment: string): StatePlan {
  const { path } = added
  const { exists, diff } = addition
  if (exists && diff === '') return right(`File ${path} is in correct state`)
  const shown = exists && !isTextFile(path) ? 'Replace binary file' : diff
  const changes = shown === '' ? {} : { diff: shown }
  const test = exists ? `File ${path} is set to be updated` : `File ${path} is set to be created`
  return pending({
    comment: test,
    changes: exists ? changes : { new: path, ...changes },
    async apply() {
      try {
        if (added.makedirs) await makeFolderOf(withTest(ctx, false), path, { user: null, group: null, mode: null })
        if (!isFolder(posix.dirname(path))) return failed(`${path}: file not found`)
        await replaceContent(realPath(path), Buffer.from(addition.next, addition.encoding))
      } catch (error) {
        return failed(reasonOf(error))
      }
      return done(diff === '' ? `File ${path} is in correct state` : comment, changes)
    },
  })
}
