import { readFile } from 'node:fs/promises'
import { s } from '../../base/schema.ts'
import { defineBeacon, looking } from '../../engine/beacon.ts'

const names = ['1m', '5m', '15m'] as const
const range = s.array(s.number(), 'The lowest and the highest load that is not told')
const ranges = { '1m': s.optional(range), '5m': s.optional(range), '15m': s.optional(range) }

export const load = defineBeacon({
  name: 'load',
  doc: 'Tells the load averages while one of them is outside its range.',
  options: {
    averages: s.optional(s.object(ranges, 'Ranges of the averages')),
    ...ranges,
  },
  intervalSeconds: 10,
  examples: ['load:\n  - averages:\n      1m: [0.0, 2.0]\n      15m: [0.1, 1.0]\n  - onchangeonly: true'],
  available: ({ grains }) => grains.kernel === 'Linux' || 'it reads /proc/loadavg',
  open: (context, options) =>
    looking(async () => {
      const text = await readFile(context.at('/proc/loadavg'), 'utf8')
      const averages = text.split(' ').map(Number)
      const data: Record<string, number> = {}
      const state: Record<string, string> = {}
      for (const [index, name] of names.entries()) {
        const average = averages[index] ?? 0
        data[name] = average
        const [lowest = Number.NEGATIVE_INFINITY, highest = Number.POSITIVE_INFINITY] =
          options.averages?.[name] ?? options[name] ?? []
        if (average < lowest) state[name] = 'low'
        else if (average > highest) state[name] = 'high'
      }
      return Object.keys(state).length === 0 ? [] : [{ data, state }]
    }),
})
