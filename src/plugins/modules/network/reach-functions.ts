/** Functions that try whether another host can be reached. */
import { SaltError } from '../../../base/errors.ts'
import { asFloat, type Float } from '../../../base/float.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { kernelOf } from './kernel.ts'
import { sendWakeUp, tryConnection } from './probes.ts'

const host = s.string('Name or address of the host')

/** What goes to a program as a host must be one, and not an option. */
function assertHost(name: string): void {
  if (/^[A-Za-z0-9_:][A-Za-z0-9_.:%-]{0,254}$/.test(name)) return
  throw new SaltError('bad-arguments', `${JSON.stringify(name)} cannot be the name of a host`)
}

async function outputOf(ctx: FunctionContext, argv: readonly string[]): Promise<string> {
  return (await ctx.exec(argv, { mergeStderr: true })).stdout.trimEnd()
}

function pingCommand(kernel: string, host: string, timeout: number | undefined): string[] {
  if (kernel === 'Windows')
    return ['ping', '-n', '4', ...(timeout === undefined ? [] : ['-w', String(timeout * 1000)]), host]
  return ['ping', ...(timeout === undefined ? [] : ['-W', String(timeout)]), '-c', '4', host]
}

type Hop = Record<string, string | number | Float>

/** Version of Linux's traceroute 2, which writes two blanks between its columns; other programs are read as old ones. */
function isModern(version: string): boolean {
  const [, major = '0'] = /[Vv]ersion (\d+)\./.exec(version) ?? []
  return Number(major) >= 2 && !/Darwin|FreeBSD/.test(version)
}

/** Numbers as such of a modern traceroute, as text of an old one. */
function parseTraceroute(text: string, modern: boolean): Hop[] {
  return text.split('\n').flatMap((line) => {
    const [, count = '', rest] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
    if (rest === undefined) return []
    const number = modern ? Number(count) : count
    if (/^\*(?:\s+\*)*$/.test(rest.trim())) return [{ count: number, hostname: '*' }]
    const [, hostname, ip] = /(\S+)\s+\(([^)]+)\)/.exec(rest) ?? []
    if (hostname === undefined || ip === undefined) return [{}]
    const delays = [...rest.matchAll(/(\d+(?:\.\d+)?)\s*ms/g)].map(([, delay = '']) => delay)
    const times = delays.map((delay, at) => [`ms${at + 1}`, modern ? asFloat(Number(delay)) : delay] as const)
    return [{ count: number, hostname, ip, ...Object.fromEntries(times) }]
  })
}

export const reachFunctions = {
  ping: fn({
    doc: 'Ping a host four times.',
    args: {
      host,
      timeout: s.withDefault(s.union([s.integer(), s.boolean()] as const, 'Seconds to wait for each answer'), false),
      return_boolean: s.withDefault(s.boolean('Tell only whether the host answered'), false),
    },
    returns: s.union([s.string(), s.boolean()] as const, 'What ping prints'),
    examples: [
      "salt '*' network.ping www.example.org",
      "salt '*' network.ping www.example.org return_boolean=True timeout=3",
    ],
    async run(ctx, args) {
      assertHost(args.host)
      const timeout = typeof args.timeout === 'number' && args.timeout !== 0 ? args.timeout : undefined
      const argv = pingCommand(kernelOf(ctx), args.host, timeout)
      return args.return_boolean ? (await ctx.exec(argv)).retcode === 0 : outputOf(ctx, argv)
    },
  }),
  traceroute: fn({
    doc: 'Trace the way to a host.',
    args: { host },
    returns: s.array(s.record(s.any()), 'Number, name, address and delays of each hop'),
    examples: ["salt '*' network.traceroute www.example.org"],
    async run(ctx, args) {
      assertHost(args.host)
      const version = await outputOf(ctx, ['traceroute', '--version'])
      return parseTraceroute(await outputOf(ctx, ['traceroute', args.host]), isModern(version))
    },
  }),
  dig: fn({
    doc: 'Ask name servers about a name, with dig.',
    args: { host },
    returns: s.string('What dig prints'),
    examples: ["salt '*' network.dig www.example.org"],
    run(ctx, args) {
      assertHost(args.host)
      return outputOf(ctx, ['dig', args.host])
    },
  }),
  connect: fn({
    doc: 'Tell whether a connection to a port of a host can be made. With UDP, it has to answer.',
    args: {
      host,
      port: s.optional(s.integer('The port', { minimum: 0, maximum: 65535 })),
      proto: s.withDefault(s.string('tcp or udp'), 'tcp'),
      timeout: s.withDefault(s.seconds('How long to wait'), 5),
      family: s.optional(s.string('ipv4 or ipv6: only addresses of this kind')),
    },
    returns: s.object({ result: s.boolean(), comment: s.string() }),
    examples: [
      "salt '*' network.connect www.example.org 80",
      "salt '*' network.connect www.example.org 80 timeout=3 family=ipv4",
      "salt '*' network.connect www.example.org port=53 proto=udp timeout=0.2",
    ],
    async run(ctx, { port, ...args }) {
      if (args.host === '') return { result: false, comment: 'Required argument, host, is missing.' }
      if (port === undefined || port === 0) return { result: false, comment: 'Required argument, port, is missing.' }
      const proto = args.proto === 'udp' ? 'udp' : 'tcp'
      const probe = await tryConnection({ ...args, port, proto, signal: ctx.signal })
      const where = `${args.host} (${probe.address ?? 'unknown'}) on ${proto} port ${port}`
      return probe.error === undefined
        ? { result: true, comment: `Successfully connected to ${where}` }
        : { result: false, comment: `Unable to connect to ${where}` }
    },
  }),
  wol: fn({
    doc: 'Wake a host up by sending a magic packet to its network card.',
    args: {
      mac: s.string('Hardware address of the card'),
      bcast: s.withDefault(s.string('Where the packet goes'), '255.255.255.255'),
      destport: s.withDefault(s.integer('The port it goes to', { minimum: 1, maximum: 65535 }), 9),
    },
    returns: s.boolean(),
    examples: ["salt '*' network.wol 08:00:27:13:69:77", "salt '*' network.wol 080027136977 255.255.255.255 7"],
    async run(_ctx, { mac, bcast, destport }) {
      await sendWakeUp(mac, bcast, destport)
      return true
    },
  }),
}
