// Prints events of a minion's bus: node listen-to-minion-bus.mjs SOCK_DIR ID [TAG]
import { MinionEvent } from 'salt-in-one-file'

const [sockDir, id, tag = 'mytag'] = process.argv.slice(2)

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

await using event = new MinionEvent({ sockDir, id })
const events = event.iterEvents({ tag, signal: stop.signal })
await events.ready
console.error(`Listening for events tagged '${tag}' on the bus of ${id}.`)

for await (const { data } of events) console.log(JSON.stringify(data))
