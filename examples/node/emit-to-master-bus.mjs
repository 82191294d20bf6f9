// Fires an event on the master's bus: node emit-to-master-bus.mjs [SOCK_DIR] [TAG]
import { SaltEvent } from 'salt-in-one-file'

const [sockDir = '/var/run/salt/master', tag = 'mytag'] = process.argv.slice(2)
const payload = { 'sample-msg': 'this is a test', example: 'this is the same test' }

await using event = new SaltEvent('master', { sockDir })
await event.fireEvent(payload, tag)
