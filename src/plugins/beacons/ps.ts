import { s } from '../../base/schema.ts'
import { defineBeacon, looking } from '../../engine/beacon.ts'

const wanted = s.literal(['running', 'stopped'], 'In which state of the process there is an event')

export const ps = defineBeacon({
  name: 'ps',
  doc: 'Tells of processes that run, or that do not run.',
  options: {
    processes: s.withDefault(s.record(wanted, 'Names of processes, each with running or stopped'), {}),
  },
  extra: wanted,
  intervalSeconds: 10,
  examples: ['ps:\n  - processes:\n      sshd: stopped\n      mysqld: running\n  - onchangeonly: true'],
  open: (context, options, extra) =>
    looking(async () => {
      const events = []
      for (const [name, state] of Object.entries({ ...extra, ...options.processes })) {
        const pattern = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
        const pids = await context.salt('ps.pgrep', [pattern], { pattern_is_regex: true })
        const isRunning = Array.isArray(pids) && pids.length > 0
        if (isRunning !== (state === 'running')) continue
        events.push({ key: name, data: { [name]: isRunning ? 'Running' : 'Stopped' } })
      }
      return events
    }),
})
