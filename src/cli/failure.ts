/** How a command that failed tells so. */
import { asSaltError, type SaltError } from '../base/errors.ts'

const loudLevels = /^(all|garbage|trace|debug)$/

/** Whether the command line asks for debug output: `-l debug`, `-ldebug`, `--log-level=trace`, … */
export function asksForDebug(argv: readonly string[]): boolean {
  return argv.some((word, index) => {
    if (word === '-l' || word === '--log-level') return loudLevels.test(argv[index + 1] ?? '')
    return loudLevels.test(/^(?:-l|--log-level=)(\w+)$/.exec(word)?.[1] ?? '')
  })
}

/** The lines for a person: what happened, where, what to do; with the stack on `debug`. */
export function describeFailure(error: SaltError, debug: boolean): string {
  const [first = '', ...more] = error.message.split('\n')
  const lines = [`salt: ${first} [${error.code}]`, ...more]
  if (error.where !== undefined) lines.push(`  where: ${error.where}`)
  if (error.hint !== undefined) lines.push(`  hint: ${error.hint}`)
  else if (error.code === 'internal' && !debug)
    lines.push('  hint: Run it again with `-l debug` and report the output.')
  if (debug) lines.push(stackOf(error))
  return `${lines.join('\n')}\n`
}

/** Prints the failure on stderr and resolves to the exit code of its kind. */
export function reportFailure(thrown: unknown, argv: readonly string[]): number {
  const error = asSaltError(thrown)
  process.stderr.write(describeFailure(error, asksForDebug(argv)))
  return error.exitCode
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\n  caused by: ${stackOf(error.cause)}` : own
}
