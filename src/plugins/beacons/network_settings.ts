import { isDeepStrictEqual } from 'node:util'
import { s } from '../../base/schema.ts'
import { type BeaconEvent, defineBeacon, looking } from '../../engine/beacon.ts'
import { interfaceFacts, listInterfaces } from '../../engine/beacons/interface-facts.ts'
import { onlyOn } from '../../engine/functions/kernels.ts'
import { matchGlob } from '../../engine/target/glob.ts'

const names = [
  'address',
  'broadcast',
  'carrier',
  'carrier_changes',
  'family',
  'flags',
  'group',
  'ifi_type',
  'ifname',
  'index',
  'ipaddr',
  'ipdb_priority',
  'ipdb_scope',
  'kind',
  'linkmode',
  'mtu',
  'neighbours',
  'num_rx_queues',
  'num_tx_queues',
  'operstate',
  'ports',
  'promiscuity',
  'qdisc',
  'txqlen',
] as const

const rule = s.optional(
  s.union([s.object({ onvalue: s.optional(s.any('Tell only a change to this value')) }), s.null()]),
)
const settings = s.object(
  Object.fromEntries(names.map((name) => [name, rule])) as Record<(typeof names)[number], typeof rule>,
)

type Facts = Readonly<Record<string, unknown>>

export const networkSettings = defineBeacon({
  name: 'network_settings',
  doc: 'Tells of changes in the settings of network interfaces. Of those that Salt knows, family, ipdb_priority, ipdb_scope, kind, neighbours, ports and qdisc are accepted and never change.',
  options: {
    interfaces: s.record(settings, 'Names of interfaces or globs, each with settings that may have onvalue'),
    coalesce: s.withDefault(s.boolean('Tell all changes of a moment in one event'), false),
  },
  intervalSeconds: 10,
  examples: [
    'network_settings:\n  - interfaces:\n      eth0:\n        ipaddr:\n        promiscuity:\n          onvalue: 1\n      "wlan*":\n        operstate:\n  - coalesce: true',
  ],
  available: onlyOn('Linux'),
  open(context, { interfaces, coalesce }) {
    let before: ReadonlyMap<string, Facts> | undefined
    return looking(async () => {
      const wantsAddresses = Object.values(interfaces).some((rules) => Object.hasOwn(rules, 'ipaddr'))
      const now = await interfaceFacts(context, await listInterfaces(context), wantsAddresses)
      const last = before ?? now
      before = now
      const changes: Record<string, Facts> = {}
      for (const [name, facts] of now) {
        const pattern = Object.hasOwn(interfaces, name)
          ? name
          : Object.keys(interfaces).find((one) => matchGlob(one, name))
        const rules = pattern === undefined ? undefined : interfaces[pattern]
        const change = rules === undefined ? {} : changeOf(facts, last.get(name) ?? {}, rules)
        if (Object.keys(change).length > 0) changes[name] = change
      }
      if (Object.keys(changes).length === 0) return []
      if (coalesce) return [{ tag: 'result', data: { changes } }]
      return Object.entries(changes).map(
        ([name, change]): BeaconEvent => ({ tag: name, data: { interface: name, change } }),
      )
    })
  },
})

function changeOf(
  now: Facts,
  before: Facts,
  rules: Readonly<Record<string, { readonly onvalue?: unknown } | null | undefined>>,
): Facts {
  const changed = Object.entries(rules).filter(([name, rule]) => {
    if (isDeepStrictEqual(now[name], before[name])) return false
    const wanted = rule?.onvalue
    return (
      wanted === undefined ||
      wanted === null ||
      isDeepStrictEqual(wanted, now[name]) ||
      String(wanted) === String(now[name])
    )
  })
  return Object.fromEntries(changed.map(([name]) => [name, now[name] ?? null]))
}
