/** Sockets and neighbors of this host. */
import { SaltError } from '../../../base/errors.ts'
import { formatIpAddress, type IpAddress } from '../../../base/ip-address.ts'
import { s } from '../../../base/schema.ts'
import { mustRun, runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import { readSystemFile } from '../../../engine/functions/system-files.ts'
import { fn } from '../../../engine/plugin.ts'
import { kernelOf, unsupported } from './kernel.ts'

/** `state` is of TCP only. */
type Socket = Record<string, string>

/** `netstat -tulpnea`: a socket of UDP has no state, unless it is connected; BusyBox tells neither user nor inode. */
function parseNetstatSockets(text: string): Socket[] {
  const hasUsers = !/^Proto\b/m.test(text) || /^Proto .*\bUser\b/m.test(text)
  return text.split('\n').flatMap((line) => {
    const [proto = '', received = '', sent = '', local = '', remote = '', ...rest] = wordsOf(line)
    if (!/^(?:tcp|udp)/.test(proto)) return []
    const hasState = /^[A-Z]/.test(rest[0] ?? '')
    const facts = hasState ? rest.slice(1) : rest
    const [user = '', inode = '', program = ''] = hasUsers ? facts : ['', '', ...facts]
    const state: Socket = proto.startsWith('tcp') && hasState ? { state: rest[0] ?? '' } : {}
    return [{ ...ends(proto, received, sent, local, remote), ...state, user, inode, program }]
  })
}

/** `ss -tulpnea`: `users:(("sshd",pid=1,fd=3))`, `uid:0` and `ino:5` stand in any order at the end. */
function parseSsSockets(text: string): Socket[] {
  return text.split('\n').flatMap((line) => {
    const [proto = '', state = '', received = '', sent = '', local = '', remote = '', ...rest] = wordsOf(line)
    if (!/^(?:tcp|udp)/.test(proto)) return []
    const facts = rest.join(' ')
    const fact = (pattern: RegExp): string | undefined => pattern.exec(facts)?.[1]
    const shownState = state === 'ESTAB' ? 'ESTABLISHED' : state
    return [
      {
        ...ends(proto, received, sent, local, remote),
        ...(proto.startsWith('tcp') ? { state: shownState } : {}),
        user: fact(/\buid:(\d+)/) ?? '0',
        inode: fact(/\bino:(\d+)/) ?? '0',
        program: fact(/\busers:\(\("([^"]*)"/) ?? '',
      },
    ]
  })
}

function ends(proto: string, received: string, sent: string, local: string, remote: string): Socket {
  return { proto, 'recv-q': received, 'send-q': sent, 'local-address': local, 'remote-address': remote }
}

interface TcpConnection {
  local_addr: string
  local_port: number
  remote_addr: string
  remote_port: number
}

const established = '01'

/** `/proc/net/tcp` and `tcp6`: those that are established. */
function parseTcpTable(text: string): TcpConnection[] {
  return text.split('\n').flatMap((line) => {
    const [slot = '', local = '', remote = '', state] = wordsOf(line)
    if (!/^\d+:$/.test(slot) || state !== established) return []
    const [localAddress = '', localPort = ''] = local.split(':')
    const [remoteAddress = '', remotePort = ''] = remote.split(':')
    return [
      {
        local_addr: addressOf(localAddress),
        local_port: Number.parseInt(localPort, 16),
        remote_addr: addressOf(remoteAddress),
        remote_port: Number.parseInt(remotePort, 16),
      },
    ]
  })
}

/** The kernel writes words of four bytes in the order of the processor: little-endian ones, on all that this runs on. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bits = BigInt(`0x${words.map((word) => Buffer.from(word, 'hex').reverse().toString('hex')).join('')}`)
  const isMapped = words.length === 4 && bits >> 32n === 0xffffn
  const address: IpAddress =
    words.length === 1 || isMapped ? { version: 4, bits: bits & 0xffffffffn } : { version: 6, bits }
  return formatIpAddress(address)
}

export const connectionFunctions = {
  netstat: fn({
    doc: 'List the sockets of TCP and UDP, with the programs they belong to.',
    returns: s.array(s.record(s.string())),
    examples: ["salt '*' network.netstat"],
    async run(ctx) {
      if (kernelOf(ctx) !== 'Linux') throw unsupported()
      const netstat = await runIfInstalled(ctx, ['netstat', '-tulpnea'])
      // One that was built without the column of programs fails.
      if (netstat?.retcode === 0) return parseNetstatSockets(netstat.stdout)
      return parseSsSockets((await mustRun(ctx, ['ss', '-tulpnea'])).stdout)
    },
  }),
  active_tcp: fn({
    doc: 'Tell the connections of TCP that are established, numbered from 0 on.',
    returns: s.record(
      s.object({
        local_addr: s.string(),
        local_port: s.integer(),
        remote_addr: s.string(),
        remote_port: s.integer(),
      }),
    ),
    examples: ["salt '*' network.active_tcp"],
    run(ctx) {
      if (kernelOf(ctx) !== 'Linux') return {}
      const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readSystemFile(ctx, path) ?? '')
      return Object.fromEntries(tables.flatMap(parseTcpTable).entries())
    },
  }),
  arp: fn({
    doc: 'Tell the neighbors that this host knows: the address of each hardware address.',
    returns: s.record(s.string()),
    examples: ["salt '*' network.arp"],
    async run(ctx) {
      const { stdout, stderr, retcode } = await ctx.exec(['arp', '-an'])
      if (retcode !== 0 && stdout === '') throw new SaltError('execution-failed', stderr.trim() || 'arp failed')
      return Object.fromEntries(
        stdout.split('\n').flatMap((line) => {
          const [, address, hardware] = /\(([^)]+)\) at ([0-9a-fA-F:]+|<?\(?incomplete\)?>?)/.exec(line) ?? []
          return address === undefined || hardware === undefined ? [] : [[hardware, address]]
        }),
      )
    },
  }),
}
