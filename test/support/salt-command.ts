import { reportFailure } from '../../src/cli/failure.ts'
import { run } from '../../src/cli/salt.ts'
import { capture } from './captured-output.ts'

export interface Answer {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** `salt` with these words inside the test's process, with its errors told as the program tells them. */
export async function saltCommand(configDir: string, words: readonly string[]): Promise<Answer> {
  const argv = ['-c', configDir, ...words]
  const { result, stdout, stderr } = await capture(() => run(argv).catch((error) => reportFailure(error, argv)))
  return { exit: result, stdout, stderr }
}
