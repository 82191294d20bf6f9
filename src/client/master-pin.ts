import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError, systemCode } from '../base/errors.ts'
import { createFileSync, ensurePrivateFolder } from '../base/files.ts'
import type { Log } from '../base/log.ts'
import { fingerprintOf, publicKeyFromPem } from '../wire/identity.ts'

export interface MasterPinOptions {
  /** `pki_dir` of the minion. */
  readonly pkiDir: string
  /** `host:port` as configured. */
  readonly address: string
  /** Whether this minion has several masters, each with a pin of its own. */
  readonly several: boolean
  /** Fingerprint that the master's key must have (Salt's `master_finger`); empty: none. */
  readonly masterFinger: string
  /** Refuse a first contact without `master_finger`. */
  readonly requireMasterFinger: boolean
  readonly log: Log
}

export interface ServerKey {
  readonly publicKeyRaw: Uint8Array
  readonly publicPem: string
  readonly fingerprint: string
}

/**
 * The identity of one master as this minion knows it: checked at every handshake before the minion says who it is, and
 * pinned on first use.
 */
export class MasterPin {
  readonly #options: MasterPinOptions
  readonly #file: string
  #pinned: Uint8Array | undefined

  constructor(options: MasterPinOptions) {
    this.#options = options
    const name = options.several ? `minion_master.${options.address.replace(/[^\w.-]/g, '-')}.pub` : 'minion_master.pub'
    this.#file = join(options.pkiDir, name)
    this.#pinned = readPin(this.#file)
  }

  /** Raw identity key of the master; undefined before the first contact. */
  get publicKeyRaw(): Uint8Array | undefined {
    return this.#pinned
  }

  /** Throws `master-mismatch` when the key is not the one this minion trusts. */
  check(server: ServerKey): void {
    const { masterFinger, requireMasterFinger, address, log, pkiDir } = this.#options
    // Also for a pinned key: whoever names a fingerprint may have learned that the first contact was with somebody else.
    if (masterFinger !== '') this.#checkFinger(server)
    // `salt call` may have met the master while this process waited for it.
    this.#pinned ??= readPin(this.#file)
    if (this.#pinned !== undefined) return this.#checkPinned(server, this.#pinned)
    if (masterFinger === '' && requireMasterFinger) {
      throw new SaltError(
        'master-mismatch',
        `no key of the master at ${address} is pinned yet, and require_master_finger is set`,
        {
          hint: `Compare with \`salt key -F\` on the master, then set master_finger: ${server.fingerprint}`,
        },
      )
    }
    ensurePrivateFolder(pkiDir)
    if (!createFileSync(this.#file, server.publicPem, 0o644)) return this.#checkPinned(server, this.#madeMeanwhile())
    this.#pinned = server.publicKeyRaw
    if (masterFinger === '') {
      log.warning('trusting the key of this master from now on; compare it with `salt key -F` on the master', {
        master: address,
        fingerprint: server.fingerprint,
      })
    }
  }

  #madeMeanwhile(): Uint8Array {
    this.#pinned = readPin(this.#file)
    if (this.#pinned !== undefined) return this.#pinned
    throw new SaltError('key-invalid', 'the pinned key of the master is a link that leads nowhere', {
      where: this.#file,
    })
  }

  #checkPinned(server: ServerKey, pinned: Uint8Array): void {
    if (Buffer.compare(pinned, server.publicKeyRaw) === 0) return
    throw new SaltError(
      'master-mismatch',
      `the master at ${this.#options.address} shows another key than the one this minion trusts`,
      {
        where: this.#file,
        hint:
          `Trusted: ${fingerprintOf(pinned)}; shown: ${server.fingerprint}. If the master's key was really replaced ` +
          '(compare with `salt key -F` on the master), remove the file and start the minion again.',
      },
    )
  }

  #checkFinger(server: ServerKey): void {
    const expected = this.#options.masterFinger.toLowerCase()
    if (expected === server.fingerprint.toLowerCase()) return
    throw new SaltError(
      'master-mismatch',
      `the key of the master at ${this.#options.address} does not match master_finger`,
      {
        hint: `Configured: ${expected}; shown: ${server.fingerprint}. Compare with \`salt key -F\` on the master.`,
      },
    )
  }
}

function readPin(file: string): Uint8Array | undefined {
  try {
    return publicKeyFromPem(readFileSync(file, 'utf8'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw new SaltError('key-invalid', 'the pinned key of the master cannot be read', {
      where: file,
      hint: 'Restore the file, or remove it to trust the master anew at the next contact.',
      cause: error,
    })
  }
}
