/** Sockets as the kernel lists them in /proc/net/{tcp,tcp6,udp,udp6}. */
import { linesOf, wordsOf } from './host-programs.ts'

export interface Endpoint {
  readonly address: string
  readonly port: number
}

export interface Socket {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Number of the state, in two hexadecimal digits (tcp_states.h): `01` is an established connection. */
  readonly state: string
  readonly inode: number
}

/** A line of names, then a line for each socket. */
export function parseSockets(text: string): Socket[] {
  return linesOf(text)
    .slice(1)
    .map(wordsOf)
    .map((words) => ({
      local: endpointOf(words[1] ?? ''),
      remote: endpointOf(words[2] ?? ''),
      state: words[3] ?? '',
      inode: Number(words[9] ?? 0),
    }))
}

/** `0100007F:1F90`: words of 32 bits, each in the order of this host, which is little-endian; then the port. */
function endpointOf(text: string): Endpoint {
  const [address = '', port = ''] = text.split(':')
  const digits = (address.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse())
  return { address: addressOf(digits), port: Number.parseInt(port, 16) }
}

/** Of bytes in hexadecimal; an IPv4 address that is mapped into IPv6 is shown as what it is. */
function addressOf(bytes: readonly string[]): string {
  const joined = bytes.join('').toLowerCase()
  const mapped = bytes.length === 16 && joined.startsWith('00000000000000000000ffff')
  if (bytes.length === 4 || mapped) {
    return bytes
      .slice(-4)
      .map((byte) => Number.parseInt(byte, 16))
      .join('.')
  }
  const groups = joined.match(/.{4}/g) ?? []
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}
