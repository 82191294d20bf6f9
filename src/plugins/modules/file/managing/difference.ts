/** What states show as the difference between a file and what it shall hold. */
import * as fs from 'node:fs'
import { readWhole, refuseEndless } from '../../../../base/read-whole.ts'
import { dots } from '../../../../base/secret.ts'
import { unifiedDiff } from '../../../../engine/functions/unified-diff.ts'
import type { FunctionContext } from '../../../../engine/plugin.ts'
import { decode, splitFeeds } from '../content.ts'
import type { NewContent } from './new-content.ts'

/** A difference of more is no help to anybody, and takes long to find. Bytes, and lines. */
const largestShown = 1024 * 1024
const mostLines = 20_000
const blockSize = 512

export interface DifferenceOptions {
  readonly showChanges: boolean
  /** What `obfuscate_templates` may hide. */
  readonly isTemplate: boolean
}

/** The difference in Salt's words, or what stands for it; the two are known to differ. */
export async function differenceOf(
  ctx: FunctionContext,
  path: string,
  content: NewContent,
  { showChanges, isTemplate }: DifferenceOptions,
): Promise<string> {
  if (isTemplate && ctx.config.get('obfuscate_templates') === true) return '<Obfuscated Template>'
  if (!showChanges) return '<show_changes=False>'
  if (content.kind === 'bytes' && content.isSecret === true) return dots
  const source = content.kind === 'bytes' ? content.bytes : await content.fetch()
  const to = typeof source === 'string' ? startOf(source) : source.subarray(0, blockSize)
  const binary = binaryChange(startOf(path), to)
  if (binary !== undefined) return binary
  const sizes = [fs.statSync(path).size, typeof source === 'string' ? fs.statSync(source).size : source.length] as const
  if (Math.max(...sizes) > largestShown) return tooLarge(sizes)
  const [from, next] = [readWhole(path), typeof source === 'string' ? readWhole(source) : source].map((bytes) =>
    splitFeeds(decode(bytes).text),
  )
  if (from === undefined || next === undefined || Math.max(from.length, next.length) > mostLines) return tooLarge(sizes)
  const shown = unifiedDiff(from, next)
  return shown === '' ? 'Replace the text with the same text in another encoding' : shown
}

function tooLarge([from, to]: readonly [number, number]): string {
  return `The difference is not shown: the file has ${from} bytes, and ${to} bytes are to take their place`
}

/** As a person would call it: any NUL at the start makes a file binary. */
export function binaryChange(from: Uint8Array, to: Uint8Array): string | undefined {
  const [wasBinary, isBinary] = [from, to].map((bytes) => bytes.subarray(0, blockSize).includes(0))
  if (wasBinary && isBinary) return 'Replace binary file'
  if (wasBinary) return 'Replace binary file with text file'
  return isBinary ? 'Replace text file with binary file' : undefined
}

function startOf(path: string): Uint8Array {
  refuseEndless(path)
  const descriptor = fs.openSync(path, 'r')
  try {
    const block = Buffer.alloc(blockSize)
    return block.subarray(0, fs.readSync(descriptor, block))
  } finally {
    fs.closeSync(descriptor)
  }
}
