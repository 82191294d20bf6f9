/** Functions of `status` about the way to the master. */
import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { s } from '../../../base/schema.ts'
import { linesOf, mustRun, wordsOf } from '../../../engine/functions/host-programs.ts'
import { parseSockets } from '../../../engine/functions/socket-table.ts'
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
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => parseSockets(readSystemFile(ctx, path) ?? ''))
  const open = sockets.filter(({ state }) => state === established)
  return new Set(open.map(({ remote }) => `${remote.address} ${remote.port}`))
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
