/** Listens on a master's bus until it has seen so many events: `listener.ts SOCK_DIR COUNT`. Tells its parent what it saw. */
import { connectMasterBus } from '../../src/client/master-bus.ts'

const [sockDir = '', count = '0'] = process.argv.slice(2)
const bus = await connectMasterBus({ sockDir })
const enough = new AbortController()
let seen = 0
let dropped = 0
let isActive = false
const listening = bus.call(
  'subscribe',
  { pattern: 'bench/', match: 'startswith' },
  {
    signal: enough.signal,
    onItem: (item) => {
      if (!isActive) process.send?.('listening')
      isActive = true
      if ('gap' in item) dropped += item.gap.dropped
      else seen += item.events.length
      if (seen + dropped >= Number(count)) enough.abort()
    },
  },
)
await listening.catch(() => {})
process.send?.({ seen, dropped })
await bus[Symbol.asyncDispose]()
process.disconnect?.()
