/** Functions of `ps` that look at processes. */
import { setTimeout } from 'node:timers/promises'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { findUser } from '../../../engine/functions/name-service.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { cpuTimesOf, createTime, processFacts, userName } from './process-facts.ts'
import {
  commandLine,
  cpuSeconds,
  listPids,
  listProcesses,
  memoryOf,
  nameOf,
  type ProcessStat,
  readStat,
  stateName,
  stateNames,
  uidOf,
} from './processes.ts'

const pid = s.integer('Id of the process')
const user = s.optional(s.string('Only processes of this user'))
const full = s.withDefault(s.boolean('Look at the whole command line, not only at the name'), false)
const signal = s.withDefault(s.integer('Number of the signal', { minimum: 0, maximum: 64 }), 15)
const pattern = s.string('Text to look for')

function requireProcess(ctx: FunctionContext, id: number): ProcessStat {
  const stat = id > 0 ? readStat(ctx, id) : undefined
  if (stat === undefined) throw new SaltError('execution-failed', `No process has the id ${id}.`)
  return stat
}

/** False where the process has ended or belongs to somebody else. An id that is not positive would stand for a group. */
function sendSignal(id: number, number: number): boolean {
  if (id <= 0) return false
  try {
    return process.kill(id, number)
  } catch {
    return false
  }
}

interface Search {
  readonly matches: (texts: readonly string[]) => readonly boolean[]
  readonly user: string | undefined
  readonly full: boolean
}

async function findProcesses(ctx: FunctionContext, { matches, user: owner, full: whole }: Search): Promise<number[]> {
  const processes = listProcesses(ctx)
  const texts = processes.map((one) => (whole ? (commandLine(ctx, one.pid) ?? []).join(' ') : nameOf(ctx, one)))
  const answers = matches(texts)
  const found = processes.filter((_one, index) => answers[index] === true).map((one) => one.pid)
  if (owner === undefined) return found
  const account = await findUser(ctx, owner)
  return found.filter((id) => uidOf(ctx, id) === account?.uid && account !== undefined)
}

/** Text that is empty is in every name. */
function assertPattern(text: string): void {
  if (text === '') throw new SaltError('bad-arguments', 'the pattern must not be empty')
}

const topNames = ['user', 'system', 'children_user', 'children_system', 'iowait']
const memoryNames = ['rss', 'vms', 'shared', 'text', 'lib', 'data', 'dirty']

/** Undefined where the process has ended meanwhile. */
async function describe(ctx: FunctionContext, stat: ProcessStat): Promise<Record<string, unknown> | undefined> {
  const memory = memoryOf(ctx, stat.pid)
  if (memory === undefined) return undefined
  const line = commandLine(ctx, stat.pid)
  const named = (names: readonly string[], values: readonly unknown[]) =>
    Object.fromEntries(names.map((name, index) => [name, values[index]]))
  return {
    cmd: line === undefined || line.length === 0 ? nameOf(ctx, stat) : line,
    user: await userName(ctx, uidOf(ctx, stat.pid)),
    status: stateName(stat.state),
    pid: stat.pid,
    create_time: createTime(ctx, stat),
    cpu: named(topNames, cpuTimesOf(stat)),
    mem: named(memoryNames, memory),
  }
}

export const processFunctions = {
  top: fn({
    doc: 'List the processes that took most of the processors during an interval.',
    args: {
      num_processes: s.withDefault(s.integer('How many', { minimum: 0 }), 5),
      interval: s.withDefault(s.seconds('How long to measure'), 3),
    },
    returns: s.array(s.record(s.any())),
    examples: ["salt '*' ps.top 5 0.1"],
    async run(ctx, { num_processes, interval }) {
      const before = new Map(listProcesses(ctx).map((stat) => [stat.pid, cpuSeconds(stat)]))
      await setTimeout(interval * 1000, undefined, { signal: ctx.signal })
      const used = listProcesses(ctx).flatMap((stat) => {
        const start = before.get(stat.pid)
        return start === undefined ? [] : [{ stat, seconds: cpuSeconds(stat) - start }]
      })
      const wanted = num_processes || used.length
      const busiest: Record<string, unknown>[] = []
      for (const { stat } of used.sort((a, b) => b.seconds - a.seconds)) {
        const described = await describe(ctx, stat)
        if (described !== undefined) busiest.push(described)
        if (busiest.length === wanted) break
      }
      return busiest
    },
  }),
  get_pid_list: fn({
    doc: 'List the ids of all processes.',
    returns: s.array(s.integer()),
    examples: ["salt '*' ps.get_pid_list"],
    run: listPids,
  }),
  proc_info: fn({
    doc: 'Tell all, or some, facts of a process. Null stands for what this user may not see.',
    args: { pid, attrs: s.optional(s.array(s.string(), 'Names of the facts; all by default')) },
    returns: s.record(s.any()),
    examples: ["salt '*' ps.proc_info 1", "salt '*' ps.proc_info 1 attrs='[name, status]'"],
    async run(ctx, args) {
      const stat = requireProcess(ctx, args.pid)
      const facts: Record<string, unknown> = {}
      for (const name of args.attrs ?? Object.keys(processFacts)) {
        const fact = Object.hasOwn(processFacts, name) ? processFacts[name] : undefined
        if (fact === undefined) {
          throw new SaltError('execution-failed', `A process has no fact ${JSON.stringify(name)}.`, {
            hint: `Use some of ${Object.keys(processFacts).join(', ')}.`,
          })
        }
        facts[name] = await fact(ctx, stat)
      }
      return facts
    },
  }),
  kill_pid: fn({
    doc: 'Send a signal to a process.',
    args: { pid, signal },
    returns: s.boolean('Whether it could be sent'),
    examples: ["salt '*' ps.kill_pid 2000", "salt '*' ps.kill_pid 2000 signal=9"],
    run: (_ctx, args) => sendSignal(args.pid, args.signal),
  }),
  pkill: fn({
    doc: 'Send a signal to all processes whose name has a text in it.',
    args: { pattern, user, signal, full },
    returns: s.union([s.object({ killed: s.array(s.integer()) }), s.null()], 'Null where none was signalled'),
    examples: ["salt '*' ps.pkill httpd signal=15", "salt '*' ps.pkill bash user=tom"],
    async run(ctx, args) {
      assertPattern(args.pattern)
      const matches = (texts: readonly string[]) => texts.map((text) => text.includes(args.pattern))
      const found = await findProcesses(ctx, { matches, user: args.user, full: args.full })
      const killed = found.filter((id) => sendSignal(id, args.signal))
      return killed.length === 0 ? null : { killed }
    },
  }),
  pgrep: fn({
    doc: 'List the ids of all processes whose name has a text in it.',
    args: {
      pattern,
      user,
      full,
      pattern_is_regex: s.withDefault(s.boolean('The text is a regular expression'), false),
    },
    returns: s.union([s.array(s.integer()), s.null()], 'Null where there is none'),
    examples: ["salt '*' ps.pgrep node", "salt '*' ps.pgrep '^node$' pattern_is_regex=true"],
    async run(ctx, args) {
      assertPattern(args.pattern)
      const regex = args.pattern_is_regex ? new PythonRegex(args.pattern) : undefined
      const matches = (texts: readonly string[]) =>
        regex?.searchEach(texts) ?? texts.map((text) => text.includes(args.pattern))
      const found = await findProcesses(ctx, { matches, user: args.user, full: args.full })
      return found.length === 0 ? null : found
    },
  }),
  status: fn({
    doc: 'List id and name of the processes that are in a state.',
    args: { status: s.string('Such as running, sleeping, disk_sleep, stopped, tracing_stop, zombie, dead or idle') },
    returns: s.array(s.object({ pid: s.integer(), name: s.string() })),
    examples: ["salt '*' ps.status sleeping"],
    run(ctx, args) {
      const wanted = args.status.toLowerCase().replaceAll('_', '-')
      if (!stateNames.includes(wanted)) {
        throw new SaltError('bad-arguments', `${JSON.stringify(args.status)} is not a state of processes`, {
          hint: `Use one of ${stateNames.join(', ')}.`,
        })
      }
      const found = listProcesses(ctx).filter(({ state }) => stateName(state) === wanted)
      return found.map((stat) => ({ pid: stat.pid, name: nameOf(ctx, stat) }))
    },
  }),
}
