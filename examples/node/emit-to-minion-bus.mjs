// Fires an event on a minion's bus: node emit-to-minion-bus.mjs SOCK_DIR ID [TAG]
import { SaltEvent } from 'salt-in-one-file'

const [sockDir, id, tag = 'mytag'] = process.argv.slice(2)
const data = { message: 'a drop in the bucket' }

await using event = new SaltEvent('minion', { sockDir, id })
await event.fireEvent({ id, tag, data }, tag)
