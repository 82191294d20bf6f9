/** Functions of `status` about who and what runs. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { complaintOf, linesOf, mustRun, runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import { PythonRegex, parseRegexFlags } from '../../../engine/functions/python-regex.ts'
import { requireSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

/** The process table as the `ps` grain lists it, its line of names first. */
async function processLines(ctx: FunctionContext): Promise<string[]> {
  const argv = wordsOf(typeof ctx.grains.ps === 'string' ? ctx.grains.ps : 'ps -efHww')
  const result = await ctx.exec(argv)
  if (result.retcode === 0) return linesOf(result.stdout)
  // That of BusyBox, as Alpine has it, only takes columns.
  if (result.stderr.includes('BusyBox')) return linesOf((await mustRun(ctx, ['ps', '-o', 'user,pid,args'])).stdout)
  throw new SaltError('execution-failed', complaintOf(argv, result))
}

/** Column of the first of these names, in the line of names. */
function columnOf(heads: readonly string[], ...names: readonly string[]): number {
  return heads.findIndex((head) => names.includes(head))
}

export const processFunctions = {
  procs: fn({
    doc: 'Tell owner and command of all processes, by their ids.',
    returns: s.record(s.object({ user: s.string(), cmd: s.string() })),
    examples: ["salt '*' status.procs"],
    async run(ctx) {
      const [head = '', ...lines] = await processLines(ctx)
      const heads = wordsOf(head)
      const [user, pid, command] = [
        columnOf(heads, 'USER', 'UID'),
        columnOf(heads, 'PID'),
        columnOf(heads, 'COMMAND', 'CMD'),
      ]
      const rows = lines.map(wordsOf)
      return Object.fromEntries(
        rows.map((words) => [words[pid] ?? '', { user: words[user] ?? '', cmd: words.slice(command).join(' ') }]),
      )
    },
  }),
  pid: fn({
    doc: 'Tell the ids of the processes whose line in the process table matches an expression, one a line.',
    args: { sig: s.string('Regular expression') },
    returns: s.string('Empty where none matches'),
    examples: ["salt '*' status.pid ssh"],
    async run(ctx, { sig }) {
      const pattern = new PythonRegex(sig, parseRegexFlags(0))
      const lines = await processLines(ctx)
      const matches = pattern.searchEach(lines)
      const found = lines.filter((line, index) => matches[index] === true && !line.includes('status.pid'))
      return found.map((line) => wordsOf(line)[1] ?? '').join('\n')
    },
  }),
  w: fn({
    doc: 'Tell who is logged in, and what they do.',
    returns: s.array(s.record(s.string())),
    examples: ["salt '*' status.w"],
    async run(ctx) {
      const { stdout } = await mustRun(ctx, ['w', '-fh'])
      return linesOf(stdout)
        .map(wordsOf)
        .map(([user = '', tty = '', login = '', idle = '', jcpu = '', pcpu = '', ...what]) => ({
          idle,
          jcpu,
          login,
          pcpu,
          tty,
          user,
          what: what.join(' '),
        }))
    },
  }),
  uptime: fn({
    doc: 'Tell since when this host runs, and how many are logged in.',
    returns: s.any('Mapping of facts; the answer of the program uptime where this is not Linux'),
    examples: ["salt '*' status.uptime"],
    async run(ctx) {
      if (typeof ctx.grains.kernel === 'string' && ctx.grains.kernel !== 'Linux') {
        return (await mustRun(ctx, ['uptime'])).stdout.trim()
      }
      const seconds = Math.trunc(Number.parseFloat(requireSystemFile(ctx, '/proc/uptime')))
      const since = Date.now() - seconds * 1000
      const minutes = Math.floor((seconds % 86_400) / 60)
      const who = await runIfInstalled(ctx, ['who', '-s'])
      return {
        seconds,
        since_iso: new Date(since).toISOString().replace(/(?:\.000)?Z$/, (end) => (end === 'Z' ? '000' : '')),
        since_t: Math.trunc(since / 1000),
        days: Math.floor(seconds / 86_400),
        time: `${Math.floor(minutes / 60)}:${minutes % 60}`,
        ...(who === undefined ? {} : { users: linesOf(who.stdout).length }),
      }
    },
  }),
}
