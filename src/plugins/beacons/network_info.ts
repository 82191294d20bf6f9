import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineBeacon, looking } from '../../engine/beacon.ts'
import { onlyOn } from '../../engine/functions/kernels.ts'

const count = s.optional(s.integer('Threshold'))
const counts = {
  bytes_sent: count,
  bytes_recv: count,
  packets_sent: count,
  packets_recv: count,
  errin: count,
  errout: count,
  dropin: count,
  dropout: count,
}
const settings = s.object({
  type: s.withDefault(s.literal(['equal', 'greater']), 'equal'),
  ...counts,
})
const names = Object.keys(counts) as (keyof typeof counts)[]

export const networkInfo = defineBeacon({
  name: 'network_info',
  doc: 'Tells what network interfaces sent and received since boot, while a count is equal to or greater than its threshold.',
  options: { interfaces: s.record(settings, 'Names of interfaces, each with type (equal or greater) and thresholds') },
  intervalSeconds: 10,
  examples: [
    'network_info:\n  - interfaces:\n      eth0:\n        type: greater\n        errin: 100\n  - onchangeonly: true',
  ],
  available: onlyOn('Linux'),
  open: (context, { interfaces }) =>
    looking(async () => {
      const events = []
      for (const [name, { type, ...thresholds }] of Object.entries(interfaces)) {
        const counters = await context.salt('ps.network_io_counters', [], { interface: name })
        if (!isRecord(counters)) continue
        const reached = names.filter((field) => {
          const threshold = thresholds[field]
          if (threshold === undefined) return false
          return type === 'greater' ? Number(counters[field]) > threshold : counters[field] === threshold
        })
        if (reached.length === 0) continue
        events.push({ key: name, data: { interface: name, network_info: counters }, state: reached })
      }
      return events
    }),
})
