import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { masterBusName } from '../client/bus-names.ts'
import { callingUser } from './calling-user.ts'

/** Longer than this nobody waits for a courtesy. */
const patienceMs = 1000

/** Tells a running master which keys were moved. Best effort: the change itself is made already. */
export async function tellKeyChanges(
  sockDir: string,
  act: 'accept' | 'reject' | 'delete',
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0 || !existsSync(join(sockDir, masterBusName))) return
  try {
    const { connectMasterBus } = await import('../client/master-bus.ts')
    await using bus = await connectMasterBus({ sockDir, timeoutMs: patienceMs })
    const user = callingUser()
    for (const id of ids) await bus.call('key.changed', { id, act, user }, { timeoutMs: patienceMs })
  } catch {
    // No master runs: it reads the files when it starts.
  }
}
