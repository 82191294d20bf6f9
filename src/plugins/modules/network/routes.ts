/** The routing table, as netstat and ip print it. */
import { SaltError } from '../../../base/errors.ts'
import { formatIpAddress, netmaskOf, parseIpBlock } from '../../../base/ip-address.ts'
import { s } from '../../../base/schema.ts'
import { mustRun, runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { isBsd, kernelOf, unsupported } from './kernel.ts'

type Family = 'inet' | 'inet6'

interface Route {
  addr_family: string
  destination: string
  gateway: string
  /** Empty for IPv6, where the destination has a prefix. */
  netmask: string
  flags: string
  interface: string
}

const routeSchema = s.object({
  addr_family: s.string(),
  destination: s.string(),
  gateway: s.string(),
  netmask: s.string(),
  flags: s.string(),
  interface: s.string(),
})

const defaults = ['0.0.0.0', '::/0', 'default']

/** Routes that refuse what is sent to them. */
const refusing = ['unreachable', 'blackhole', 'prohibit', 'throw']

async function readRoutes(ctx: FunctionContext, families: readonly Family[]): Promise<Route[]> {
  const kernel = kernelOf(ctx)
  const routes: Route[] = []
  for (const family of families) {
    if (isBsd(kernel)) {
      const { stdout } = await mustRun(ctx, ['netstat', '-f', family, '-rn'])
      routes.push(...parseBsdRoutes(stdout, family))
    } else if (kernel === 'Linux') routes.push(...(await readLinuxRoutes(ctx, family)))
    else throw unsupported()
  }
  return routes
}

async function readLinuxRoutes(ctx: FunctionContext, family: Family): Promise<Route[]> {
  const netstat = await runIfInstalled(ctx, ['netstat', '-A', family, '-rn'])
  if (netstat?.retcode === 0) {
    return family === 'inet' ? parseNetstat(netstat.stdout) : parseNetstat6(netstat.stdout)
  }
  const argv =
    family === 'inet' ? ['ip', '-4', 'route', 'show', 'table', 'main'] : ['ip', '-6', 'route', 'show', 'table', 'all']
  const { stdout } = await mustRun(ctx, argv)
  return parseIpRoutes(stdout, family)
}

/** `netstat -A inet -rn`: destination, gateway, netmask, flags, MSS, window, irtt, interface. */
function parseNetstat(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', gateway = '', netmask = '', flags = '', , , , name] = wordsOf(line)
    if (name === undefined || !/^(?:[\d.]+|default)$/.test(destination)) return []
    return [{ addr_family: 'inet', destination, gateway, netmask, flags, interface: name }]
  })
}

/** `netstat -A inet6 -rn`: destination, next hop, flags, metric, references, uses, interface; some columns may touch. */
function parseNetstat6(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const words = wordsOf(line)
    const [destination = '', gateway = '', flags = ''] = words
    const name = words.at(-1)
    if (words.length < 5 || name === undefined || !/^\S*:\S*\/\d+$/.test(destination)) return []
    const plain = destination.replace(/^\[(.*)\]/, '$1')
    return [{ addr_family: 'inet6', destination: plain, gateway, netmask: '', flags, interface: name }]
  })
}

/** `ip route show`, brought into the form that netstat has. */
function parseIpRoutes(text: string, family: Family): Route[] {
  return text.split('\n').flatMap((line): Route[] => {
    const words = wordsOf(line)
    const [first = ''] = words
    if (first === '' || /^\s/.test(line) || refusing.includes(first)) return []
    const destination = /^[a-z]+$/.test(first) && first !== 'default' ? (words[1] ?? '') : first
    const after = (word: string): string | undefined => {
      const at = words.indexOf(word)
      return at < 0 ? undefined : words[at + 1]
    }
    const gateway = after('via')
    const route = { flags: gateway === undefined ? 'U' : 'UG', interface: after('dev') ?? '' }
    if (family === 'inet6') {
      const shown = destination === 'default' ? '::/0' : destination
      return [{ addr_family: family, destination: shown, gateway: gateway ?? '::', netmask: '', ...route }]
    }
    const block = parseIpBlock(destination === 'default' ? '0.0.0.0/0' : destination)
    if (block === undefined) return []
    const masked = { destination: formatIpAddress(block), netmask: formatIpAddress(netmaskOf(4, block.prefix)) }
    return [{ addr_family: family, ...masked, gateway: gateway ?? '0.0.0.0', ...route }]
  })
}

/** `netstat -f inet -rn` of the BSDs; where the interface stands is told by the head of the table. */
function parseBsdRoutes(text: string, family: Family): Route[] {
  const lines = text.split('\n').map(wordsOf)
  const head = lines.findIndex(([first]) => first === 'Destination')
  const column = lines[head]?.findIndex((word) => /^(?:Netif|Iface|Interface)$/.test(word)) ?? -1
  if (column < 0) return []
  return lines.slice(head + 1).flatMap((words) => {
    const [destination, gateway, flags] = words
    const name = words[column]
    if (destination === undefined || gateway === undefined || flags === undefined || name === undefined) return []
    return [{ addr_family: family, destination, gateway, netmask: '', flags, interface: name }]
  })
}

function familiesOf(family: string | undefined): readonly Family[] {
  if (family === undefined || family === '') return ['inet', 'inet6']
  if (family === 'inet' || family === 'inet6') return [family]
  throw new SaltError('execution-failed', `Invalid address family ${family}`, { hint: 'Give inet or inet6.' })
}

interface Way {
  destination: string
  gateway: string | null
  interface: string | null
  source: string | null
}

async function readWay(ctx: FunctionContext, ip: string): Promise<Way> {
  const kernel = kernelOf(ctx)
  if (kernel === 'Linux') return parseIpRouteGet((await mustRun(ctx, ['ip', 'route', 'get', ip])).stdout, ip)
  if (isBsd(kernel)) return parseBsdRouteGet((await mustRun(ctx, ['route', '-n', 'get', ip])).stdout, ip)
  throw unsupported()
}

/** The first line of `ip route get`: `8.8.8.8 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0`. */
function parseIpRouteGet(text: string, ip: string): Way {
  const [line = ''] = text.split('\n')
  const after = (word: string): string | null => new RegExp(`\\b${word}\\s+(\\S+)`).exec(line)?.[1] ?? null
  return { destination: ip, gateway: after('via'), interface: after('dev'), source: after('src') }
}

/** `route -n get`: a fact on each line. */
function parseBsdRouteGet(text: string, ip: string): Way {
  const fact = (name: string): string | null => new RegExp(`^\\s*${name}:\\s+(\\S+)`, 'm').exec(text)?.[1] ?? null
  return {
    destination: ip,
    gateway: fact('gateway'),
    interface: fact('interface'),
    source: fact('(?:if address|local addr)'),
  }
}

const family = s.optional(s.string('inet or inet6; both by default'))
const orNull = s.union([s.string(), s.null()])

export const routeFunctions = {
  routes: fn({
    doc: 'List the routes of this host.',
    args: { family },
    returns: s.array(routeSchema),
    examples: ["salt '*' network.routes", "salt '*' network.routes inet6"],
    run: (ctx, args) => readRoutes(ctx, familiesOf(args.family)),
  }),
  default_route: fn({
    doc: 'List the routes that all takes for which there is no other route.',
    args: { family },
    returns: s.array(routeSchema),
    examples: ["salt '*' network.default_route"],
    async run(ctx, args) {
      const routes = await readRoutes(ctx, familiesOf(args.family))
      return routes.filter((route) => defaults.includes(route.destination))
    },
  }),
  get_route: fn({
    doc: 'Tell the way to an address: gateway, interface, and the address of this host that it is taken from.',
    args: { ip: s.string('The address') },
    returns: s.object({ destination: s.string(), gateway: orNull, interface: orNull, source: orNull }),
    examples: ["salt '*' network.get_route 192.168.44.20"],
    run(ctx, { ip }) {
      if (!/^[0-9a-fA-F.:]+$/.test(ip)) throw new SaltError('bad-arguments', `${JSON.stringify(ip)} is no address`)
      return readWay(ctx, ip)
    },
  }),
}
