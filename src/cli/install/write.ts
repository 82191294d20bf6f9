import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { readFileIfExists, systemReason, writeFileAtomicSync } from '../../base/files.ts'
import type { SystemFile } from './system-files.ts'
import { isOwnText } from './units.ts'

/**
 * Writes the files below `root` and tells of each. Nothing is written when one of them is there already and was made by somebody
 * else: throws `storage` for it, unless `force` is set, and `denied` where this user may not write.
 */
export function writeSystemFiles(
  files: readonly SystemFile[],
  root: string,
  force: boolean,
  tell: (line: string) => void,
): void {
  const planned = files.map((file) => ({ path: join(root, file.path), text: file.text }))
  const news = planned.map((file) => ({ ...file, there: readFileIfExists(file.path) }))
  const foreign = news.find(({ there, text }) => there !== undefined && there !== text && !isOwnText(there))
  if (foreign !== undefined && !force) {
    throw new SaltError('storage', 'the file is there already, and was not written by this command', {
      where: foreign.path,
      hint: 'Compare it with what --print shows, then move it away or give --force.',
    })
  }
  // The folders that it makes are for all, too.
  const umask = process.umask(0o022)
  try {
    for (const { path, text, there } of news) {
      if (there === text) tell(`${path} is up to date`)
      else {
        write(path, text)
        tell(`wrote ${path}`)
      }
    }
  } finally {
    process.umask(umask)
  }
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    // In place of what is there, so that a link leads nowhere; and readable for all, whatever the umask of root.
    writeFileAtomicSync(path, text, 0o644)
  } catch (thrown) {
    const cause = thrown instanceof SaltError ? thrown.cause : thrown
    const code = systemCode(cause)
    const isDenied = code === 'EACCES' || code === 'EPERM'
    throw new SaltError(isDenied ? 'denied' : 'storage', `the file cannot be written: ${systemReason(cause)}`, {
      where: path,
      cause,
      ...(isDenied ? { hint: 'Run it with sudo, or write elsewhere with --root DIR.' } : {}),
    })
  }
}
