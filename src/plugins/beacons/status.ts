import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineBeacon, looking } from '../../engine/beacon.ts'

const item = s.union([s.integer(), s.string()])

const standard = { loadavg: ['all'], cpustats: ['all'], meminfo: ['all'], vmstats: ['all'], time: ['all'] }

export const status = defineBeacon({
  name: 'status',
  doc: 'Tells how the host does, each time under a tag that ends in the time.',
  options: {},
  extra: s.union(
    [s.array(item), item],
    'Function of the module status, with the items that are wanted of its answer, or all; without any function loadavg, cpustats, meminfo, vmstats and time',
  ),
  intervalSeconds: 60,
  examples: ['status: []', 'status:\n  - loadavg: [1-min, 5-min]\n  - time: [all]\n  - interval: 300'],
  open: (context, _options, extra) =>
    looking(async () => {
      const wanted = Object.keys(extra).length === 0 ? standard : extra
      const data: Record<string, unknown> = {}
      for (const [fun, items] of Object.entries(wanted)) {
        try {
          data[fun] = chosen(await context.salt(`status.${fun}`), [items].flat())
        } catch (error) {
          data[fun] = `Status beacon cannot tell it: ${asSaltError(error).message}`
        }
      }
      const tag = new Date(context.clock.now()).toISOString()
      return [{ tag, key: '', data: { data } }]
    }),
})

function chosen(answer: unknown, items: readonly (string | number)[]): unknown {
  if (items.includes('all')) return answer
  const found: Record<string, unknown> = {}
  // A list by its positions, a single value as the first of one.
  const place = isRecord(answer) ? answer : Object.fromEntries([answer].flat().entries())
  for (const name of items) {
    if (!Object.hasOwn(place, name)) return `Status beacon is incorrectly configured: '${name}'`
    found[name] = place[name]
  }
  return found
}
