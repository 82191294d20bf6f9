import type { SaltEvent, SaltEventOptions } from '../../client/salt-event.ts'
import type { OptionValues } from '../parse-command.ts'

/** The bus that the command line means: that of the master, with `--minion` that of the minion. */
export async function eventBusOf(options: OptionValues, more: SaltEventOptions = {}): Promise<SaltEvent> {
  const { MasterEvent, MinionEvent } = await import('../../client/salt-event.ts')
  const configDir = options.text('config-dir')
  if (!options.has('minion')) {
    const { loadMasterOptions } = await import('../../engine/options/master-options.ts')
    const { paths } = await loadMasterOptions({ configDir })
    return new MasterEvent({ ...more, sockDir: paths.sock_dir })
  }
  const { loadMinionOptions } = await import('../../engine/options/minion-options.ts')
  const { paths, id } = await loadMinionOptions({ configDir })
  return new MinionEvent({ ...more, sockDir: paths.sock_dir, id })
}
