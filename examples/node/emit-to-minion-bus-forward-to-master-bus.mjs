// Fires events on a minion's bus that the minion hands on to its master:
//   node emit-to-minion-bus-forward-to-master-bus.mjs SOCK_DIR ID [TAG]
import { SaltEvent } from 'salt-in-one-file'

const [sockDir, id, tag = 'mytag'] = process.argv.slice(2)
const words = ['drap', 'drep', 'drip', 'drop', 'drup']

// Each event has a tag of its own. On the master's bus it carries what is under `data`, and without `data` all of this.
const events = words.map((word) => ({ tag, data: { message: `a ${word} in the bucket` } }))

await using event = new SaltEvent('minion', { sockDir, id })
await event.fireEvent({ id, events, tag: null, pretag: null, data: null }, 'fire_master')

// A single one has a method of its own; on the master's bus it is `{ id, tag, data, cmd }`.
await event.fireMaster({ message: 'the last drop' }, tag)
