/** Which command a command line means. */
import { existsSync } from 'node:fs'
import { type Command, commands } from './commands.ts'

export type Route =
  | { readonly kind: 'version' | 'versions-report' | 'list' | 'help' }
  | { readonly kind: 'command'; readonly command: Command; readonly argv: readonly string[] }
  /** No command word: the whole line goes to `salt TARGET FUNCTION`. */
  | { readonly kind: 'publish'; readonly argv: readonly string[] }

/** One function, or several that run as one job: `test.ping`, `test.ping,cmd.run`. */
const functionWord = /^[a-z_]\w*\.[a-z_]\w*(,[a-z_]\w*\.[a-z_]\w*)*$/i

const wholeHelp: Readonly<Record<string, Route>> = {
  '--version': { kind: 'version' },
  '--versions-report': { kind: 'versions-report' },
  '-V': { kind: 'versions-report' },
  '--help': { kind: 'help' },
  '-h': { kind: 'help' },
}

export function route(argv: readonly string[], fileExists: (path: string) => boolean = existsSync): Route {
  const [first, second] = argv
  if (first === undefined) return { kind: 'list' }
  const alone = argv.length === 1 && Object.hasOwn(wholeHelp, first) ? wholeHelp[first] : undefined
  if (alone !== undefined) return alone
  const asked = first === 'help' ? helpFor(argv.slice(1)) : undefined
  if (asked !== undefined) return asked
  const command = commands.find(({ name }) => name === first)
  if (command === undefined || isMinionName(command, second, fileExists)) return { kind: 'publish', argv }
  return { kind: 'command', command, argv: argv.slice(1) }
}

function isMinionName(command: Command, next: string | undefined, fileExists: (path: string) => boolean): boolean {
  if (command.ofSalt || next === undefined || !functionWord.test(next)) return false
  return !(command.takesFile === true && fileExists(next))
}

/** `salt help` and `salt help COMMAND`; with anything else behind it, `help` is a target. */
function helpFor(words: readonly string[]): Route | undefined {
  const [word, ...more] = words
  if (word === undefined) return { kind: 'help' }
  const command = more.length === 0 ? commands.find(({ name }) => name === word) : undefined
  return command === undefined ? undefined : { kind: 'command', command, argv: ['--help'] }
}
