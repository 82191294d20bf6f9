/** Where the networks of a container, and a network itself, differ from what is wanted. */
import { isRecord } from '../../../base/narrow.ts'
import { recordOf } from './containers.ts'
import type { NetworkWish } from './endpoints.ts'
import type { Fields } from './engine.ts'

type Difference = Record<string, { old: unknown; new: unknown }>

/** Network → what differs in how a container is connected to it. */
export function connectionDifferences(wanted: readonly NetworkWish[], container: Fields): Record<string, Difference> {
  const now = recordOf(recordOf(container.NetworkSettings).Networks)
  const found: Record<string, Difference> = {}
  for (const { name, config } of wanted) {
    const old = now[name]
    if (!isRecord(old)) {
      const fields = Object.entries(config).map(([field, value]) => [field, { old: null, new: value }] as const)
      found[name] =
        fields.length === 0 ? { IPConfiguration: { old: null, new: 'automatic' } } : Object.fromEntries(fields)
      continue
    }
    const difference = endpointDifference(config, old)
    if (Object.keys(difference).length > 0) found[name] = difference
  }
  for (const name of Object.keys(now)) {
    if (wanted.every((one) => one.name !== name)) {
      found[name] = { IPConfiguration: { old: recordOf(now[name]).IPAMConfig ?? 'automatic', new: null } }
    }
  }
  return found
}

function endpointDifference(config: Fields, now: Fields): Difference {
  const found: Difference = {}
  const [address, wantedAddress] = [recordOf(now.IPAMConfig), recordOf(config.IPAMConfig)]
  if (sorted(address) !== sorted(wantedAddress)) {
    found.IPAMConfig = { old: now.IPAMConfig ?? null, new: config.IPAMConfig ?? null }
  }
  // The Engine adds the id of the container to its names.
  const names = (list: unknown): string[] =>
    Array.isArray(list) ? list.map(String).filter((one) => !/^[0-9a-f]{12}$/.test(one)) : []
  for (const field of ['Aliases', 'Links']) {
    const [old, fresh] = [names(now[field]).sort(), names(config[field]).sort()]
    if (old.join('\n') !== fresh.join('\n')) found[field] = { old: now[field] ?? null, new: config[field] ?? null }
  }
  return found
}

function sorted(fields: Fields): string {
  return JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Field → the value now and the wanted one; what is not said is not compared, but for options and labels. */
export function networkDifferences(wanted: Fields, now: Fields): Difference {
  const found: Difference = {}
  const { Name: _name, Scope: _scope, IPAM: ipam, ...plain } = wanted
  for (const [field, value] of Object.entries({ Internal: false, Attachable: false, EnableIPv6: false, ...plain })) {
    if (!isSame(field === 'Options' ? pickKnown(now[field], value) : now[field], value))
      found[field] = { old: now[field] ?? null, new: value }
  }
  if (wanted.Labels === undefined && !isSame(now.Labels, {})) found.Labels = { old: now.Labels, new: {} }
  if (isRecord(ipam) && !isSamePools(ipam.Config, recordOf(now.IPAM).Config))
    found.IPAM = { old: now.IPAM ?? null, new: ipam }
  return found
}

/** Drivers add options of their own. */
function pickKnown(now: unknown, wanted: unknown): Fields {
  return Object.fromEntries(Object.entries(recordOf(now)).filter(([key]) => Object.hasOwn(recordOf(wanted), key)))
}

function isSame(left: unknown, right: unknown): boolean {
  if (!isRecord(left) && !isRecord(right)) return (left ?? false) === (right ?? false)
  return sorted(recordOf(left)) === sorted(recordOf(right))
}

/** The Engine adds a gateway where none is given. */
function isSamePools(wanted: unknown, now: unknown): boolean {
  const [left, right] = [wanted, now].map((pools) => (Array.isArray(pools) ? pools.map(recordOf) : []))
  if (left === undefined || right === undefined || left.length !== right.length) return false
  return left.every((pool) =>
    right.some((other) => Object.entries(pool).every(([key, value]) => isSame(other[key], value))),
  )
}
