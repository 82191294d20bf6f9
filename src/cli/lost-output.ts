/** What becomes of the program when what it prints cannot be written. */
import type { Writable } from 'node:stream'
import { SaltError, systemCode } from '../base/errors.ts'

interface OutputStreams {
  readonly stdout: Writable
  readonly stderr: Writable
}

/**
 * A reader that went away (`salt … | head`) is no fault and no news: the program ends without a word, and a job goes on. Output
 * that is lost for another reason, such as a full disk, is a fault of kind `storage`. What stderr does not take is lost: the exit
 * code still tells, and a daemon works on.
 */
export function watchOutput(
  { stdout, stderr }: OutputStreams = process,
  exit: (code: number) => void = (code) => process.exit(code),
): void {
  stderr.on('error', () => {})
  let isLost = false
  stdout.on('error', (error) => {
    if (systemCode(error) === 'EPIPE') return exit(Number(process.exitCode ?? 0))
    // Each further write fails as well.
    if (!isLost) void reportLost(error).then(exit)
    isLost = true
  })
}

async function reportLost(cause: Error): Promise<number> {
  const { systemReason } = await import('../base/files.ts')
  const { reportFailure } = await import('./failure.ts')
  return reportFailure(new SaltError('storage', `the output cannot be written: ${systemReason(cause)}`, { cause }), [])
}
