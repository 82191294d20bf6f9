/** Functions of `cmd` that run a script or a piece of code from a file that they make for it. */
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SaltError, systemCode } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { findAccount } from '../../../engine/functions/accounts.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import { type FunctionContext, fn, type MoreArguments } from '../../../engine/plugin.ts'
import { type CommandRequest, type CommandResult, runCommand } from './command.ts'
import { allBut, pick } from './options.ts'
import { allResult, moreKeywords } from './run.ts'
import { renderIfAsked } from './template.ts'

const source = s.string('The script: salt://path, file:///path, or an absolute path on the minion')
const scriptArguments = s.optional(s.any('Its arguments, as text or a list'))
const lang = s.string('The program that runs the code, such as python3 or bash')
const code = s.text('The code')

export const scriptFunctions = {
  script: fn({
    doc: 'Run a script that comes from the master or lies on the minion.',
    args: {
      source,
      args: scriptArguments,
      ...allBut(
        'cmd',
        'clean_env',
        'rstrip',
        'ignore_retcode',
        'redirect_stderr',
        'encoded_cmd',
        'raise_err',
        'prepend_path',
      ),
    },
    extra: moreKeywords,
    returns: s.record(s.any()),
    examples: ["salt '*' cmd.script salt://scripts/check.sh args='one two'"],
    run: (ctx, { source: from, args: words, ...options }, { extra }) => runScript(ctx, from, words, options, extra),
  }),
  script_retcode: fn({
    doc: 'Run a script that comes from the master or lies on the minion, and give back its return code.',
    args: {
      source,
      args: scriptArguments,
      ...pick(
        'cwd',
        'stdin',
        'runas',
        'group',
        'shell',
        'python_shell',
        'env',
        'template',
        'umask',
        'timeout',
        'reset_system_locale',
        'saltenv',
        'output_encoding',
        'output_loglevel',
        'log_callback',
        'use_vt',
        'password',
        'success_retcodes',
        'success_stdout',
        'success_stderr',
      ),
    },
    extra: moreKeywords,
    returns: s.integer('The return code'),
    examples: ["salt '*' cmd.script_retcode salt://scripts/check.sh"],
    async run(ctx, { source: from, args: words, ...options }, { extra }) {
      const { retcode } = await runScript(ctx, from, words, options, extra)
      return typeof retcode === 'number' ? retcode : 1
    },
  }),
  exec_code: fn({
    doc: 'Run a piece of code with an interpreter and give back what it wrote.',
    args: { lang, code, ...pick('cwd'), args: scriptArguments },
    extra: s.any('Other arguments of cmd.run_all'),
    returns: s.text('The standard output'),
    examples: [`salt '*' cmd.exec_code bash 'echo hello'`],
    run: async (ctx, args, { extra }) => (await runCode(ctx, args, extra)).stdout,
  }),
  exec_code_all: fn({
    doc: 'Run a piece of code with an interpreter and give back its output and return code.',
    args: { lang, code, ...pick('cwd'), args: scriptArguments },
    extra: s.any('Other arguments of cmd.run_all'),
    returns: allResult,
    examples: [`salt '*' cmd.exec_code_all bash 'echo hello; exit 3' args='[a, b]'`],
    run: (ctx, args, { extra }) => runCode(ctx, args, extra),
  }),
}

interface CodeArguments {
  readonly lang: string
  readonly code: string
  readonly cwd: string | undefined
  readonly args: unknown
}

async function runCode(
  ctx: FunctionContext,
  { lang: program, code: text, cwd, args }: CodeArguments,
  extra: MoreArguments['extra'],
): Promise<CommandResult> {
  const words = Array.isArray(args) ? args.map(pythonString) : args === undefined ? [] : [pythonString(args)]
  const options = Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__pub_')))
  return withFile('code', text, runasOf(options), async (path) => {
    const result = await ctx.salt('cmd.run_all', [[program, path, ...words], cwd ?? null], options)
    return result as CommandResult
  })
}

async function runScript(
  ctx: FunctionContext,
  from: string,
  args: unknown,
  given: Omit<CommandRequest, 'cmd'> & { readonly hide_output?: boolean },
  extra: MoreArguments['extra'],
): Promise<Record<string, unknown>> {
  // The template is that of the script, not of the command line that runs it.
  const { template, ...options } = given
  const { context } = extra
  const bytes = await readSource(ctx, from, options.saltenv)
  if (bytes === undefined) {
    ctx.setRetcode(1)
    return { pid: 0, retcode: 1, stdout: '', stderr: '', cache_error: true }
  }
  const content =
    template === undefined
      ? bytes
      : await renderIfAsked(ctx, template, {
          text: Buffer.from(bytes).toString('utf8'),
          file: from,
          saltenv: options.saltenv ?? 'base',
          context,
        })
  return withFile(`script${extname(from)}`, content, options.runas, async (path) => {
    const words = Array.isArray(args) ? args.map(pythonString).join(' ') : args === undefined ? '' : pythonString(args)
    const result = await runCommand(ctx, { ...options, cmd: words === '' ? path : `${path} ${words}` }, extra)
    return options.hide_output === true ? { ...result, stdout: '', stderr: '' } : { ...result }
  })
}

function runasOf(options: Readonly<Record<string, unknown>>): string | undefined {
  return typeof options.runas === 'string' ? options.runas : undefined
}

/** Calls `use` with the path of a new executable file, which only the user of the command may read. */
async function withFile<T>(
  name: string,
  content: string | Uint8Array,
  runas: string | undefined,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'salt-'))
  try {
    const path = join(folder, name)
    await writeFile(path, content, { mode: 0o500, flag: 'wx' })
    const account = runas === undefined ? undefined : findAccount(runas)
    if (account !== undefined && process.geteuid?.() === 0) {
      await chown(path, account.uid, account.gid)
      await chmod(folder, 0o711)
    }
    return await use(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Bytes of the script, or undefined where there is none. */
async function readSource(
  ctx: FunctionContext,
  from: string,
  saltenv: string | undefined,
): Promise<Uint8Array | undefined> {
  const match = /^salt:\/\/([^?]+)(?:\?saltenv=(.+))?$/.exec(from)
  if (match?.[1] !== undefined) return fileSourceOf(ctx).read(match[2] ?? saltenv ?? 'base', match[1])
  const path = from.startsWith('file://') ? fileURLToPath(from) : from
  if (!isAbsolute(path)) {
    throw new SaltError('bad-arguments', `The source '${from}' is neither salt://, file:// nor an absolute path.`)
  }
  return readIfExists(path)
}

async function readIfExists(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EISDIR') return undefined
    throw error
  }
}
