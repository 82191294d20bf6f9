import { s } from '../../base/schema.ts'
import { defineReturner } from '../../engine/returner.ts'

export const masterBus = defineReturner({
  name: 'master_bus',
  doc:
    'Puts each return on the event bus of the master under a tag of your own, where a program of yours can wait for it. ' +
    'The event has the id that the session of the minion proved, and the whole return under `data`. ' +
    'Tags that are the master’s own, such as those below `salt/job`, are refused by it.',
  options: {
    tag: s.string('Tag of the events'),
  },
  takes: ['return'],
  examples: [
    "salt '*' --return=master_bus --return_kwargs '{tag: monitoring}' cmd.run_all '/usr/lib/nagios/plugins/check_load'",
  ],
  async open(context, { tag }) {
    return {
      async deliver(batch) {
        // Over one session they arrive in the order in which they were begun.
        await Promise.all(
          batch.map((delivery) =>
            delivery.kind === 'return' ? context.fireMaster(tag, { ...delivery.ret }) : undefined,
          ),
        )
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
