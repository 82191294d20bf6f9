/** Content of text files: reading with a guess of the encoding, lines, and writing without losing mode and owner. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { readWhole, refuseEndless } from '../../../base/read-whole.ts'
import { type ReplaceOptions, replaceFile } from '../../../engine/functions/replace-file.ts'
import { attempt } from './failure.ts'
import { realPath } from './paths.ts'

const blockSize = 1024 * 1024

export interface TextContent {
  readonly text: string
  /** Bytes that are not UTF-8 are kept one by one. */
  readonly encoding: 'utf8' | 'latin1'
}

export function readText(path: string): TextContent {
  return decode(attempt(path, () => readWhole(path)))
}

export function decode(bytes: Buffer): TextContent {
  const encoding = isUtf8(bytes) ? 'utf8' : 'latin1'
  return { text: bytes.toString(encoding), encoding }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** A text of ours in the form that a file of that encoding has it. */
export function encodeFor(encoding: TextContent['encoding'], text: string): string {
  return encoding === 'utf8' ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** Guesses from the first block, as Salt does: no NUL, and UTF-8 or mostly printable. */
export function isTextFile(path: string): boolean {
  const block = Buffer.alloc(512)
  let length: number
  try {
    refuseEndless(path)
    const descriptor = fs.openSync(path, 'r')
    try {
      length = fs.readSync(descriptor, block, 0, block.length, 0)
    } finally {
      fs.closeSync(descriptor)
    }
  } catch {
    return false
  }
  const bytes = block.subarray(0, length)
  if (bytes.includes(0)) return false
  if (isUtf8(bytes)) return true
  const odd = bytes.filter((byte) => (byte < 32 || byte > 126) && ![8, 9, 10, 12, 13].includes(byte))
  return odd.length / bytes.length <= 0.3
}

export function assertTextFile(path: string): void {
  if (isTextFile(path)) return
  throw new SaltError('bad-arguments', `Cannot perform string replacements on a binary file: ${path}`)
}

/** Lines with their ends, which may be LF, CRLF or CR. */
export function splitLines(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+/g) ?? []
}

/** Lines with their LF. */
export function splitFeeds(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? []
}

/** Python's `lstrip`: any of the characters, as many as there are. */
export function withoutStart(line: string, characters: string): string {
  let start = 0
  while (start < line.length && characters.includes(line.charAt(start))) start++
  return line.slice(start)
}

/** Gives a file another content and keeps its mode and owner, as `replaceFile` does. Links are followed. */
export async function replaceContent(
  given: string,
  data: string | Uint8Array,
  options: Pick<ReplaceOptions, 'keepInode'> = {},
): Promise<void> {
  const path = realPath(given)
  attempt(path, () => replaceFile(path, data, options))
}

/** Copies content, mode, times and owner to a file beside it. */
export function copyWhole(from: string, to: string): void {
  attempt(to, () => {
    const status = fs.statSync(from)
    fs.copyFileSync(from, to)
    if (process.geteuid?.() === 0) fs.chownSync(to, status.uid, status.gid)
    fs.chmodSync(to, status.mode & 0o7777)
    fs.utimesSync(to, status.atime, status.mtime)
  })
}

/** Whole lines of a file, about a megabyte at a time; an unreadable file has none. */
export function* textBlocks(path: string): Generator<string> {
  refuseEndless(path)
  const descriptor = fs.openSync(path, 'r')
  try {
    let rest = Buffer.alloc(0)
    for (;;) {
      const block = Buffer.alloc(blockSize)
      const length = fs.readSync(descriptor, block)
      const bytes = Buffer.concat([rest, block.subarray(0, length)])
      if (length === 0) {
        if (bytes.length > 0) yield decode(bytes).text
        return
      }
      // A line of many megabytes is cut.
      const end = bytes.lastIndexOf(10) + 1 || (bytes.length > 8 * blockSize ? bytes.length : 0)
      if (end > 0) yield decode(bytes.subarray(0, end)).text
      rest = bytes.subarray(end)
    }
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Whether the bytes occur anywhere in the file. */
export function fileContains(path: string, needle: Buffer): boolean {
  refuseEndless(path)
  const descriptor = fs.openSync(path, 'r')
  try {
    let rest = Buffer.alloc(0)
    for (;;) {
      const block = Buffer.alloc(blockSize)
      const length = fs.readSync(descriptor, block)
      const bytes = Buffer.concat([rest, block.subarray(0, length)])
      if (bytes.includes(needle)) return true
      if (length === 0) return false
      rest = needle.length > 1 ? bytes.subarray(-(needle.length - 1)) : Buffer.alloc(0)
    }
  } finally {
    fs.closeSync(descriptor)
  }
}
