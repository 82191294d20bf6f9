/** The facts that `ps.proc_info` can tell of a process; null stands for what this user may not see. */
import { isIPv4 } from 'node:net'
import { asFloat } from '../../../base/float.ts'
import { linesOf, runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { listUsers } from '../../../engine/functions/name-service.ts'
import { parseSockets } from '../../../engine/functions/socket-table.ts'
import { readSystemLink } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { totalMemory } from './memory.ts'
import {
  bootTime,
  commandLine,
  listOf,
  memoryOf,
  nameOf,
  type ProcessStat,
  readLinkOf,
  readOf,
  stateName,
  statusField,
  ticksPerSecond,
  uidOf,
} from './processes.ts'

type Fact = (ctx: FunctionContext, stat: ProcessStat) => unknown

const seconds = (ticks: string | undefined) => asFloat(Number(ticks ?? 0) / ticksPerSecond)
const numbers = (words: readonly string[]): number[] => words.map(Number)

export async function userName(ctx: FunctionContext, uid: number | undefined): Promise<string | null> {
  if (uid === undefined) return null
  return (await listUsers(ctx)).find((user) => user.uid === uid)?.name ?? String(uid)
}

/** user, system, children_user, children_system, iowait; in seconds. */
export function cpuTimesOf({ fields }: ProcessStat) {
  return [fields[14], fields[15], fields[16], fields[17], fields[42]].map(seconds)
}

export function createTime(ctx: FunctionContext, { fields }: ProcessStat) {
  return asFloat(bootTime(ctx) + Number(fields[22]) / ticksPerSecond)
}

export const processFacts: Readonly<Record<string, Fact>> = {
  cmdline: (ctx, { pid }) => commandLine(ctx, pid) ?? null,
  connections: (ctx, { pid }) => connectionsOf(ctx, pid),
  cpu_affinity: (ctx, { pid }) => expandRanges(statusField(ctx, pid, 'Cpus_allowed_list')[0] ?? ''),
  cpu_num: (_ctx, { fields }) => Number(fields[39]),
  // A share needs two looks; as with the first look of any such function, this is what one comes to.
  cpu_percent: () => asFloat(0),
  cpu_times: (_ctx, stat) => cpuTimesOf(stat),
  create_time: createTime,
  cwd: (ctx, { pid }) => readLinkOf(ctx, pid, 'cwd') ?? null,
  environ: (ctx, { pid }) => environmentOf(readOf(ctx, pid, 'environ')),
  exe: (ctx, { pid }) => readLinkOf(ctx, pid, 'exe') ?? null,
  gids: (ctx, { pid }) => numbers(statusField(ctx, pid, 'Gid').slice(0, 3)),
  io_counters: (ctx, { pid }) => ioCounters(readOf(ctx, pid, 'io')),
  ionice: (ctx, { pid }) => ioPriority(ctx, pid),
  memory_full_info: (ctx, { pid }) => fullMemory(ctx, pid),
  memory_info: (ctx, { pid }) => memoryOf(ctx, pid) ?? null,
  memory_maps: (ctx, { pid }) => memoryMaps(readOf(ctx, pid, 'smaps')),
  memory_percent: (ctx, { pid }) => asFloat(((memoryOf(ctx, pid)?.[0] ?? 0) / totalMemory(ctx)) * 100),
  name: nameOf,
  nice: (_ctx, { fields }) => Number(fields[19]),
  num_ctx_switches: (ctx, { pid }) =>
    numbers([
      statusField(ctx, pid, 'voluntary_ctxt_switches')[0] ?? '0',
      statusField(ctx, pid, 'nonvoluntary_ctxt_switches')[0] ?? '0',
    ]),
  num_fds: (ctx, { pid }) => listOf(ctx, pid, 'fd')?.length ?? null,
  num_threads: (_ctx, { fields }) => Number(fields[20]),
  open_files: (ctx, { pid }) => openFiles(ctx, pid),
  pid: (_ctx, { pid }) => pid,
  ppid: (_ctx, { fields }) => Number(fields[4]),
  status: (_ctx, { state }) => stateName(state),
  terminal: (ctx, stat) => terminalOf(ctx, stat),
  threads: (ctx, { pid }) => threadsOf(ctx, pid),
  uids: (ctx, { pid }) => numbers(statusField(ctx, pid, 'Uid').slice(0, 3)),
  username: (ctx, { pid }) => userName(ctx, uidOf(ctx, pid)),
}

/** `0-1,4` → 0, 1, 4 */
function expandRanges(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

function environmentOf(text: string | undefined): Record<string, string> | null {
  if (text === undefined) return null
  const pairs = text.split('\0').filter((pair) => pair.includes('='))
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

/** read_count, write_count, read_bytes, write_bytes, read_chars, write_chars */
function ioCounters(text: string | undefined): number[] | null {
  if (text === undefined) return null
  const count = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return ['syscr', 'syscw', 'read_bytes', 'write_bytes', 'rchar', 'wchar'].map(count)
}

const ioClasses = ['none', 'realtime', 'best-effort', 'idle']

/** Class and level within it. */
async function ioPriority(ctx: FunctionContext, pid: number): Promise<number[] | null> {
  const answer = await runIfInstalled(ctx, ['ionice', '-p', String(pid)])
  const [, name = '', level = '0'] = /^([\w-]+)(?:: prio (\d))?/.exec(answer?.stdout ?? '') ?? []
  return ioClasses.includes(name) ? [ioClasses.indexOf(name), Number(level)] : null
}

const kilobytes = (text: string, name: string): number =>
  Array.from(text.matchAll(new RegExp(`^${name}: +(\\d+) kB$`, 'gm'))).reduce(
    (sum, [, kb]) => sum + Number(kb) * 1024,
    0,
  )

/** As memory_info, then uss, pss and swap. */
function fullMemory(ctx: FunctionContext, pid: number): number[] | null {
  const memory = memoryOf(ctx, pid)
  const text = readOf(ctx, pid, 'smaps_rollup') ?? readOf(ctx, pid, 'smaps')
  if (memory === undefined || text === undefined) return null
  const own = ['Private_Clean', 'Private_Dirty', 'Private_Hugetlb'].reduce(
    (sum, name) => sum + kilobytes(text, name),
    0,
  )
  return [...memory, own, kilobytes(text, 'Pss'), kilobytes(text, 'Swap')]
}

const mapCounts = [
  'Rss',
  'Size',
  'Pss',
  'Shared_Clean',
  'Shared_Dirty',
  'Private_Clean',
  'Private_Dirty',
  'Referenced',
  'Anonymous',
  'Swap',
]

/** path, then rss, size, pss, shared_clean, …; the mappings of one file taken together. */
function memoryMaps(text: string | undefined): unknown[][] | null {
  if (text === undefined) return null
  const blocks = new Map<string, string>()
  let path = ''
  for (const line of linesOf(text)) {
    const head = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$/.exec(line)
    if (head !== null) path = head[1] || '[anon]'
    else blocks.set(path, `${blocks.get(path) ?? ''}${line}\n`)
  }
  return Array.from(blocks, ([name, counts]) => [name, ...mapCounts.map((count) => kilobytes(counts, count))])
}

/** path, fd, position, mode, flags of regular files. */
function openFiles(ctx: FunctionContext, pid: number): unknown[][] | null {
  const descriptors = listOf(ctx, pid, 'fd')
  if (descriptors === undefined) return null
  return descriptors.flatMap((fd) => {
    const path = readLinkOf(ctx, pid, `fd/${fd}`)
    const info = readOf(ctx, pid, `fdinfo/${fd}`)
    if (path === undefined || info === undefined || !/^\/(?!dev\/|proc\/|sys\/)/.test(path)) return []
    const position = Number(/^pos:\s+(\d+)/m.exec(info)?.[1] ?? 0)
    const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '0', 8)
    return [[path, Number(fd), position, openMode(flags), flags]]
  })
}

const [writeOnly, readWrite, append] = [1, 2, 0o2000]

/** As for open(): r, w, a, r+, a+. */
function openMode(flags: number): string {
  const access = flags & 3
  if (access === writeOnly) return (flags & append) === 0 ? 'w' : 'a'
  if (access === readWrite) return (flags & append) === 0 ? 'r+' : 'a+'
  return 'r'
}

function threadsOf(ctx: FunctionContext, pid: number): unknown[][] | null {
  const ids = listOf(ctx, pid, 'task')
  if (ids === undefined) return null
  return ids.flatMap((id) => {
    const fields = (readOf(ctx, pid, `task/${id}/stat`) ?? '').replace(/^.*\) /s, '').split(' ')
    return fields.length < 13 ? [] : [[Number(id), seconds(fields[11]), seconds(fields[12])]]
  })
}

/** The controlling terminal, as the standard streams show it. */
function terminalOf(ctx: FunctionContext, { pid, fields }: ProcessStat): string | null {
  if (Number(fields[7]) === 0) return null
  const streams = [0, 1, 2].map((fd) => readLinkOf(ctx, pid, `fd/${fd}`))
  return streams.find((path) => path !== undefined && /^\/dev\/(?:tty|pts\/)/.test(path)) ?? null
}

const tables = [
  ['tcp', 1],
  ['tcp6', 1],
  ['udp', 2],
  ['udp6', 2],
] as const

const tcpStates: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '04': 'FIN_WAIT1',
  '05': 'FIN_WAIT2',
  '06': 'TIME_WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE_WAIT',
  '09': 'LAST_ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
}

/** fd, family, type, local address and port, remote ones, state. */
function connectionsOf(ctx: FunctionContext, pid: number): unknown[][] | null {
  const descriptors = listOf(ctx, pid, 'fd')
  if (descriptors === undefined) return null
  const owned = new Map<number, number>()
  for (const fd of descriptors) {
    const inode = /^socket:\[(\d+)\]$/.exec(readSystemLink(ctx, `/proc/${pid}/fd/${fd}`) ?? '')?.[1]
    if (inode !== undefined) owned.set(Number(inode), Number(fd))
  }
  if (owned.size === 0) return []
  return tables.flatMap(([table, type]) =>
    parseSockets(readOf(ctx, pid, `net/${table}`) ?? '')
      .filter(({ inode }) => owned.has(inode))
      .map(({ local, remote, state, inode }) => [
        owned.get(inode),
        isIPv4(local.address) && !table.endsWith('6') ? 2 : 10,
        type,
        [local.address, local.port],
        remote.port === 0 ? [] : [remote.address, remote.port],
        type === 1 ? (tcpStates[state] ?? 'NONE') : 'NONE',
      ]),
  )
}
