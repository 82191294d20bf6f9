/** Functions of `status` about the way to the master. */
import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { s } from '../../../base/schema.ts'
import { linesOf, mustRun, wordsOf } from '../../../engine/functions/host-programs.ts'
import { readSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const masterPort = 4506
const established = '01'
const pingTimeoutMs = 60_000

export const masterFunctions = {
  master: fn({
    doc: 'Tell whether this host has a connection to a master.',
    args: {
      master: s.optional(s.string('Name or address of the master; those of the configuration by default')),
      connected: s.withDefault(s.boolean('Accepted, and without effect here'), true),
    },
    returns: s.union([s.boolean(), s.null()], 'Null where no master is known by that name'),
    examples: ["salt '*' status.master"],
    async run(ctx, { master }) {
      const places = placesOf(ctx, master)
      const addresses = await Promise.all(places.map((place) => addressesOf(place.host)))
      if (addresses.flat().length === 0) return null
      const connections = await listConnections(ctx)
      return places.some(({ port }, index) =>
        (addresses[index] ?? []).some((address) => connections.has(`${address} ${port}`)),
      )
    },
  }),
  ping_master: fn({
    doc: 'Tell whether a master can be reached: whether its port takes a connection.',
    args: { master: s.optional(s.string('Name or address of the master')) },
    returns: s.boolean(),
    examples: ["salt '*' status.ping_master localhost"],
    async run(ctx, { master }) {
      const [place] = master === undefined || master === '' ? [] : placesOf(ctx, master)
      return place !== undefined && takesConnection(place, ctx.signal)
    },
  }),
}

interface Place {
  readonly host: string
  readonly port: number
}

function placesOf(ctx: FunctionContext, master: string | undefined): Place[] {
  const configured = [master ?? ctx.config.get('master') ?? []].flat()
  const usual = Number(ctx.config.get('master_port') ?? masterPort)
  return configured.map(String).map((text) => {
    const [, bracketed, plain = text, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
    return { host: bracketed ?? plain, port: port === undefined ? usual : Number(port) }
  })
}

async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host]
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch {
    return []
  }
}

/** The far ends of all TCP connections that are up: `address port`. */
async function listConnections(ctx: FunctionContext): Promise<ReadonlySet<string>> {
  if (ctx.grains.kernel === 'Darwin') return parseNetstat((await mustRun(ctx, ['netstat', '-an', '-p', 'tcp'])).stdout)
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    linesOf(readSystemFile(ctx, path) ?? '')
      .slice(1)
      .map(wordsOf),
  )
  return new Set(rows.filter((words) => words[3] === established).map((words) => farEnd(words[2] ?? '')))
}

/** `0100007F:1F90` as the kernel writes it: words of 32 bits, each in the order of this host (which is little-endian). */
function farEnd(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse())
  const numbers = bytes.map((byte) => Number.parseInt(byte, 16))
  const mapped = numbers.length === 16 && numbers.slice(0, 10).every((byte) => byte === 0) && numbers[10] === 255
  const parts = mapped ? numbers.slice(12) : numbers
  const shown = parts.length === 4 ? parts.join('.') : compressed(bytes.join(''))
  return `${shown} ${Number.parseInt(port, 16)}`
}

/** 32 hexadecimal digits as the resolver writes an address. */
function compressed(digits: string): string {
  const groups = digits.match(/.{4}/g) ?? []
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}

/** `tcp4  0  0  10.0.0.5.51234  10.0.0.1.4506  ESTABLISHED` */
function parseNetstat(text: string): ReadonlySet<string> {
  const rows = linesOf(text).map(wordsOf)
  const far = rows.filter((words) => words[5] === 'ESTABLISHED').map((words) => words[4] ?? '')
  return new Set(far.map((end) => end.replace(/\.(\d+)$/, ' $1')))
}

function takesConnection({ host, port }: Place, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal, timeout: pingTimeoutMs })
    const end = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', end(true))
    socket.once('timeout', end(false))
    socket.once('error', end(false))
  })
}
