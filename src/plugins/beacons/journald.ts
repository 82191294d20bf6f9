import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { type BeaconEvent, defineBeacon } from '../../engine/beacon.ts'
import { onlyOn } from '../../engine/functions/kernels.ts'

const fields = s.record(s.union([s.integer(), s.string()]))
const mostWaiting = 4096

export const journald = defineBeacon({
  name: 'journald',
  doc: 'Tells of new entries of the journal of systemd that have the wanted fields, all fields as text. It follows the program journalctl.',
  options: {
    services: s.withDefault(s.record(fields, 'Names of your own, each with fields and their values'), {}),
  },
  extra: fields,
  intervalSeconds: 0,
  watches: true,
  examples: ['journald:\n  - services:\n      sshd:\n        SYSLOG_IDENTIFIER: sshd\n        PRIORITY: 6'],
  available: onlyOn('Linux'),
  open(context, { services }, extra) {
    const wanted = Object.entries({ ...extra, ...services })
    let waiting: BeaconEvent[] = []
    let dropped = 0
    let follower = follow()
    return {
      async read() {
        if (follower.fault !== undefined) {
          const { fault } = follower
          follower = follow()
          throw new SaltError('execution-failed', fault)
        }
        if (dropped > 0) context.log.warning('entries of the journal were dropped: too many came at once', { dropped })
        const events = waiting
        waiting = []
        dropped = 0
        return events
      },
      async [Symbol.asyncDispose]() {
        await follower.end()
      },
    }

    function follow(): Follower {
      return new Follower(
        (entry) => {
          if (!wanted.some(([, values]) => hasAll(entry, values))) return
          if (waiting.length < mostWaiting) waiting.push({ key: String(entry.__CURSOR), data: entry })
          else dropped += 1
          context.wake()
        },
        () => context.wake(),
      )
    }
  },
})

type Entry = Readonly<Record<string, unknown>>

class Follower {
  readonly #program = spawn('journalctl', ['--follow', '--output=json', '--lines=0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  readonly #ended = Promise.withResolvers<void>()
  #fault: string | undefined

  constructor(onEntry: (entry: Entry) => void, onEnd: () => void) {
    const end = (reason: string): void => {
      this.#fault ??= reason
      this.#ended.resolve()
      onEnd()
    }
    this.#program.once('error', (error) => end(`journalctl cannot be run: ${error.message}`))
    this.#program.once('exit', (code, signal) => end(`journalctl has ended (${signal ?? code})`))
    createInterface({ input: this.#program.stdout }).on('line', (line) => onEntry(entryOf(line)))
  }

  /** Why it follows no more. */
  get fault(): string | undefined {
    return this.#fault
  }

  async end(): Promise<void> {
    this.#program.kill()
    await this.#ended.promise
  }
}

function hasAll(entry: Entry, values: Readonly<Record<string, number | string>>): boolean {
  return Object.entries(values).every(([name, value]) => String(entry[name]) === String(value))
}

function entryOf(line: string): Entry {
  try {
    const entry: unknown = JSON.parse(line)
    return isRecord(entry) ? entry : {}
  } catch {
    return {}
  }
}
