import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'

/** File name of the master's local bus in its `sock_dir`. */
export const masterBusName = 'master_bus.ipc'

/** File name of a minion's local bus in its `sock_dir`: several minions may share one, and an id may be longer than a path. */
export function minionBusName(id: string): string {
  return `minion_${createHash('sha256').update(id).digest('hex').slice(0, 10)}_bus.ipc`
}

/** File names of the buses of all minions in this `sock_dir`. Throws as the system does when it cannot be read. */
export function minionBusNames(sockDir: string): readonly string[] {
  return readdirSync(sockDir).filter((name) => /^minion_[0-9a-f]{10}_bus\.ipc$/.test(name))
}
