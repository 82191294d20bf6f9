/** Very many simulated minions in one process: `swarm.ts PORT FIRST LAST`. Tells its parent when all are connected. */
import * as zeromq from 'zeromq'
import { loadSodium } from '../../src/wire/crypto.ts'
import { connectSimulatedMinion } from './simulated-minion.ts'

const [port = 0, first = 1, last = 0] = process.argv.slice(2).map(Number)
zeromq.context.maxSockets = 20_000
/** As many as an admission limit lets in without sending them away. */
const atOnce = 64

// As every minion does when it starts.
await loadSodium()

let next = first
async function connectSome(): Promise<void> {
  while (next <= last) await connectSimulatedMinion(`swarm-${next++}`, port)
}

await Promise.all(Array.from({ length: atOnce }, connectSome))
process.send?.('connected')
process.on('disconnect', () => process.exit())
