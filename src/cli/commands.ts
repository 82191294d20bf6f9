/** The commands of the program as data: routing, the list, help and completion read the same table. */

import { describedRow, hanging, terminalColumns } from './columns.ts'
import type { CommandSpec } from './options/option.ts'

export interface CommandModule {
  readonly spec?: CommandSpec
  /** Runs the command with the words after its name and resolves to the exit code. */
  run(argv: readonly string[]): Promise<number>
}

export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly doc: string
  /**
   * Whether Salt knows this command word too. A word of our own gives way to a minion of that name when a
   * `module.function` follows it.
   */
  readonly ofSalt: boolean
  /** Whether the next word names a file, which may look like `module.function` (`salt verify salt.exe`). */
  readonly takesFile?: boolean
  /** Whether a `module.function` follows the word by nature, so that it cannot give way: `salt -L wheel …` reaches that minion. */
  readonly takesFunction?: boolean
  load(): Promise<CommandModule>
}

export const commands: readonly Command[] = [
  { name: 'master', doc: 'Run the master', ofSalt: true, load: () => import('./master.ts') },
  { name: 'minion', doc: 'Run a minion', ofSalt: true, load: () => import('./minion.ts') },
  {
    name: 'key',
    doc: 'List, accept, reject and delete the keys of minions',
    ofSalt: true,
    load: () => import('./key.ts'),
  },
  { name: 'call', doc: 'Run a function on this machine', ofSalt: true, load: () => import('./call.ts') },
  { name: 'run', doc: 'Run a runner on the master', ofSalt: true, load: () => import('./run.ts') },
  {
    name: 'cp',
    doc: 'Copy files from this machine to minions',
    ofSalt: true,
    takesFile: true,
    load: () => import('./cp.ts'),
  },
  {
    name: 'wheel',
    doc: 'Run a function that manages the master itself',
    ofSalt: false,
    takesFunction: true,
    load: () => import('./wheel.ts'),
  },
  {
    name: 'jobs',
    doc: 'List jobs that run or have run lately, or follow one',
    ofSalt: false,
    load: () => import('./jobs.ts'),
  },
  { name: 'peer', doc: 'Explain what minions may ask of each other', ofSalt: false, load: () => import('./peer.ts') },
  {
    name: 'acl',
    doc: 'Explain what other users of this host may do',
    ofSalt: false,
    load: () => import('./acl.ts'),
  },
  {
    name: 'audit',
    doc: 'Show and check the record of what was asked of the master',
    ofSalt: false,
    load: () => import('./audit.ts'),
  },
  {
    name: 'compat',
    doc: 'Say what of existing Salt files works here, and what to write instead',
    ofSalt: false,
    takesFile: true,
    load: () => import('./compat.ts'),
  },
  {
    name: 'event',
    doc: 'Listen to the events of the master or of a minion, or fire one',
    ofSalt: false,
    load: () => import('./event.ts'),
  },
  {
    name: 'dev',
    doc: 'Run a master and two minions in temporary folders, to try things out',
    ofSalt: false,
    load: () => import('./dev.ts'),
  },
  {
    name: 'lint',
    doc: 'Check SLS files without a minion',
    ofSalt: false,
    takesFile: true,
    load: () => import('./lint.ts'),
  },
  {
    name: 'install',
    doc: 'Write the files by which a system knows this program: units, completion, manual',
    ofSalt: false,
    load: () => import('./install.ts'),
  },
  {
    name: 'completion',
    doc: 'Print the script by which a shell completes command lines',
    ofSalt: false,
    load: () => import('./completion.ts'),
  },
  {
    name: 'verify',
    doc: 'Check a released file against its signed manifest',
    ofSalt: false,
    takesFile: true,
    load: () => import('./verify.ts'),
  },
]

const narrow = 60

/** The text that an invocation without arguments prints. */
export function commandList(columns = terminalColumns()): string {
  const width = Math.max(20, Math.min(columns, 110))
  const column = width < narrow ? 6 : Math.max(...commands.map(({ name }) => name.length)) + 4
  const rows = commands.map(({ name, doc }) => describedRow(`  ${name}`, doc, column, width))
  const usage = [
    hanging('Usage: salt COMMAND [OPTIONS]', width),
    `       ${hanging('salt [OPTIONS] TARGET FUNCTION [ARGUMENTS]', width - 7, 11)}`,
  ]
  const ends = [
    ['Anything else is a target:', "salt '*' test.ping"],
    ['Options of a command:', 'salt COMMAND --help'],
  ].map(([what = '', how = '']) => describedRow(hanging(what, width), how, width < narrow ? 6 : 28, width))
  return `${usage.join('\n')}\n\nCommands:\n${rows.join('')}\n${ends.join('')}`
}
