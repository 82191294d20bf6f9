import path from 'node:path'
import sea from 'node:sea'
import { ownCommand } from '../../base/own-command.ts'

/** How to type this program's name: as it was typed, or the way to run its sources. */
export function commandWord(): string {
  if (sea.isSea()) return process.argv0
  return ownCommand()
    .map((word) => (path.isAbsolute(word) ? shorter(word) : word))
    .join(' ')
}

function shorter(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.length < file.length ? relative : file
}
