/** Functions of `git` for its configuration. */
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { tail } from './arguments.ts'
import { assertKeywords, type GitRequest, git, listOf, tryGit } from './command.ts'

const key = s.string('Name of the setting')
const configFolder = s.optional(s.path('The repository; not needed with global=true'))
const valueRegex = s.optional(s.string('Regular expression for its values'))

type Keywords = Readonly<Record<string, unknown>>

function place(extra: Keywords): string {
  return extra.global === true ? '--global' : '--local'
}

/** All values, or undefined where there is no such setting. */
async function valuesOf(
  ctx: FunctionContext,
  request: GitRequest,
  name: string,
  extra: Keywords,
): Promise<string[] | undefined> {
  assertPlace(request, extra)
  const argv = ['config', place(extra), '--get-all', name]
  const { retcode, stdout, stderr } = await tryGit(ctx, request, argv)
  if (retcode === 1) return undefined
  if (retcode !== 0) throw new SaltError('execution-failed', `Command 'git ${argv.join(' ')}' failed: ${stderr.trim()}`)
  return stdout.replace(/\n$/, '').split('\n')
}

function assertPlace({ cwd }: GitRequest, extra: Keywords): void {
  if (cwd !== undefined || extra.global === true) return
  throw new SaltError('bad-arguments', "'cwd' argument required unless global=True")
}

const configGetRegexp: (name: string) => FunctionDefinition = (name) =>
  fn({
    doc: 'Show the settings whose names fit a regular expression.',
    args: { key: s.string('Regular expression for the names'), value_regex: valueRegex, cwd: configFolder, ...tail },
    extra: s.any('global'),
    returns: s.record(s.array(s.string()), 'Name → values'),
    examples: [`salt '*' git.${name} '^user\\..*' cwd=/srv/app`],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'global')
      assertPlace(args, extra)
      const value = args.value_regex === undefined ? [] : [args.value_regex]
      // With NUL between the settings and a line break before the value, no value can be taken for a setting.
      const argv = ['config', place(extra), '-z', '--get-regexp', args.key, ...value]
      const { retcode, stdout } = await tryGit(ctx, args, argv)
      const found: Record<string, string[]> = {}
      if (retcode !== 0) return found
      for (const setting of stdout.split('\0')) {
        const at = setting.indexOf('\n')
        if (at < 0) continue
        const parameter = setting.slice(0, at)
        found[parameter] = [...(found[parameter] ?? []), setting.slice(at + 1)]
      }
      return found
    },
  })

export const configFunctions = {
  config_get: fn({
    doc: 'Show a setting: its last value, or with all=true all of them.',
    args: { key, cwd: configFolder, ...tail },
    extra: s.any('global and all'),
    returns: s.union([s.string(), s.array(s.string()), s.null()], 'Null where there is no such setting'),
    examples: ["salt '*' git.config_get user.name cwd=/srv/app", "salt '*' git.config_get user.email global=true"],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'global', 'all')
      const values = await valuesOf(ctx, args, args.key, extra)
      if (values === undefined) return null
      return extra.all === true ? values : (values.at(-1) ?? '')
    },
  }),
  config_get_regexp: configGetRegexp('config_get_regexp'),
  config_get_regex: configGetRegexp('config_get_regex'),
  config_set: fn({
    doc: 'Set a setting, to one value or to several.',
    args: {
      key,
      value: s.optional(s.any('The value')),
      multivar: s.optional(s.any('Several values: a list, or text with commas')),
      cwd: configFolder,
      ...tail,
    },
    extra: s.any('global, and add to keep the values that are there'),
    returns: s.union([s.array(s.string()), s.null()], 'All its values'),
    examples: ["salt '*' git.config_set user.email me@example.com cwd=/srv/app"],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'global', 'add')
      assertPlace(args, extra)
      const single = args.value !== undefined && args.value !== null
      const several = args.multivar !== undefined && args.multivar !== null
      if (single === several) {
        throw new SaltError(
          'bad-arguments',
          single ? "Only one of 'value' and 'multivar' is permitted" : "One of 'value' and 'multivar' is required",
        )
      }
      const values = single ? [pythonString(args.value)] : listOf(args.multivar)
      for (const [index, value] of values.entries()) {
        const how = index > 0 || (single && extra.add === true) ? '--add' : '--replace-all'
        await git(ctx, args, ['config', place(extra), how, args.key, value])
      }
      return (await valuesOf(ctx, args, args.key, extra)) ?? null
    },
  }),
  config_unset: fn({
    doc: 'Remove a setting, or with value_regex the value that fits; with all=true all values that fit.',
    args: { key, value_regex: valueRegex, cwd: configFolder, ...tail },
    extra: s.any('global and all'),
    returns: s.boolean('Always true'),
    examples: [
      "salt '*' git.config_unset foo.bar cwd=/srv/app",
      "salt '*' git.config_unset alias.st global=true all=true",
    ],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'global', 'all')
      assertPlace(args, extra)
      const regex = args.value_regex === undefined ? [] : [args.value_regex]
      const how = extra.all === true ? '--unset-all' : '--unset'
      const { retcode } = await tryGit(ctx, args, ['config', place(extra), how, args.key, ...regex])
      if (retcode === 0) return true
      throw new SaltError('execution-failed', await whyNotUnset(ctx, args, extra, retcode))
    },
  }),
}

interface UnsetRequest extends GitRequest {
  readonly key: string
  readonly value_regex?: string | undefined
}

async function whyNotUnset(ctx: FunctionContext, request: UnsetRequest, extra: Keywords, retcode: number) {
  const { key: name, value_regex: regex } = request
  if (retcode === 1 || retcode === 2) return 'Section or key is invalid'
  if (retcode === 6) return 'The value_regex is invalid'
  if (retcode !== 5) return `Failed to unset key '${name}', git config returned exit code ${retcode}`
  if ((await valuesOf(ctx, request, name, extra)) === undefined) return `Key '${name}' does not exist`
  const multiple = `Multiple values exist for key '${name}'`
  return regex === undefined ? multiple : `${multiple} and value_regex matches none or several of them`
}
