/** What the states of `cmd` take. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'
import type { StateContext } from '../../../engine/plugin.ts'

const textOrNumber = s.union([s.string(), s.integer()])

const sharedArguments = {
  name: s.command('The command line, or the script with its arguments; the id of the state by default'),
  cwd: s.optional(s.path('Folder to run in; the home folder of the user by default')),
  runas: s.optional(s.string('User to run it as')),
  group: s.optional(s.string('Group to run it as')),
  password: s.optional({ ...s.string('Accepted, and without effect here'), format: 'secret' }),
  shell: s.optional(s.path('Shell to run it with; the one of the grain shell by default')),
  env: s.optional(s.any('Environment variables, as a list of mappings or a mapping')),
  stateful: s.withDefault(
    s.any(
      'The command tells itself what has changed, in its last line or as JSON; [{test_name: COMMAND}] for a dry run',
    ),
    false,
  ),
  umask: s.optional({ ...textOrNumber, description: 'File mode mask, in octal and in quotes' }),
  timeout: s.optional(s.seconds('End the command after this many seconds')),
  output_loglevel: s.withDefault(s.string('Level to log at; quiet logs nothing'), 'debug'),
  hide_output: s.withDefault(s.boolean('Leave the output out of the result'), false),
  success_retcodes: s.optional(s.any('Return codes that count as 0: a list, or text with commas')),
  success_stdout: s.optional(s.any('Text in stdout that makes the return code 0')),
  success_stderr: s.optional(s.any('Text in stderr that makes the return code 0')),
  template: s.optional(s.string('jinja: render the command, or the script, first')),
  stdin: s.optional(s.text('Text for its standard input')),
  output_encoding: s.optional(s.string('Encoding of the output; UTF-8 by default')),
  reset_system_locale: s.withDefault(s.boolean('Ask programs for English messages'), true),
} satisfies Record<string, Schema>

export const runArguments = {
  ...sharedArguments,
  root: s.optional(s.path('Folder that the command sees as /')),
  prepend_path: s.optional(s.string('Folders to put before PATH')),
  ignore_timeout: s.withDefault(s.boolean('Ending the command after the timeout counts as a success'), false),
  bg: s.withDefault(s.boolean('Start it and do not wait'), false),
  clean_env: s.withDefault(s.boolean('Start from an empty environment'), false),
  rstrip: s.withDefault(s.boolean('Take white space off the end of the output'), true),
  redirect_stderr: s.withDefault(s.boolean('Put stderr into stdout, in order'), false),
  ignore_retcode: s.withDefault(s.boolean('Do not log a return code other than 0'), false),
} satisfies Record<string, Schema>

export const scriptArguments = {
  ...sharedArguments,
  source: s.optional(s.string('The script: salt://path, or an absolute path; the first word of the name by default')),
  args: s.optional(s.any('Arguments of the script, as text; those behind its name by default')),
  context: s.optional(s.any('Variables for the template')),
  defaults: s.optional(s.any('Variables that context does not name')),
} satisfies Record<string, Schema>

export type RunWishes = StaticProperties<typeof runArguments>
export type ScriptWishes = StaticProperties<typeof scriptArguments>
type SharedWishes = StaticProperties<typeof sharedArguments>

export const ignoredArguments = {
  use_vt: 'output is collected, and never goes to a terminal',
  python_shell: 'a state always hands its command to a shell',
  user: 'runas names the user',
}

/** Why the arguments cannot be right, as Salt says it. */
export function faultOf(want: { readonly env: unknown; readonly context?: unknown; readonly defaults?: unknown }) {
  const { env, context, defaults } = want
  if (env !== undefined && typeof env !== 'object') return "Invalidly-formatted 'env' parameter. See documentation."
  for (const [key, value] of Object.entries({ context, defaults })) {
    if (value !== undefined && !isRecord(value)) {
      return `Invalidly-formatted '${key}' parameter. Must be formed as a dict.`
    }
  }
  return undefined
}

/** What cmd.run_all and cmd.script both understand. */
export function sharedKeywords(ctx: StateContext, want: SharedWishes): Record<string, unknown> {
  const { cwd, runas, group, shell, env, umask, timeout, output_loglevel, hide_output, template, stdin } = want
  const { success_retcodes, success_stdout, success_stderr, output_encoding, reset_system_locale } = want
  const grain = ctx.grains.shell
  const given = {
    cwd,
    runas,
    group,
    shell: shell ?? (typeof grain === 'string' ? grain : undefined),
    env,
    umask: umask === undefined ? undefined : String(umask),
    timeout,
    output_loglevel,
    hide_output,
    template,
    stdin,
    success_retcodes,
    success_stdout,
    success_stderr,
    output_encoding,
    reset_system_locale,
    python_shell: true,
    saltenv: ctx.saltenv,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

export interface Stateful {
  readonly isStateful: boolean
  /** What tells in a dry run what would change. */
  readonly testCommand: string | undefined
}

/** `true`, or a list whose first item names the command of a dry run. */
export function statefulOf(given: unknown): Stateful {
  if (!Array.isArray(given)) return { isStateful: given === true, testCommand: undefined }
  const [first] = given
  if (!isRecord(first)) throw new SaltError('bad-arguments', 'stateful must be true, or a list of mappings.')
  const { test_name: testName } = first
  return { isStateful: true, testCommand: testName === undefined ? undefined : pythonString(testName) }
}
