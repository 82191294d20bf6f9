/** Pillar from the output of a program. No shell is between: words are split as a shell would, and that is all. */
import { SaltError } from '../../../base/errors.ts'
import { splitShellWords } from '../../../base/shell-words.ts'
import { JsonFault, readJson } from '../../render/data/json-read.ts'
import { loadYaml } from '../../render/data/yaml-load.ts'
import { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { PyError } from '../../render/values/py-error.ts'
import { namedOptions, type PillarSource, type SourceRequest } from './pillar-source.ts'

/** What only a shell would understand. */
const shellWords: ReadonlySet<string> = new Set(['|', '||', '&', '&&', ';', '>', '>>', '<', '2>', '2>&1'])

export const commandYaml: PillarSource = (request, options) => runFor(request, options, 'YAML', loadYaml)

export const commandJson: PillarSource = (request, options) => runFor(request, options, 'JSON', readJson)

async function runFor(
  { id, ctx, settings }: SourceRequest,
  options: unknown,
  format: string,
  read: (text: string) => Value,
): Promise<Value> {
  const { command } = namedOptions(options, ['command'])
  const argv = argvOf(command, id)
  const { retcode, stdout, stderr, timedOut } = await ctx.exec(argv, { timeoutMs: settings.sourceTimeoutMs })
  if (timedOut) throw new SaltError('timeout', `${argv[0]} did not end within ${settings.sourceTimeoutMs / 1000} s`)
  if (retcode !== 0) throw new SaltError('execution-failed', `${argv[0]} ended with ${retcode}: ${lastLine(stderr)}`)
  return mappingFrom(stdout, `what ${argv[0]} prints`, format, read)
}

/** @param what Names the text for the reader; nothing of the text is shown, for it holds pillar. */
export function mappingFrom(text: string, what: string, format: string, read: (text: string) => Value): Value {
  const value = parsed(text, what, format, read)
  if (value === null || value === '') return new Dict()
  if (value instanceof Dict) return value
  throw new SaltError('execution-failed', `${what} is no mapping`)
}

function parsed(text: string, what: string, format: string, read: (text: string) => Value): Value {
  if (text.trim() === '') return null
  try {
    return read(text)
  } catch (error) {
    const line = error instanceof JsonFault ? error.line : error instanceof PyError ? error.problem?.line : undefined
    throw new SaltError(
      'execution-failed',
      `${what} is not valid ${format}${line === undefined ? '' : `, line ${line}`}`,
    )
  }
}

function argvOf(command: unknown, id: string): [string, ...string[]] {
  if (typeof command !== 'string') throw new SaltError('configuration', 'it needs a command')
  const [program, ...words] = splitShellWords(command)
  if (program === undefined) throw new SaltError('configuration', 'the command is empty')
  const shell = words.find((word) => shellWords.has(word))
  if (shell !== undefined) {
    throw new SaltError('configuration', `no shell reads the command, so that '${shell}' means nothing`, {
      hint: "Put it into a script, or write: sh -c '…' sh %s",
    })
  }
  return [program, ...words.map((word) => word.replaceAll('%s', id))]
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
