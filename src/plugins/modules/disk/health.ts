/** Functions of `disk` about drives themselves: hdparm, smartctl, iostat. */
import { SaltError } from '../../../base/errors.ts'
import { asFloat } from '../../../base/float.ts'
import { s } from '../../../base/schema.ts'
import { assertOperand, complaintOf, linesOf, mustRun, wordsOf } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const disks = s.union([s.string(), s.array(s.string())], 'Name of a disk, or a list of them')

function devicePath(name: string): string {
  assertOperand(name, 'a disk')
  return name.startsWith('/dev') ? name : `/dev/${name}`
}

/** hdparm ends with a fault where a drive cannot do one of many things. */
async function hdparm(ctx: FunctionContext, words: readonly string[]): Promise<string> {
  const argv = ['hdparm', ...words]
  const result = await ctx.exec(argv)
  const serious = !/^(?:HDIO_\w+ failed|SG_IO:)/.test(result.stderr) && result.stdout === ''
  if (result.retcode !== 0 && serious) throw new SaltError('execution-failed', complaintOf(argv, result))
  return result.stdout
}

const wholeNumber = /^-?\d+$/

/** `max sectors   = 976773168/976773168, HPA is disabled` and the like. */
function parseParameter(text: string): unknown {
  const described = /^(\d+) \(\s*([^)\s]+).*\)$/.exec(text)
  if (described !== null) return [Number(described[1]), described[2]]
  const parts: unknown[] = []
  const pairs: Record<string, string> = {}
  for (const word of text.split(/[/,]/).map((part) => part.trim())) {
    if (wholeNumber.test(word)) parts.push(Number(word))
    else if (word.includes('=')) {
      const [name = '', value = ''] = word.split('=').map((part) => part.trim())
      if (value !== '') pairs[name] = value
    } else if (word !== '') parts.push(word)
  }
  if (Object.keys(pairs).length > 0) parts.push(pairs)
  return parts.length === 1 ? parts[0] : parts
}

async function parametersOf(ctx: FunctionContext, path: string, letters: string): Promise<Record<string, unknown>> {
  const parameters: Record<string, unknown> = {}
  for (const line of linesOf(await hdparm(ctx, [`-${letters}`, path])).map((one) => one.trim())) {
    const [, name = '', value = ''] = /^([^:]+):(.*)$/.exec(line) ?? /^([^=]+)=(.*)$/.exec(line) ?? []
    const parsed = parseParameter(value.trim())
    if (line === `${path}:` || name === '' || (Array.isArray(parsed) && parsed.length === 0)) continue
    parameters[name.replace(/ is$/, '').trim().toLowerCase().replaceAll(' ', '_')] = parsed
  }
  return parameters
}

interface ProtectedArea {
  readonly total: number
  readonly visible?: number
  readonly hidden?: number
}

async function protectedArea(ctx: FunctionContext, path: string): Promise<ProtectedArea> {
  const [answer] = Object.values(await parametersOf(ctx, path, 'N'))
  const [visible, total, status] = Array.isArray(answer) ? answer : []
  if (typeof visible !== 'number' || typeof total !== 'number') {
    throw new SaltError('execution-failed', `hdparm does not tell the protected area of ${path}.`)
  }
  if (visible === total || String(status).includes('disabled')) return { total }
  return { total, visible, hidden: total - visible }
}

/** How many sectors stay visible: all but `size`, or but that many percent. */
function visibleSectors(total: number, size: number | string): number {
  const [, number = '', percent] = /^(\d+)(%?)$/.exec(String(size)) ?? []
  if (number === '') {
    throw new SaltError('bad-arguments', `${JSON.stringify(size)} is neither a number of sectors nor a percentage`)
  }
  const left = percent === '%' ? Math.trunc(((100 - Number(number)) * total) / 100) : total - Number(number)
  return left <= 0 ? total : left
}

export const healthFunctions = {
  hdparms: fn({
    doc: 'Tell the parameters of drives that hdparm shows.',
    args: {
      disks,
      args: s.withDefault(s.string('Letters of the parameters, as hdparm takes them'), 'aAbBcCdgHiJkMmNnQrRuW'),
    },
    returns: s.record(s.record(s.any()), 'Parameters by device'),
    examples: ["salt '*' disk.hdparms sda", "salt '*' disk.hdparms '[sda, sdb]' args=N"],
    async run(ctx, args) {
      if (!/^[A-Za-z]+$/.test(args.args)) throw new SaltError('bad-arguments', 'args must be letters')
      const answers: Record<string, Record<string, unknown>> = {}
      for (const path of [args.disks].flat().map(devicePath)) answers[path] = await parametersOf(ctx, path, args.args)
      return answers
    },
  }),
  hpa: fn({
    doc: 'Tell, or set, how much of drives their host protected area hides, in sectors.',
    args: {
      disks,
      size: s.optional(
        s.union([s.integer(), s.string()], 'Sectors to hide, or percent such as 5%; only told by default'),
      ),
    },
    returns: s.any('Sectors by device; null where they are set'),
    examples: ["salt '*' disk.hpa /dev/sda", "salt '*' disk.hpa /dev/sda 5%"],
    async run(ctx, args) {
      const paths = [args.disks].flat().map(devicePath)
      const areas: Record<string, ProtectedArea> = {}
      for (const path of paths) areas[path] = await protectedArea(ctx, path)
      if (args.size === undefined) return areas
      for (const [path, { total }] of Object.entries(areas)) {
        await hdparm(ctx, ['--yes-i-know-what-i-am-doing', `-Np${visibleSectors(total, args.size)}`, path])
      }
      return null
    },
  }),
  smart_attributes: fn({
    doc: 'Tell the SMART attributes of a drive, by their numbers.',
    args: {
      dev: s.string('Name of the drive'),
      attributes: s.optional(s.array(s.integer(), 'Numbers of the attributes; all by default')),
      values: s.optional(s.array(s.string(), 'Names of the columns; all by default')),
    },
    returns: s.record(s.record(s.any())),
    examples: ["salt '*' disk.smart_attributes sda", "salt '*' disk.smart_attributes sda attributes='[1, 5]'"],
    async run(ctx, { dev, attributes, values }) {
      const { stdout } = await mustRun(ctx, ['smartctl', '--attributes', devicePath(dev)])
      const lines = linesOf(stdout)
      const at = lines.findIndex((line) => line.startsWith('ID#'))
      const columns = wordsOf(lines[at] ?? '')
        .slice(1)
        .map((name) => name.toLowerCase())
      const answers: Record<string, Record<string, unknown>> = {}
      for (const line of at < 0 ? [] : lines.slice(at + 1)) {
        const words = wordsOf(line)
        const id = Number(words[0])
        if (!Number.isInteger(id) || !(attributes?.includes(id) ?? true)) continue
        // The last column may hold several words.
        const cells = [...words.slice(1, columns.length), words.slice(columns.length).join(' ')]
        const pairs = columns.map((name, index) => [name, attributeValue(cells[index] ?? '')] as const)
        answers[id] = Object.fromEntries(pairs.filter(([name]) => values?.includes(name) ?? true))
      }
      return answers
    },
  }),
  iostat: fn({
    doc: 'Tell how busy processors and disks are, as averages of what iostat reports.',
    args: {
      interval: s.withDefault(s.integer('Seconds between reports', { minimum: 1 }), 1),
      count: s.withDefault(s.integer('Number of reports', { minimum: 1 }), 5),
      disks: s.optional(disks),
    },
    returns: s.record(s.record(s.any()), 'Averages by disk; those of the processors as sys'),
    examples: ["salt '*' disk.iostat 1 5 disks=sda"],
    async run(ctx, args) {
      if (typeof ctx.grains.kernel === 'string' && ctx.grains.kernel !== 'Linux') {
        throw new SaltError('execution-failed', 'disk.iostat works on Linux only.')
      }
      const names = args.disks === undefined ? [] : [args.disks].flat()
      for (const name of names) assertOperand(name, 'a disk')
      const flags = names.length === 0 ? '-x' : '-xd'
      return parseReports(
        (await mustRun(ctx, ['iostat', flags, String(args.interval), String(args.count), ...names])).stdout,
      )
    },
  }),
}

function attributeValue(text: string): unknown {
  if (wholeNumber.test(text)) return Number(text)
  const words = text.split(' ')
  return words.every((word) => wholeNumber.test(word)) ? words.map(Number) : text
}

/** Averages over all reports, with two digits after the point. */
function parseReports(text: string): Record<string, Record<string, unknown>> {
  const columns = new Map<string, readonly string[]>()
  const rows = new Map<string, number[][]>()
  const add = (name: string, heads: readonly string[], words: readonly string[]) => {
    columns.set(name, heads)
    rows.set(name, [...(rows.get(name) ?? []), words.map((word) => Number(word.replace(',', '.')))])
  }
  let heads: readonly string[] = []
  let section: 'none' | 'processors' | 'disks' = 'none'
  for (const line of text.split('\n')) {
    const words = wordsOf(line)
    if (words.length === 0) section = 'none'
    else if (words[0] === 'avg-cpu:' || /^Device:?$/.test(words[0] ?? '')) {
      section = words[0] === 'avg-cpu:' ? 'processors' : 'disks'
      heads = words.slice(1)
    } else if (section === 'processors') add('sys', heads, words)
    else if (section === 'disks') add(words[0] ?? '', heads, words.slice(1))
  }
  return Object.fromEntries(
    Array.from(rows, ([name, reports]) => [
      name,
      Object.fromEntries((columns.get(name) ?? []).map((head, index) => [head, average(reports, index)])),
    ]),
  )
}

function average(reports: readonly (readonly number[])[], index: number) {
  const sum = reports.reduce((total, report) => total + (report[index] ?? 0), 0)
  return asFloat(Math.round((sum / reports.length) * 100) / 100)
}
