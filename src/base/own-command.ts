/** How this program starts itself again, for a child process of its own. */
import path from 'node:path'
import sea from 'node:sea'
import { bundled } from './build-info.ts'

/** Program and first arguments; the command line follows them. */
export function ownCommand(): readonly [program: string, ...argv: string[]] {
  if (sea.isSea()) return [process.execPath]
  // The bundle outside of its binary is run by a script that takes the command line as the binary does.
  const script = bundled ? process.argv[1] : path.resolve(import.meta.dirname, '../main.ts')
  return [process.execPath, ...process.execArgv, ...(script === undefined ? [] : [script])]
}
