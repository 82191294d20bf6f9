/** Lines to the system log: to its socket on Linux, by the program `logger` elsewhere. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Clock } from '../../../base/clock.ts'
import { SaltError } from '../../../base/errors.ts'
import { DatagramSender } from '../../../base/unix-datagram.ts'
import type { Delivery, OpenReturner, ReturnerContext } from '../../../engine/returner.ts'
import { deliveryJson } from '../../../engine/returners/delivery-record.ts'
import { matchGlob } from '../../../engine/target/glob.ts'
import { priorityOf } from './priority.ts'

export interface SyslogOptions {
  readonly level: string
  readonly facility: string
  readonly tag: string | undefined
  readonly options: readonly string[]
  readonly filter: readonly string[]
}

/** Takes lines without a line break; rejects when the system log takes none now. */
export interface LineWriter extends AsyncDisposable {
  write(lines: readonly string[]): Promise<void>
}

/** rsyslog takes so many by default; the GNU C library sends any number. */
const longestBytes = 8192
/** A daemon that is behind is waited for a moment, so that one line too many does not bring all of them again. */
const fullLog = { attempts: 20, pauseMs: 25 }
const socketPath = '/dev/log'

export async function openSyslog(
  { role, clock }: Pick<ReturnerContext, 'role' | 'clock'>,
  options: SyslogOptions,
  path = socketPath,
): Promise<OpenReturner> {
  const { tag = `salt-${role}`, level, facility } = options
  if (!/^[\x21-\x39\x3b-\x5a\x5c\x5e-\x7e]{1,32}$/.test(tag)) {
    throw new SaltError('configuration', 'the tag of syslog has 1 to 32 characters, and neither blanks nor : [ ]')
  }
  const withPid = options.options.includes('LOG_PID')
  const writer =
    process.platform === 'linux'
      ? await datagramWriter({ path, clock }, (line) => {
          const head = `<${priorityOf(facility, level)}>${timestamp(new Date(clock.now()))}`
          return `${head} ${tag}${withPid ? `[${process.pid}]` : ''}: ${line}`
        })
      : loggerWriter(['-t', tag, '-p', `${bare(facility)}.${bare(level)}`, ...(withPid ? ['-i'] : [])])
  return {
    async deliver(batch) {
      const lines = batch.filter((delivery) => passes(delivery, options.filter)).flatMap(linesOf)
      if (lines.length > 0) await writer.write(lines)
    },
    [Symbol.asyncDispose]: () => Promise.resolve(writer[Symbol.asyncDispose]()),
  }
}

function bare(name: string): string {
  return name.replace(/^LOG_/, '').toLowerCase()
}

function passes(delivery: Delivery, filter: readonly string[]): boolean {
  if (filter.length === 0 || delivery.kind === 'job') return delivery.kind !== 'job'
  const words = delivery.kind === 'return' ? [delivery.ret.fun].flat() : [delivery.event.tag]
  return words.some((word) => filter.some((glob) => matchGlob(glob, word)))
}

/** Salt's JSON of the return; an event has its tag in front. What is too long for one line comes in numbered parts. */
export function linesOf(delivery: Delivery): readonly string[] {
  if (delivery.kind === 'job') return []
  const text =
    delivery.kind === 'return'
      ? deliveryJson(delivery.ret)
      : deliveryJson({ tag: delivery.event.tag, data: delivery.event.data })
  const parts = cut(text, longestBytes)
  if (parts.length === 1) return parts
  const about = delivery.kind === 'return' ? `${delivery.ret.jid}/${delivery.ret.id}` : `event ${delivery.event.seq}`
  return parts.map((part, index) => `${about} ${index + 1}/${parts.length} ${part}`)
}

/** By bytes of UTF-8, never within a character. */
function cut(text: string, mostBytes: number): readonly string[] {
  const bytes = Buffer.from(text)
  const parts: string[] = []
  let from = 0
  while (from < bytes.length) {
    let to = Math.min(from + mostBytes, bytes.length)
    // Bytes that begin with the bits 10 go on with a character.
    while (to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1
    parts.push(bytes.toString('utf8', from, to))
    from = to
  }
  return parts
}

/** `Nov  1 02:03:04` in local time, as the C library writes it (RFC 3164, 4.1.2). */
function timestamp(time: Date): string {
  const month = time.toLocaleString('en-US', { month: 'short' })
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = String(time.getDate()).padStart(2)
  return `${month} ${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

async function datagramWriter(
  { path, clock }: { readonly path: string; readonly clock: Clock },
  packet: (line: string) => string,
): Promise<LineWriter> {
  const sender = await DatagramSender.open(path)
  const write = async (line: string): Promise<void> => {
    for (let attempt = 0; !sender.send(packet(line)); attempt++) {
      if (attempt === fullLog.attempts)
        throw new SaltError('overloaded', 'the system log takes nothing now', { where: path })
      await new Promise<void>((resolve) => clock.after(fullLog.pauseMs, resolve))
    }
  }
  return {
    async write(lines) {
      for (const line of lines) await write(line)
    },
    async [Symbol.asyncDispose]() {
      sender[Symbol.dispose]()
    },
  }
}

/** One process for each batch. */
function loggerWriter(words: readonly string[]): LineWriter {
  return {
    async write(lines) {
      const logger = spawn('logger', words, { stdio: ['pipe', 'ignore', 'ignore'] })
      // A logger that ends early breaks the pipe: its exit code tells.
      logger.stdin.on('error', () => {})
      logger.stdin.end(lines.map((line) => `${line}\n`).join(''))
      const [code] = await once(logger, 'close')
      if (code !== 0) throw new SaltError('execution-failed', `logger ended with ${code}`)
    },
    async [Symbol.asyncDispose]() {},
  }
}
