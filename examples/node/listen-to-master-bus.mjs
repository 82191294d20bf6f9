// Prints events of the master's bus: node listen-to-master-bus.mjs [SOCK_DIR] [TAG]
import { MasterEvent } from 'salt-in-one-file'

const [sockDir = '/var/run/salt/master', tag = 'mytag'] = process.argv.slice(2)

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

await using event = new MasterEvent(sockDir)
const events = event.iterEvents({ tag, signal: stop.signal })
await events.ready
console.error(`Listening for events tagged '${tag}' on the master's bus.`)

for await (const { data } of events) console.log(JSON.stringify(data))
