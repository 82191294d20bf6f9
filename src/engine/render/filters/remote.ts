/** Salt's filters that ask the network. */
import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { expectInteger, expectText } from '../values/arguments.ts'
import { isTrue } from '../values/iterate.ts'
import { HostObject, type Value } from '../values/kinds.ts'
import { expectCallable } from '../values/lookup.ts'
import { PyError } from '../values/py-error.ts'
import { type Filter, filter } from './filter.ts'

const connectTimeoutMs = 2000

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs })
    const end = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** The first address of a name that takes connections, else the first of all; an IPv6 address in brackets. */
async function reachableAddress(host: string, port: number, family: 0 | 4 | 6): Promise<string> {
  const found = await lookup(host, { all: true, family, verbatim: true }).catch((cause: unknown) => {
    throw new PyError('SaltClientError', `DNS lookup or connection check of '${host}' failed.`, { cause })
  })
  let chosen = found[0]
  for (const candidate of found) {
    if (!(await answers(candidate.address, port))) continue
    chosen = candidate
    break
  }
  if (chosen === undefined) throw new PyError('SaltClientError', `DNS lookup of '${host}' gave no address.`)
  return chosen.family === 6 ? `[${chosen.address}]` : chosen.address
}

export const remoteFilters: readonly (readonly [string, Filter])[] = [
  [
    'dns_check',
    filter('dns_check', 'addr, port, safe=False, ipv6=None', (_context, host, port, _safe, ipv6) =>
      reachableAddress(expectText(host), expectInteger(port), ipv6 === null ? 0 : isTrue(ipv6) ? 6 : 4),
    ),
  ],
  [
    // The function of the same name does the work, with all its options and limits.
    'http_query',
    {
      call(context, url, args, kwargs) {
        const functions: Value | undefined = context.variable('salt')
        const query = functions instanceof HostObject ? functions.getItem('http.query') : undefined
        if (query === undefined) throw new PyError('KeyError', "'http.query'")
        return expectCallable(query).call([url, ...args], kwargs)
      },
    },
  ],
]
