/** Functions of `cmd` that run a command line. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { runCommand } from './command.ts'
import { allBut, pick } from './options.ts'

export const moreKeywords = s.any('stdin_raw_newlines, or what a job is told about itself')

export const allResult = s.object({
  pid: s.integer('Process id of the command'),
  retcode: s.integer('Its return code; minus the number of the signal that ended it'),
  stdout: s.text(),
  stderr: s.text(),
})

export const runFunctions = {
  run: fn({
    doc: 'Run a command line and give back what it wrote, stdout and stderr together.',
    args: allBut('redirect_stderr'),
    extra: moreKeywords,
    returns: s.text('The output'),
    examples: [
      `salt '*' cmd.run 'ls -l /etc | grep conf'`,
      `salt '*' cmd.run 'grep -c f' stdin='one\\ntwo\\nfour\\n'`,
      `salt '*' cmd.run 'echo $GREETING' env='{GREETING: hello}' cwd=/`,
    ],
    async run(ctx, args, { extra }) {
      const result = await runCommand(ctx, { ...args, mergeStderr: true }, extra)
      const shown = args.hide_output ? '' : result.stdout
      if (result.retcode !== 0 && args.raise_err && !args.ignore_retcode) throw new SaltError('execution-failed', shown)
      return shown
    },
  }),
  shell: fn({
    doc: 'Run a command line with a shell, whoever calls, and give back what it wrote.',
    args: allBut('python_shell', 'redirect_stderr', 'encoded_cmd', 'raise_err'),
    extra: moreKeywords,
    returns: s.text('The output'),
    examples: [`salt '*' cmd.shell 'ls -l /etc | grep conf'`],
    async run(ctx, args, { extra }) {
      const result = await runCommand(ctx, { ...args, python_shell: true, mergeStderr: true }, extra)
      return args.hide_output ? '' : result.stdout
    },
  }),
  run_stdout: fn({
    doc: 'Run a command line and give back its standard output alone.',
    args: allBut('redirect_stderr', 'bg', 'encoded_cmd', 'raise_err'),
    extra: moreKeywords,
    returns: s.text('The standard output'),
    examples: [`salt '*' cmd.run_stdout 'ls -l /etc'`],
    async run(ctx, args, { extra }) {
      const { stdout } = await runCommand(ctx, args, extra)
      return args.hide_output ? '' : stdout
    },
  }),
  run_stderr: fn({
    doc: 'Run a command line and give back its standard error alone.',
    args: allBut('redirect_stderr', 'bg', 'encoded_cmd', 'raise_err'),
    extra: moreKeywords,
    returns: s.text('The standard error'),
    examples: [`salt '*' cmd.run_stderr 'ls /nowhere' ignore_retcode=true`],
    async run(ctx, args, { extra }) {
      const { stderr } = await runCommand(ctx, args, extra)
      return args.hide_output ? '' : stderr
    },
  }),
  run_all: fn({
    doc: 'Run a command line and give back its process id, return code, standard output and standard error.',
    args: allBut('bg', 'raise_err'),
    extra: moreKeywords,
    returns: allResult,
    examples: [`salt '*' cmd.run_all 'ls /etc /nowhere'`],
    async run(ctx, args, { extra }) {
      const result = await runCommand(ctx, { ...args, mergeStderr: args.redirect_stderr }, extra)
      return args.hide_output ? { ...result, stdout: '', stderr: '' } : result
    },
  }),
  retcode: fn({
    doc: 'Run a command line and give back its return code.',
    args: allBut('rstrip', 'hide_output', 'redirect_stderr', 'bg', 'encoded_cmd', 'raise_err', 'prepend_path'),
    extra: moreKeywords,
    returns: s.integer('The return code'),
    examples: [`salt '*' cmd.retcode 'test -e /etc/passwd'`],
    run: async (ctx, args, { extra }) => (await runCommand(ctx, { ...args, mergeStderr: true }, extra)).retcode,
  }),
  run_bg: fn({
    doc: 'Start a command line and do not wait for it.',
    args: pick(
      'cmd',
      'cwd',
      'runas',
      'group',
      'shell',
      'python_shell',
      'env',
      'clean_env',
      'template',
      'umask',
      'timeout',
      'output_encoding',
      'output_loglevel',
      'log_callback',
      'reset_system_locale',
      'ignore_retcode',
      'saltenv',
      'password',
      'prepend_path',
      'success_retcodes',
      'success_stdout',
      'success_stderr',
    ),
    extra: moreKeywords,
    returns: s.object({ pid: s.integer('Process id of the command') }),
    examples: [`salt '*' cmd.run_bg 'sleep 1; touch /srv/done'`],
    async run(ctx, args, { extra }) {
      const { pid } = await runCommand(ctx, { ...args, bg: true }, extra)
      return { pid }
    },
  }),
}
