/** Ctrl-C while a job runs: the command ends, the job does not. */
import { lookupHint } from './outcome.ts'

/** What shells report for a command that Ctrl-C ended. */
export const interruptedExit = 130

export class Interrupt {
  readonly #controller = new AbortController()
  readonly #onSignal = (): void => this.#controller.abort()

  constructor() {
    process.once('SIGINT', this.#onSignal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Ctrl-C means again what it usually means. */
  end(): void {
    process.off('SIGINT', this.#onSignal)
  }

  /** Says how to look the job up, or what else there is to say where no job has come of it, and answers the exit code. */
  static tell(jid: string, otherwise = ''): number {
    const about =
      jid === ''
        ? otherwise
        : `This job's jid is: ${jid}\n${lookupHint(jid)}\n\nTo wait for it again:\n\nsalt jobs ${jid}\n`
    process.stderr.write(`\nExiting gracefully on Ctrl-c\n${about}`)
    return interruptedExit
  }
}
