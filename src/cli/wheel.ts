/** `salt wheel FUNCTION [ARGUMENTS]`: runs a function that manages the master itself, as Salt's API does with `client: wheel`. */
import { masterFunctionGroups, runMasterFunction } from './master-function.ts'
import type { CommandSpec } from './options/option.ts'

export const spec: CommandSpec = {
  name: 'salt wheel',
  usage: '[options] <function> [arguments]',
  operands: ['wheel functions'],
  about:
    'Runs a function inside the master that manages the master itself: its keys and its configuration. These are the functions of the client wheel of an API; for work by hand `salt key` is the shorter way.',
  groups: masterFunctionGroups('wheel functions'),
  examples: [
    { line: 'salt wheel key.list_all', doc: 'All keys by state' },
    { line: 'salt wheel key.finger web1', doc: 'The fingerprint of a key' },
    { line: 'salt wheel config.apply timeout 10', doc: 'Set an option in the configuration of the master' },
    { line: 'salt wheel -d key', doc: 'The functions of the module key' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const registry = async () => (await import('../plugins/registry.ts')).wheelRegistry
  return await runMasterFunction({ spec, method: 'wheel', registry }, argv)
}
