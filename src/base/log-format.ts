/** Lines of the log: Salt's format strings, fields behind the message, and nothing that breaks a line. */
import { toJson } from './json.ts'
import type { LogFields, LogLevel } from './log.ts'
import { Secret } from './secret.ts'

export interface LogRecord {
  readonly level: LogLevel
  /** Part of the program that it comes from. */
  readonly name: string
  readonly message: string
  readonly fields: LogFields | undefined
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface LineFormat {
  /** Python's `%(name)-17s` form, as in Salt's `log_fmt_logfile`. */
  readonly line: string
  /** `%Y-%m-%d %H:%M:%S`, in local time. */
  readonly date: string
  readonly colored: boolean
}

/** Salt's numbers: a message is written when its number is not below that of the level asked for. */
export const levelNumbers: Readonly<Record<LogLevel, number>> = {
  all: 0,
  garbage: 1,
  trace: 5,
  debug: 10,
  profile: 15,
  info: 20,
  warning: 30,
  error: 40,
  critical: 50,
  quiet: 1000,
}

const colors: Partial<Record<LogLevel, string>> = {
  critical: '\u001b[1;31m',
  error: '\u001b[0;31m',
  warning: '\u001b[0;33m',
  info: '\u001b[0;32m',
  debug: '\u001b[0;36m',
  trace: '\u001b[0;35m',
}
const plain = '\u001b[0m'

/** One line without its end. A part that is not known here (`%(lineno)d`) is empty. */
export function formatLine(record: LogRecord, format: LineFormat): string {
  return format.line.replace(
    /%\((\w+)\)([-0]?)(\d*)(?:\.\d+)?([sd])/g,
    (_, name: string, flag: string, width: string) => {
      const text = partOf(record, name, format)
      if (text === '') return ''
      const padded = flag === '-' ? text.padEnd(Number(width)) : text.padStart(Number(width), flag === '0' ? '0' : ' ')
      const color = name === 'levelname' && format.colored ? colors[record.level] : undefined
      return color === undefined ? padded : color + padded + plain
    },
  )
}

function partOf(record: LogRecord, name: string, format: LineFormat): string {
  switch (name) {
    case 'message':
    case 'colormsg':
      return messageWithFields(record)
    case 'levelname':
      return record.level.toUpperCase()
    case 'colorlevel':
      return `[${record.level.toUpperCase().padEnd(8)}] `
    case 'name':
      return record.name
    case 'colorname':
      return `[${record.name.padEnd(17)}] `
    case 'process':
      return String(process.pid)
    case 'colorprocess':
      return `[${process.pid}] `
    case 'asctime':
      return formatTime(record.at, format.date)
    case 'msecs':
      return String(new Date(record.at).getMilliseconds())
    case 'created':
      return (record.at / 1000).toFixed(3)
    case 'jid':
      return fieldText(record.fields?.jid ?? '')
    default:
      return ''
  }
}

/** The directives of `strftime` that a log needs; others stand for themselves. */
export function formatTime(at: number, pattern: string): string {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const parts: Readonly<Record<string, string>> = {
    Y: String(date.getFullYear()),
    y: two(date.getFullYear() % 100),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    '%': '%',
  }
  return pattern.replace(/%([YymdHMS%])/g, (whole, letter: string) => parts[letter] ?? whole)
}

/** `dropped a frame peer=10.0.0.1 reason="too large"`. */
export function messageWithFields({ message, fields }: Pick<LogRecord, 'message' | 'fields'>): string {
  const pairs = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)
  return [oneLine(message), ...pairs.map(([name, value]) => `${name}=${fieldText(value)}`)].join(' ')
}

/** Text from outside must not be able to begin a line of its own or to steer the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    character === '\t' ? ' ' : `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  )
}

const longestField = 2000

function fieldText(value: unknown): string {
  const text = plainText(value)
  return text.length > longestField ? `${text.slice(0, longestField)}…` : text
}

function plainText(value: unknown): string {
  if (value instanceof Secret) return value.toString()
  if (value instanceof Error) return JSON.stringify(value.message)
  if (typeof value !== 'string') return oneLine(toJson(value))
  return /^[\p{L}\p{N}_.:/@+-]+$/u.test(value) ? value : oneLine(JSON.stringify(value))
}
