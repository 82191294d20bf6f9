/** Ports of containers: `80`, `53/udp`, `8000-8010`, and where they are bound to on the host. */
import { SaltError } from '../../../base/errors.ts'
import { itemsOf } from './argument-forms.ts'

export interface PortBinding {
  readonly HostIp: string
  readonly HostPort: string
}

export type PortBindings = Record<string, PortBinding[]>

function wrong(text: string): SaltError {
  return new SaltError('bad-arguments', `'${text}' is no port: use 80, 53/udp, 8080:80 or 127.0.0.1:8080:80`)
}

const mostPorts = 4096

/** `8000-8002` → three numbers. */
function rangeOf(text: string, whole: string): number[] {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const [start, end] = [Number(first), Number(last)]
  if (first === undefined || start > 65_535 || end > 65_535 || end < start || end - start > mostPorts)
    throw wrong(whole)
  return Array.from({ length: end - start + 1 }, (_, index) => start + index)
}

/** `80/tcp` for each port. */
export function exposedPorts(value: unknown): string[] {
  return itemsOf(value).flatMap((item) => {
    const [ports = '', protocol = 'tcp'] = item.split('/')
    return rangeOf(ports, item).map((port) => `${port}/${protocolOf(protocol, item)}`)
  })
}

function protocolOf(text: string, whole: string): string {
  if (/^(?:tcp|udp|sctp)$/i.test(text)) return text.toLowerCase()
  throw wrong(whole)
}

/** `80`, `8080:80`, `127.0.0.1:8080:80`, `127.0.0.1::80`, ranges, each with `/udp` behind it. */
export function portBindings(value: unknown): PortBindings {
  const found: PortBindings = {}
  for (const item of itemsOf(value)) {
    const [address = '', protocol = 'tcp'] = item.split('/')
    const [, ip = '', host = '', inside = ''] =
      /^(?:(\[[0-9a-f:.]+\]|[^:[\]]+):)??(?:([\d-]*):)?([\d-]+)$/i.exec(address) ?? []
    const ports = rangeOf(inside, item)
    const hosts = host === '' ? [] : rangeOf(host, item)
    if (hosts.length > 0 && hosts.length !== ports.length) throw wrong(item)
    for (const [index, port] of ports.entries()) {
      const key = `${port}/${protocolOf(protocol, item)}`
      const binding = { HostIp: ip.replace(/^\[|\]$/g, ''), HostPort: String(hosts[index] ?? '') }
      found[key] = [...(found[key] ?? []), binding]
    }
  }
  return found
}
