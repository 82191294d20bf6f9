/** What `salt key` does once the command line is understood. */
import { createInterface } from 'node:readline'
import { asSaltError, SaltError, systemCode } from '../base/errors.ts'
import {
  byFolder,
  type KeyChange,
  KeyRing,
  keyChanges,
  type MoreStates,
  stateNamed,
  statesFor,
  statesOf,
} from '../engine/keys/key-ring.ts'
import { type KeyState, KeyStore, keyStates } from '../engine/keys/key-store.ts'
import type { MasterOptions } from '../engine/options/master-options.ts'
import type { OptionValues } from './parse-command.ts'
import { Printer, printerFor } from './printer.ts'

const done: Readonly<Record<KeyChange, string>> = { accept: 'accepted', reject: 'rejected', delete: 'deleted' }
const stateWords: Readonly<Record<KeyState, string>> = {
  accepted: 'accepted',
  denied: 'denied',
  pending: 'unaccepted',
  rejected: 'rejected',
}

export class KeyCommand {
  readonly #options: OptionValues
  readonly #master: MasterOptions
  readonly #keys: KeyRing
  readonly #changed: string[] = []
  readonly #printer: Printer
  readonly #isQuiet: boolean

  constructor(options: OptionValues, master: MasterOptions) {
    this.#options = options
    this.#master = master
    this.#keys = new KeyRing(new KeyStore(master.paths.pki_dir), (change, id) => {
      this.#changed.push(id)
      this.#say(`Key for minion ${id} ${done[change]}.`)
    })
    this.#printer = options.has('quiet') ? new Printer({ color: false, outputter: 'quiet' }) : printerFor(options)
    this.#isQuiet = options.has('quiet')
  }

  /** Resolves to the exit code. Throws `denied` where this user may not read the keys. */
  async run(): Promise<number> {
    try {
      await this.#act()
      return 0
    } catch (error) {
      const cause = error instanceof SaltError ? error.cause : error
      if (systemCode(cause) !== 'EACCES' && systemCode(cause) !== 'EPERM') throw error
      throw new SaltError('denied', 'this user may not read or change the keys of the master', {
        where: this.#master.paths.pki_dir,
        hint: 'Run it as root or as the user of the master.',
        cause: asSaltError(error),
      })
    }
  }

  async #act(): Promise<void> {
    const options = this.#options
    for (const change of keyChanges) {
      const glob = options.text(change) ?? (options.has(`${change}-all`) ? '*' : undefined)
      if (glob !== undefined) return await this.#change(change, glob)
    }
    for (const what of ['print', 'finger'] as const) {
      const glob = options.text(what)
      if (glob !== undefined) return await this.#tell(what, glob)
      if (options.has(`${what}-all`)) return await this.#tell(what, '*')
    }
    await this.#list(options.text('list') ?? 'all')
  }

  async #list(wanted: string): Promise<void> {
    const states = keyStates.filter((state) => wanted.startsWith('all') || stateNamed(wanted) === state)
    await this.#printer.show(this.#keys.list(states), { out: 'key' })
  }

  async #tell(what: 'print' | 'finger', glob: string): Promise<void> {
    const found = this.#keys.store.match(glob)
    const keys =
      what === 'print'
        ? this.#keys.texts(found)
        : { ...this.#keys.ownFingerprints(glob), ...this.#keys.fingerprints(found) }
    await this.#printer.show(keys, { out: 'key' })
  }

  async #change(change: KeyChange, glob: string): Promise<void> {
    const found = this.#keys.find(change, glob, this.#more())
    if (statesOf(found).length === 0) {
      this.#say(`The key glob '${glob}' does not match any ${this.#statesAsked(change)} keys.`)
      return
    }
    this.#say(`The following keys are going to be ${done[change]}:`)
    await this.#printer.show(
      byFolder(statesOf(found), (state) => found[state]),
      { out: 'key' },
    )
    if (!(await this.#isConfirmed(change))) return
    this.#keys.change(change, found)
    await tellMaster(this.#master, change, this.#changed)
  }

  #more(): MoreStates {
    const asked = (state: string): boolean => ['all', state].some((word) => this.#options.has(`include-${word}`))
    return { accepted: asked('accepted'), rejected: asked('rejected'), denied: asked('denied') }
  }

  /** Salt names only the waiting keys when it deletes, though it looks for all. */
  #statesAsked(change: KeyChange): string {
    const words =
      change === 'delete' ? ['unaccepted'] : statesFor(change, this.#more()).map((state) => stateWords[state])
    const last = words.pop() ?? ''
    return words.length === 0 ? last : `${words.join(', ')} or ${last}`
  }

  /** A bare Enter accepts and rejects, but does not delete. */
  async #isConfirmed(change: KeyChange): Promise<boolean> {
    if (this.#options.has('yes')) return true
    const isDelete = change === 'delete'
    process.stdout.write(isDelete ? 'Proceed? [N/y] ' : 'Proceed? [n/Y] ')
    const answer = await firstLine()
    if (answer === undefined) {
      process.stdout.write('\n')
      return false
    }
    return answer.trim() === '' ? !isDelete : /^\s*y/i.test(answer)
  }

  #say(line: string): void {
    if (!this.#isQuiet) process.stdout.write(`${line}\n`)
  }
}

/** The next line of standard input, undefined at its end. */
async function firstLine(): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin })
  try {
    for await (const line of lines) return line
    return undefined
  } finally {
    lines.close()
    process.stdin.destroy()
  }
}

/** A master that runs sees the files move; being told as well, it can say on its bus who moved them. */
async function tellMaster(master: MasterOptions, act: KeyChange, ids: readonly string[]): Promise<void> {
  const { tellKeyChanges } = await import('./key-notice.ts')
  await tellKeyChanges(master.paths.sock_dir, act, ids)
}
