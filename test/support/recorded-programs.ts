/** Recorded programs as files of cases have them. */
import { readFileSync } from 'node:fs'
import type { RecordedRun } from './function-host.ts'

export interface RecordedProgram {
  readonly stdout?: string
  readonly stderr?: string
  readonly retcode?: number
  /** Holds the recorded output. */
  readonly file?: string
  /** Names the recorded output among those of the file of cases. */
  readonly output?: string
}

/** Command line → output, or all of the result; of a list, each run takes the next, and the last stays. */
export type RecordedPrograms = Readonly<
  Record<string, string | RecordedProgram | readonly (string | RecordedProgram)[]>
>

/** Outputs that several cases share. */
export type SharedOutputs = Readonly<Record<string, string>>

/** Recorded outputs with the content of the files that they name, which lie in `folder`. */
export function recordedPrograms(
  programs: RecordedPrograms,
  outputs: SharedOutputs,
  here: (word: string) => string,
  folder: URL,
): Record<string, readonly RecordedRun[]> {
  return Object.fromEntries(
    Object.entries(programs).map(([line, recorded]) => [
      here(line),
      [recorded].flat().map((run) => withContent(run, outputs, folder)),
    ]),
  )
}

function withContent(recorded: string | RecordedProgram, outputs: SharedOutputs, folder: URL): RecordedRun {
  if (typeof recorded === 'string') return recorded
  const { file, output, ...result } = recorded
  if (output !== undefined) {
    const stdout = outputs[output]
    if (stdout === undefined) throw new Error(`no output of the name ${output}`)
    return { ...result, stdout }
  }
  return file === undefined ? result : { ...result, stdout: readFileSync(new URL(file, folder), 'utf8') }
}
