/** What a file shall hold. */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { readWhole } from '../../../../base/read-whole.ts'
import { hashOf } from '../hash.ts'

export interface ContentHash {
  /** `sha256` */
  readonly type: string
  /** Hexadecimal digits. */
  readonly sum: string
}

/** Content that is in memory: what was written in a state, or made from a template. */
export interface BytesContent {
  readonly kind: 'bytes'
  readonly bytes: Buffer
  /** Never to be shown. */
  readonly isSecret?: boolean
}

/** Content of a file of this machine, or of one that is fetched when somebody needs it. */
export interface FileContent {
  readonly kind: 'file'
  /** What it has to be; undefined where nobody said so. */
  readonly hash: ContentHash | undefined
  /** It comes from where anybody may have put it: fetch it before anything is promised. */
  readonly isDoubtful: boolean
  /** Path of a file with the right content. Throws `execution-failed` where it is not the right one. */
  fetch(): Promise<string>
}

export type NewContent = BytesContent | FileContent

export function bytesOf(text: string): BytesContent {
  return { kind: 'bytes', bytes: Buffer.from(text) }
}

/** Bytes up to which files are read at once; longer ones pass through in pieces. */
const smallFile = 1024 * 1024

/** Whether a file holds that content already. */
export async function holds(path: string, status: fs.Stats, content: NewContent): Promise<boolean> {
  if (content.kind === 'bytes') {
    return status.size === content.bytes.length && readWhole(path).equals(content.bytes)
  }
  const hash = content.hash ?? { type: 'sha256', sum: await hashOfFile(await content.fetch(), 'sha256') }
  return (await hashOfFile(path, hash.type, status.size)) === hash.sum
}

/** The same for the same content, as far as it is known. */
export async function fingerprintOf(content: NewContent): Promise<string> {
  if (content.kind === 'bytes') return createHash('sha256').update(content.bytes).digest('hex')
  const { type, sum } = content.hash ?? { type: 'sha256', sum: await hashOfFile(await content.fetch(), 'sha256') }
  return `${type}:${sum}`
}

/** Hexadecimal digits. */
export async function hashOfFile(path: string, type: string, size = fs.statSync(path).size): Promise<string> {
  if (size > smallFile) return await hashOf(path, type)
  return createHash(type).update(readWhole(path)).digest('hex')
}
