/** Functions of `docker` that run something inside of a container. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import { engineBytes, engineRecord, part } from './engine.ts'
import { splitOutput } from './output.ts'

const args = {
  name: s.string('Name or id of the container'),
  cmd: s.union([s.array(s.string()), s.command()], 'The command: a line that is split into words, or a list'),
  exec_driver: s.optional(s.string('Accepted, and without effect here')),
  stdin: s.optional(s.any('Not supported')),
  python_shell: s.withDefault(s.boolean('Let a shell of the container read the command'), false),
  output_loglevel: s.optional(s.string('Accepted, and without effect here')),
  use_vt: s.withDefault(s.boolean('Accepted, and without effect here'), false),
  ignore_retcode: s.withDefault(s.boolean('Another return code than 0 is no failure'), false),
  keep_env: s.optional(s.any('Accepted, and without effect here')),
  user: s.optional(s.string('User of the container to run it as')),
}

interface ExecArguments {
  readonly name: string
  readonly cmd: readonly string[] | string
  readonly stdin?: unknown
  readonly python_shell: boolean
  readonly ignore_retcode: boolean
  readonly user?: string | undefined
}

interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly retcode: number
  readonly pid: number
}

function wordsOf({ cmd, python_shell: shell }: ExecArguments): readonly string[] {
  if (typeof cmd !== 'string') return cmd
  return shell ? ['/bin/sh', '-c', cmd] : splitShellWords(cmd)
}

async function run(ctx: FunctionContext, request: ExecArguments): Promise<Ran> {
  if (request.stdin !== undefined && request.stdin !== null) {
    throw new SaltError('bad-arguments', 'stdin cannot be given to a command in a container')
  }
  const body = { AttachStdout: true, AttachStderr: true, Cmd: wordsOf(request), User: request.user ?? '' }
  const { Id } = await engineRecord(ctx, 'POST', `/containers/${part(request.name)}/exec`, { body })
  const id = part(String(Id))
  const { bytes } = await engineBytes(ctx, 'POST', `/exec/${id}/start`, {
    body: { Detach: false, Tty: false },
    timeoutSeconds: 0,
  })
  const { ExitCode, Pid } = await engineRecord(ctx, 'GET', `/exec/${id}/json`)
  const retcode = Number(ExitCode ?? -1)
  if (retcode !== 0 && !request.ignore_retcode) ctx.setRetcode(retcode)
  return { ...splitOutput(bytes, false), retcode, pid: Number(Pid ?? 0) }
}

export const execFunctions = {
  run: fn({
    doc: 'Run a command in a container, and show what it wrote.',
    args,
    returns: s.text(),
    examples: ["salt '*' docker.run web 'ls -l /etc'"],
    async run(ctx, given) {
      const { stdout, stderr } = await run(ctx, given)
      return (stdout + stderr).trimEnd()
    },
  }),
  run_stdout: fn({
    doc: 'Run a command in a container, and show its stdout.',
    args,
    returns: s.text(),
    examples: ["salt '*' docker.run_stdout web 'ls -l /etc'"],
    run: async (ctx, given) => (await run(ctx, given)).stdout.trimEnd(),
  }),
  run_stderr: fn({
    doc: 'Run a command in a container, and show its stderr.',
    args,
    returns: s.text(),
    examples: ["salt '*' docker.run_stderr web 'ls /nosuch'"],
    run: async (ctx, given) => (await run(ctx, given)).stderr.trimEnd(),
  }),
  run_all: fn({
    doc: 'Run a command in a container, and tell all about it.',
    args,
    returns: s.object({ pid: s.integer(), retcode: s.integer(), stdout: s.text(), stderr: s.text() }),
    examples: ["salt '*' docker.run_all web 'nginx -t'"],
    async run(ctx, given) {
      const { pid, retcode, stdout, stderr } = await run(ctx, given)
      return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
    },
  }),
  retcode: fn({
    doc: 'Run a command in a container, and tell its return code.',
    args,
    returns: s.integer(),
    examples: ["salt '*' docker.retcode web 'nginx -t'"],
    run: async (ctx, given) => (await run(ctx, given)).retcode,
  }),
}
