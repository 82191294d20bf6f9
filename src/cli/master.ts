/** `salt master` */
import { loadMasterOptions, type MasterOptions } from '../engine/options/master-options.ts'
import { type Daemon, daemonSpec, runDaemon } from './daemon-process.ts'

export const spec = daemonSpec(
  'master',
  'Runs the master: it keeps the keys of the minions, sends them jobs and collects what they return. SIGTERM ends it after the work in hand; SIGHUP lets it reopen its log and read its configuration again.',
  [
    { line: 'salt master', doc: 'In the foreground, with warnings on the terminal' },
    { line: 'salt master -d -c ~/fleet', doc: 'In the background, with the configuration in ~/fleet/master' },
  ],
)

export async function run(argv: readonly string[]): Promise<number> {
  const { prepareMaster } = await import('../daemons/master/prepare.ts')
  let userKeys: ReturnType<typeof prepareMaster> | undefined
  const daemon: Daemon<MasterOptions> = {
    spec,
    name: 'master',
    load: loadMasterOptions,
    prepare(options, user) {
      userKeys = prepareMaster(options, user)
    },
    async start(options, log) {
      const { startMaster } = await import('../daemons/master/master.ts')
      return await startMaster(options, log, userKeys === undefined ? {} : { userKeys })
    },
  }
  return await runDaemon(daemon, argv)
}
