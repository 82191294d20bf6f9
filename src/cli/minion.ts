/** `salt minion` */
import { loadMinionOptions, type MinionOptions } from '../engine/options/minion-options.ts'
import { type Daemon, daemonSpec, runDaemon } from './daemon-process.ts'

export const spec = daemonSpec(
  'minion',
  'Runs a minion: it connects to its masters, runs the jobs that they send and returns the results. SIGTERM ends it after the work in hand; SIGHUP lets it reopen its log and read its configuration, grains and modules again.',
  [
    { line: 'salt minion', doc: 'In the foreground, with warnings on the terminal' },
    { line: 'salt minion -d -c ~/fleet', doc: 'In the background, with the configuration in ~/fleet/minion' },
  ],
)

const daemon: Daemon<MinionOptions> = {
  spec,
  name: 'minion',
  load: loadMinionOptions,
  async start(options, log) {
    const { startMinion } = await import('../daemons/minion/minion.ts')
    return await startMinion(options, log)
  },
}

export function run(argv: readonly string[]): Promise<number> {
  return runDaemon(daemon, argv)
}
