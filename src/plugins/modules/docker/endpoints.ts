/** How containers are connected to networks. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { itemsOf } from './argument-forms.ts'
import { engineJson, type Fields, part } from './engine.ts'

export interface NetworkWish {
  readonly name: string
  /** As the Engine takes it: IPAMConfig, Aliases, Links. */
  readonly config: Fields
}

/** `net1,net2`, or a list of names and of mappings `net: [{ipv4_address: …}, {aliases: […]}]`. Throws `bad-arguments`. */
export function endpointsOf(networks: unknown): NetworkWish[] {
  if (networks === undefined || networks === null) return []
  const items = typeof networks === 'string' ? itemsOf(networks) : [networks].flat()
  return items.flatMap((item) =>
    isRecord(item)
      ? Object.entries(item).map(([name, options]) => ({ name, config: endpointConfig(options) }))
      : [{ name: pythonString(item), config: {} }],
  )
}

/** Options as a mapping or as a list of mappings. */
export function endpointConfig(options: unknown): Fields {
  const given: Fields = Object.assign({}, ...[options ?? {}].flat().filter(isRecord))
  const unknown = Object.keys(given).filter(
    (key) => !['ipv4_address', 'ipv6_address', 'aliases', 'links', 'link_local_ips'].includes(key),
  )
  if (unknown.length > 0)
    throw new SaltError('bad-arguments', `${unknown.join(', ')} cannot be said of a network of a container`)
  const ipam = {
    ...(given.ipv4_address === undefined ? {} : { IPv4Address: pythonString(given.ipv4_address) }),
    ...(given.ipv6_address === undefined ? {} : { IPv6Address: pythonString(given.ipv6_address) }),
    ...(given.link_local_ips === undefined ? {} : { LinkLocalIPs: itemsOf(given.link_local_ips) }),
  }
  return {
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
    ...(given.aliases === undefined ? {} : { Aliases: itemsOf(given.aliases) }),
    ...(given.links === undefined
      ? {}
      : { Links: itemsOf(given.links).map((link) => (link.includes(':') ? link : `${link}:${link}`)) }),
  }
}

export async function connect(ctx: FunctionContext, container: string, network: string, config: Fields): Promise<void> {
  const body = { Container: container, EndpointConfig: config }
  await engineJson(ctx, 'POST', `/networks/${part(network)}/connect`, { body })
}

export async function disconnect(ctx: FunctionContext, container: string, network: string): Promise<void> {
  await engineJson(ctx, 'POST', `/networks/${part(network)}/disconnect`, {
    body: { Container: container, Force: true },
  })
}

export async function connectAll(
  ctx: FunctionContext,
  container: string,
  wanted: readonly NetworkWish[],
): Promise<void> {
  for (const { name, config } of wanted) await connect(ctx, container, name, config)
}
