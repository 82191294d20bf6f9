/** What `salt key` does once the command line is understood. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { asSaltError, SaltError, systemCode } from '../base/errors.ts'
import { type KeyState, KeyStore, keyFolders, keyStates } from '../engine/keys/key-store.ts'
import type { MasterOptions } from '../engine/options/master-options.ts'
import { fingerprintOf, publicKeyFromPem } from '../wire/identity.ts'
import type { OptionValues } from './parse-command.ts'
import { Printer, printerFor } from './printer.ts'

type Change = 'accept' | 'reject' | 'delete'
type Found = Partial<Readonly<Record<KeyState, readonly string[]>>>

const done: Readonly<Record<Change, string>> = { accept: 'accepted', reject: 'rejected', delete: 'deleted' }
const stateWords: Readonly<Record<KeyState, string>> = {
  accepted: 'accepted',
  denied: 'denied',
  pending: 'unaccepted',
  rejected: 'rejected',
}

export class KeyCommand {
  readonly #options: OptionValues
  readonly #master: MasterOptions
  readonly #keys: KeyStore
  readonly #printer: Printer
  readonly #isQuiet: boolean

  constructor(options: OptionValues, master: MasterOptions) {
    this.#options = options
    this.#master = master
    this.#keys = new KeyStore(master.paths.pki_dir)
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
    for (const change of ['accept', 'reject', 'delete'] as const) {
      const glob = options.text(change) ?? (options.has(`${change}-all`) ? '*' : undefined)
      if (glob !== undefined) return await this.#change(change, glob)
    }
    for (const what of ['print', 'finger'] as const) {
      const glob = options.text(what)
      if (glob !== undefined) return await this.#tell(what, this.#keys.match(glob))
      if (options.has(`${what}-all`)) return await this.#tell(what, this.#keys.match('*'), this.#own(what))
    }
    await this.#list(options.text('list') ?? 'all')
  }

  async #list(wanted: string): Promise<void> {
    const states = keyStates.filter((state) => wanted.startsWith('all') || stateOf(wanted) === state)
    await this.#printer.show(
      named(states, (state) => this.#keys.ids(state)),
      { out: 'key' },
    )
  }

  async #tell(what: 'print' | 'finger', found: Found, own: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const told = (id: string, state: KeyState): string => {
      const key = this.#keys.read(id, state)
      return what === 'print' ? key.pem : key.fingerprint
    }
    const keys = named(statesOf(found), (state) =>
      Object.fromEntries((found[state] ?? []).map((id) => [id, told(id, state)])),
    )
    await this.#printer.show({ ...own, ...keys }, { out: 'key' })
  }

  /** Fingerprint of the master itself under the names of its files: the pair has one, that of its public half. */
  #own(what: 'print' | 'finger'): Readonly<Record<string, unknown>> {
    if (what === 'print') return {}
    try {
      const pem = readFileSync(join(this.#master.paths.pki_dir, 'master.pub'), 'utf8')
      const fingerprint = fingerprintOf(publicKeyFromPem(pem))
      return { local: { 'master.pem': fingerprint, 'master.pub': fingerprint } }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return {}
      throw error
    }
  }

  async #change(change: Change, glob: string): Promise<void> {
    const found = this.#keys.match(glob, this.#statesFor(change))
    if (statesOf(found).length === 0) {
      this.#say(`The key glob '${glob}' does not match any ${this.#statesAsked(change)} keys.`)
      return
    }
    this.#say(`The following keys are going to be ${done[change]}:`)
    await this.#printer.show(
      named(statesOf(found), (state) => found[state]),
      { out: 'key' },
    )
    if (!(await this.#isConfirmed(change))) return
    const changed: string[] = []
    for (const state of statesOf(found)) {
      for (const id of found[state] ?? []) {
        if (!this.#apply(change, id, state)) continue
        changed.push(id)
        this.#say(`Key for minion ${id} ${done[change]}.`)
      }
    }
    await tellMaster(this.#master, change, changed)
  }

  #apply(change: Change, id: string, state: KeyState): boolean {
    if (change === 'accept') return this.#keys.accept(id, state)
    return change === 'reject' ? this.#keys.reject(id, state) : this.#keys.delete(id, state)
  }

  #statesFor(change: Change): readonly KeyState[] {
    if (change === 'delete') return keyStates
    const all = this.#options.has('include-all')
    const states: KeyState[] = ['pending']
    if (change === 'accept' && (all || this.#options.has('include-rejected'))) states.push('rejected')
    if (change === 'reject' && (all || this.#options.has('include-accepted'))) states.push('accepted')
    if (all || this.#options.has('include-denied')) states.push('denied')
    return states
  }

  /** Salt names only the waiting keys when it deletes, though it looks for all. */
  #statesAsked(change: Change): string {
    const words = change === 'delete' ? ['unaccepted'] : this.#statesFor(change).map((state) => stateWords[state])
    const last = words.pop() ?? ''
    return words.length === 0 ? last : `${words.join(', ')} or ${last}`
  }

  /** A bare Enter accepts and rejects, but does not delete. */
  async #isConfirmed(change: Change): Promise<boolean> {
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

function stateOf(word: string): KeyState | undefined {
  if (/^(pre|un)/.test(word)) return 'pending'
  return keyStates.find((state) => state.startsWith(word.slice(0, 3)))
}

function statesOf(found: Found): readonly KeyState[] {
  return keyStates.filter((state) => (found[state]?.length ?? 0) > 0)
}

/** By the names of the folders, which are the names that Salt shows. */
function named<T>(states: readonly KeyState[], value: (state: KeyState) => T): Record<string, T> {
  return Object.fromEntries(states.map((state) => [keyFolders[state], value(state)]))
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
async function tellMaster(master: MasterOptions, act: Change, ids: readonly string[]): Promise<void> {
  const { tellKeyChanges } = await import('./key-notice.ts')
  await tellKeyChanges(master.paths.sock_dir, act, ids)
}
