/** Listens on a master's bus until it has seen so many events: `listener.ts SOCK_DIR COUNT`. Tells its parent what it saw. */
import { EventConnection } from '../../src/client/event-connection.ts'
import { connectMasterBus } from '../../src/client/master-bus.ts'

const [sockDir = '', count = '0'] = process.argv.slice(2)
await using events = await EventConnection.open({ connect: () => connectMasterBus({ sockDir }) })
const enough = Promise.withResolvers<void>()
let seen = 0
let dropped = 0
const look = (): void => {
  if (seen + dropped >= Number(count)) enough.resolve()
}
await events.subscribe(
  { pattern: 'bench/', match: 'startswith' },
  {
    onEvents: (batch) => {
      for (const { data } of batch) if (data._stamp !== undefined) seen += 1
      look()
    },
    onGap: (gap) => {
      dropped += gap.dropped
      look()
    },
  },
)
process.send?.('listening')
await enough.promise
process.send?.({ seen, dropped })
process.disconnect?.()
