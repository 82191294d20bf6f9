import { type FileHandle, open } from 'node:fs/promises'
import { systemCode } from '../../base/errors.ts'

export interface NewLines {
  readonly lines: readonly string[]
  /** There is more than one read takes. */
  readonly isMore: boolean
}

const readBytes = 1024 * 1024
/** Of a longer line only the beginning is kept. */
const longestLine = 64 * 1024

/** The lines that are appended to a file, across rotations. It need not exist yet. */
export class LogTail implements AsyncDisposable {
  readonly #path: string
  #file: FileHandle | undefined
  #offset = 0
  /** The beginning of a line whose end was not written yet. */
  #rest = Buffer.alloc(0)

  private constructor(path: string) {
    this.#path = path
  }

  /** Begins at the end of what is there. */
  static async open(path: string): Promise<LogTail> {
    const tail = new LogTail(path)
    tail.#file = await openIfAny(path)
    tail.#offset = (await tail.#file?.stat())?.size ?? 0
    return tail
  }

  /** The old file is read to its end before the new one is begun. */
  async read(): Promise<NewLines> {
    const old = await this.#readFile()
    if (old.isMore) return old
    if (!(await this.#takeNewFile())) return old
    const fresh = await this.#readFile()
    return { lines: [...old.lines, ...fresh.lines], isMore: fresh.isMore }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #readFile(): Promise<NewLines> {
    if (this.#file === undefined) return { lines: [], isMore: false }
    const { size } = await this.#file.stat()
    if (size < this.#offset) {
      this.#offset = 0
      this.#rest = Buffer.alloc(0)
    }
    if (size === this.#offset) return { lines: [], isMore: false }
    const buffer = Buffer.alloc(Math.min(readBytes, size - this.#offset))
    const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#offset)
    this.#offset += bytesRead
    const content = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)])
    const end = content.lastIndexOf(0x0a)
    this.#rest = content.subarray(end + 1).subarray(0, longestLine)
    const text = content.subarray(0, Math.max(0, end)).toString('utf8')
    const lines = end < 0 ? [] : text.split('\n').map((line) => line.replace(/\r$/, '').slice(0, longestLine))
    return { lines, isMore: bytesRead > 0 && this.#offset < size }
  }

  /** Whether another file stands under the name by now. */
  async #takeNewFile(): Promise<boolean> {
    const file = await openIfAny(this.#path)
    if (file === undefined) return false
    const [now, before] = await Promise.all([file.stat(), this.#file?.stat()])
    if (before !== undefined && now.ino === before.ino && now.dev === before.dev) {
      await file.close()
      return false
    }
    await this.#file?.close()
    this.#file = file
    this.#offset = 0
    this.#rest = Buffer.alloc(0)
    return true
  }
}

async function openIfAny(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
