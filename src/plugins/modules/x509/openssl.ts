/** Runs the system's openssl, in a private folder that vanishes with the work. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import type { Secret } from '../../../base/secret.ts'
import type { ExecResult, FunctionContext } from '../../../engine/plugin.ts'

export class Workshop implements Disposable {
  readonly #ctx: FunctionContext
  readonly #folder = mkdtempSync(join(tmpdir(), 'x509-'))

  constructor(ctx: FunctionContext) {
    this.#ctx = ctx
  }

  path(name: string): string {
    return join(this.#folder, name)
  }

  /** Only this user can read it; mkdtemp has made the folder as private. */
  write(name: string, content: string): string {
    writeFileSync(this.path(name), content, { mode: 0o600 })
    return this.path(name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** A passphrase goes in through stdin (`-passin stdin`), where nobody sees it. Throws `execution-failed` with openssl's words. */
  async run(words: readonly string[], passphrase?: Secret): Promise<string> {
    const result = await this.try(words, passphrase)
    if (result.retcode === 0) return result.stdout
    throw new SaltError('execution-failed', `openssl ${words[0]} failed: ${complaint(result)}`)
  }

  async try(words: readonly string[], passphrase?: Secret): Promise<ExecResult> {
    const unlock = passphrase === undefined ? [] : ['-passin', 'stdin']
    return this.#ctx.exec(['openssl', ...words, ...unlock], {
      cwd: this.#folder,
      env: { OPENSSL_CONF: '/dev/null' },
      stdin: passphrase === undefined ? '' : `${passphrase.reveal()}\n`,
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What openssl complains about, without the addresses of its own errors. */
function complaint({ stderr, retcode }: ExecResult): string {
  const lines = stderr
    .split('\n')
    .filter(
      (line) =>
        line.trim() !== '' && !/^(?:Certificate request self-signature|subject=|Getting|Signature ok)/.test(line),
    )
  const reasons = lines.map((line) => /^[0-9A-F]+:error:[^:]*:[^:]*:([^:]*):/.exec(line)?.[1] ?? line.trim())
  return [...new Set(reasons)].join('; ') || `return code ${retcode}`
}
