/** Decrypts the PGP messages in values, by the system's gpg. */
import { isUtf8 } from 'node:buffer'
import { SaltError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import type { SecretTexts } from '../../../base/secret-texts.ts'
import { SharedReads } from '../../files/shared-reads.ts'
import type { FunctionContext } from '../../plugin.ts'
import { Dict } from '../values/dict.ts'
import type { Value } from '../values/kinds.ts'

const beginning = '-----BEGIN PGP MESSAGE-----'
const message = /-----BEGIN PGP MESSAGE-----.*?-----END PGP MESSAGE-----/gs
const timeoutMs = 30_000
const messagesKept = 1000

export interface GpgOptions {
  /** Folder of its keys. */
  readonly homedir: string
  /** Otherwise a message that cannot be decrypted stays as it is, with a warning. */
  readonly mustSucceed: boolean
  readonly log: Log
  /** Learns of every text that was decrypted. */
  readonly secrets?: Pick<SecretTexts, 'add'>
  /** What was decrypted before, for whoever shares it. */
  readonly known?: DecryptedMessages
}

/** Messages by their texts: many minions have the same ones. Kept in memory alone. */
export class DecryptedMessages extends SharedReads<Uint8Array> {
  constructor() {
    super(messagesKept)
  }
}

export class GpgDecryptor {
  readonly #exec: FunctionContext['exec']
  readonly #options: GpgOptions
  readonly #known: DecryptedMessages

  constructor(exec: FunctionContext['exec'], options: GpgOptions) {
    this.#exec = exec
    this.#options = options
    this.#known = options.known ?? new DecryptedMessages()
  }

  /**
   * The value with all messages in it decrypted, at any depth; what is decrypted to no text is bytes. Throws `missing-program`,
   * and where it must succeed `render-failed`.
   */
  async decrypt(value: Value): Promise<Value> {
    if (typeof value === 'string') return value.includes(beginning) ? await this.#decryptText(value) : value
    if (Array.isArray(value)) {
      const items: Value[] = []
      for (const item of value) items.push(await this.decrypt(item))
      return items
    }
    if (!(value instanceof Map)) return value
    const result = new Dict()
    for (const [key, item] of value) result.set(key, await this.decrypt(item))
    return result
  }

  async #decryptText(text: string): Promise<Value> {
    const parts: Uint8Array[] = []
    let end = 0
    for (const found of text.matchAll(message)) {
      parts.push(Buffer.from(text.slice(end, found.index)), await this.#decryptMessage(found[0]))
      end = found.index + found[0].length
    }
    parts.push(Buffer.from(text.slice(end)))
    // A block of YAML ends with line breaks that nobody has written into the secret.
    const bytes = withoutLineBreaks(Buffer.concat(parts))
    return isUtf8(bytes) ? bytes.toString('utf8') : new Uint8Array(bytes)
  }

  async #decryptMessage(ciphertext: string): Promise<Uint8Array> {
    const { secrets, mustSucceed, log } = this.#options
    // In a scalar of one line the breaks are written as `\n`.
    const input = ciphertext.replaceAll('\\n', '\n')
    try {
      const plain = await this.#known.get(input, () => this.#run(input))
      if (isUtf8(plain)) secrets?.add([Buffer.from(plain).toString('utf8')])
      return plain
    } catch (error) {
      if (!(error instanceof SaltError) || error.code !== 'execution-failed') throw error
      if (mustSucceed) throw new SaltError('render-failed', error.message, { cause: error })
      log.warning('a PGP message was not decrypted', { reason: error.message })
      return Buffer.from(ciphertext)
    }
  }

  async #run(input: string): Promise<Uint8Array> {
    const argv = ['gpg', '--homedir', this.#options.homedir, '--batch', '--no-tty', '--decrypt']
    const { retcode, stdout, stderr, timedOut } = await this.#exec(argv, {
      stdin: input,
      timeoutMs,
      // Bytes as they are.
      outputEncoding: 'latin1',
    })
    if (!timedOut && retcode === 0) return Buffer.from(stdout, 'latin1')
    const reason = timedOut ? `gpg did not end within ${timeoutMs / 1000} s` : reasonFrom(stderr)
    throw new SaltError('execution-failed', `a PGP message cannot be decrypted: ${reason}`)
  }
}

function reasonFrom(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.startsWith('gpg: '))
  return lines.at(-1)?.slice('gpg: '.length) ?? 'gpg failed'
}

function withoutLineBreaks(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0x0a) end--
  return bytes.subarray(0, end)
}
