/** `salt run RUNNER [ARGUMENTS]`: runs a runner inside the master. */
import { masterFunctionGroups, runMasterFunction } from './master-function.ts'
import type { CommandSpec } from './options/option.ts'

export const spec: CommandSpec = {
  name: 'salt run',
  usage: '[options] <function> [arguments]',
  operands: ['runners'],
  about: 'Runs a runner inside the master, prints what it shows on its way, and then its result.',
  groups: masterFunctionGroups('runners'),
  examples: [
    { line: 'salt run manage.status', doc: 'Which minions are up, which are down' },
    { line: 'salt run jobs.list_jobs', doc: 'What was run lately' },
    { line: 'salt run jobs.lookup_jid 20261121025504701682', doc: 'What a job returned' },
    { line: 'salt run -d jobs', doc: 'The functions of the runner jobs' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const registry = async () => (await import('../plugins/registry.ts')).runnerRegistry
  return await runMasterFunction({ spec, method: 'runner', registry }, argv)
}
