import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineStates, state } from '../../engine/plugin.ts'
import { impossible, right } from '../../engine/state/plan.ts'

const nothing = { more: { data: {} } }
const limit = (what: string) => s.optional(s.union([s.number(), s.string()], what))

export const status = defineStates({
  name: 'status',
  doc: 'Checks how this host does; changes nothing.',
  functions: {
    loadavg: state({
      doc: 'Check that the load lies within limits.',
      args: {
        name: s.string('1-min, 5-min or 15-min'),
        maximum: limit('The highest load that is good'),
        minimum: limit('The lowest load that is good'),
      },
      examples: ['15-min:\n  status.loadavg:\n    - maximum: 5000'],
      async plan(ctx, { name, maximum, minimum }) {
        const loads = await ctx.salt('status.loadavg')
        if (!isRecord(loads) || !Object.hasOwn(loads, name)) {
          return impossible(`Requested load average ${name} not available `, nothing)
        }
        if (minimum !== undefined && maximum !== undefined && Number(minimum) >= Number(maximum)) {
          return impossible('Min must be less than max', nothing)
        }
        const load = Number(loads[name])
        const more = { more: { data: loads[name] } }
        const shown = pythonString(loads[name])
        if (minimum !== undefined && load < Number(minimum)) {
          return impossible(`Load avg is below minimum of ${minimum} at ${shown}`, more)
        }
        if (maximum !== undefined && load > Number(maximum)) {
          return impossible(`Load avg above maximum of ${maximum} at ${shown}`, more)
        }
        return right('Load avg in acceptable range', more)
      },
    }),
    process: state({
      doc: 'Check that a process runs, whatever has started it.',
      args: { name: s.string('Regular expression for its line in the process table') },
      examples: ['node:\n  status.process'],
      async plan(ctx, { name }) {
        const data = await ctx.salt('status.pid', [name])
        return data === ''
          ? impossible(`Process signature "${name}" not found `, nothing)
          : right(`Process signature "${name}" was found `, { more: { data } })
      },
    }),
  },
})
