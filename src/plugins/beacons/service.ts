import { stat } from 'node:fs/promises'
import { s } from '../../base/schema.ts'
import { type BeaconEvent, defineBeacon, looking } from '../../engine/beacon.ts'

const settings = s.union([
  s.object({
    onchangeonly: s.optional(s.boolean()),
    emitatstartup: s.optional(s.boolean()),
    delay: s.optional(s.seconds()),
    uncleanshutdown: s.optional(s.path()),
    oncleanshutdown: s.optional(s.any('Accepted, and without effect as in Salt')),
  }),
  s.null(),
])

export const service = defineBeacon({
  name: 'service',
  doc: 'Tells whether services run.',
  options: {
    services: s.withDefault(
      s.record(
        settings,
        'Names of services, each with onchangeonly, emitatstartup and delay of its own; uncleanshutdown names a pid file that a service leaves behind when it did not end well',
      ),
      {},
    ),
  },
  extra: settings,
  intervalSeconds: 10,
  examples: [
    'service:\n  - services:\n      nginx:\n        onchangeonly: true\n        delay: 30\n        uncleanshutdown: /run/nginx.pid\n      mysql:',
  ],
  open: (context, { services }, extra) =>
    looking(async () => {
      const events: BeaconEvent[] = []
      for (const [name, given] of Object.entries({ ...extra, ...services })) {
        const running = await context.salt('service.status', [name])
        const facts: Record<string, unknown> = { running }
        if (given?.uncleanshutdown !== undefined && running === false) {
          facts.uncleanshutdown = await exists(context.at(given.uncleanshutdown))
        }
        const { onchangeonly, emitatstartup, delay } = given ?? {}
        events.push({
          tag: name,
          data: { service_name: name, [name]: facts },
          rules: {
            ...(onchangeonly === undefined ? {} : { onchangeonly }),
            ...(emitatstartup === undefined ? {} : { emitatstartup }),
            ...(delay === undefined ? {} : { delayMs: delay * 1000 }),
          },
        })
      }
      return events
    }),
})

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
