/** The arguments that the functions of `cmd` share, and what they come to. */

import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { type Schema, s } from '../../../base/schema.ts'
import { commaList } from '../../../engine/arguments/comma-list.ts'

const accepted = 'Accepted, and without effect here'

/** Every argument by name, in the order in which most functions take them. */
const cmdArguments = {
  cmd: s.union([s.command(), s.array(s.string())], 'The command line, or a list of program and arguments'),
  cwd: s.optional(s.path('Folder to run in; the home folder by default')),
  stdin: s.optional(s.text('Text for its standard input')),
  runas: s.optional(s.string('User to run it as; only root may choose')),
  group: s.optional(s.string('Group to run it as; only root may choose')),
  shell: s.optional(s.path('Shell to run it with; $SHELL, else /bin/sh by default')),
  python_shell: s.optional(
    s.boolean(
      'Hand the line to a shell, so that pipes and variables work; the default for a job, but not for a call from a function',
    ),
  ),
  env: s.optional(s.any('Environment variables, as a mapping or a list of mappings')),
  clean_env: s.withDefault(s.boolean('Start from an empty environment'), false),
  template: s.optional(s.string('Template engine to run the command line through first')),
  rstrip: s.withDefault(s.boolean('Take white space off the end of the output'), true),
  umask: s.optional(s.string('File mode mask, in octal')),
  output_encoding: s.optional(s.string('Encoding of the output; UTF-8 by default')),
  output_loglevel: s.withDefault(s.string('Level to log at; quiet logs nothing'), 'debug'),
  log_callback: s.optional(s.any(accepted)),
  hide_output: s.withDefault(s.boolean('Return no output'), false),
  timeout: s.optional(s.seconds('End the command after this many seconds')),
  reset_system_locale: s.withDefault(s.boolean('Ask programs for English messages'), true),
  ignore_retcode: s.withDefault(s.boolean('A return code other than 0 is not a failure'), false),
  saltenv: s.optional(s.string('Environment of the file server')),
  use_vt: s.withDefault(s.boolean(accepted), false),
  redirect_stderr: s.withDefault(s.boolean('Put stderr into stdout, in order'), false),
  bg: s.withDefault(s.boolean('Start it and do not wait'), false),
  password: s.optional(s.string(accepted)),
  encoded_cmd: s.withDefault(s.boolean(accepted), false),
  raise_err: s.withDefault(s.boolean('Fail the function when the command fails'), false),
  prepend_path: s.optional(s.string('Folders to put before PATH')),
  success_retcodes: s.optional(s.any('Return codes that count as 0: a list, or text with commas')),
  success_stdout: s.optional(s.any('Text in stdout that makes the return code 0')),
  success_stderr: s.optional(s.any('Text in stderr that makes the return code 0')),
} satisfies Record<string, Schema>

type ArgumentName = keyof typeof cmdArguments

/** The named arguments in that order. */
export function pick<const N extends readonly ArgumentName[]>(...names: N): Pick<typeof cmdArguments, N[number]> {
  return Object.fromEntries(names.map((name) => [name, cmdArguments[name]])) as Pick<typeof cmdArguments, N[number]>
}

/** All arguments but these, in their order. */
export function allBut<const N extends readonly ArgumentName[]>(...names: N): Omit<typeof cmdArguments, N[number]> {
  const left = Object.entries(cmdArguments).filter(([name]) => !names.includes(name as ArgumentName))
  return Object.fromEntries(left) as Omit<typeof cmdArguments, N[number]>
}

/** A mapping, or a list of mappings and names; a name without a value gets the empty text. */
export function parseEnvironment(env: unknown): Record<string, string> {
  const parts = Array.isArray(env) ? env : [env ?? {}]
  const result: Record<string, string> = {}
  for (const part of parts) {
    if (typeof part === 'string') result[part] = ''
    else if (!isRecord(part)) throw new SaltError('bad-arguments', 'env must be a mapping, or a list of mappings.')
    else for (const [name, value] of Object.entries(part)) result[name] = value === null ? '' : pythonString(value)
  }
  return result
}

export function parseRetcodes(value: unknown): readonly number[] {
  const codes = commaList(value).map(Number)
  if (codes.some((code) => !Number.isInteger(code))) {
    throw new SaltError('bad-arguments', 'success_retcodes must be a list of integers')
  }
  return codes
}
