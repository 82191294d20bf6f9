import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { binaryPath, type ProgramKind, programArgv, projectRoot, Running } from './program.ts'
import { comparable, type Recording } from './recording.ts'

export const recordingsFolder = join(projectRoot, '..', 'shared', 'golden')
const differences: Record<string, string> = JSON.parse(
  readFileSync(join(projectRoot, 'test', 'cases', 'recording-differences.json'), 'utf8'),
)

/** `SALT_TEST_PROGRAM=source` compares the sources instead. */
export const recordedProgram: ProgramKind = process.env.SALT_TEST_PROGRAM === 'source' ? 'source' : 'binary'
const isBuilt = recordedProgram === 'source' || existsSync(binaryPath)
/** Why nothing can be compared here, or false. */
export const cannotCompare = existsSync(recordingsFolder)
  ? isBuilt
    ? false
    : 'the binary is not built'
  : 'there are no recordings'

/** Recordings of a group: `cli`. None where they cannot be compared. */
export function recordings(group: string): readonly Recording[] {
  return cannotCompare === false ? JSON.parse(readFileSync(join(recordingsFolder, `${group}.json`), 'utf8')) : []
}

/** Why ours differs from the recording, on purpose. */
export function knownDifference(group: string, name: string): string | undefined {
  return differences[`${group}/${name}`]
}

/** Puts commands of the reference's names into `bin` below `folder`, and returns that path. */
export function wrapCommands(folder: string, config: string, minionConfig: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const commands = {
    salt: `-c '${config}'`,
    'salt-key': `key -c '${config}'`,
    'salt-run': `run -c '${config}'`,
    'salt-call': `call -c '${minionConfig}'`,
    'salt-master': 'master',
  }
  for (const [name, words] of Object.entries(commands)) {
    const line = `exec ${programArgv(recordedProgram).join(' ')} ${words} "$@"`
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
  }
  return bin
}

/** Runs a recorded command and compares all that it answers. */
export async function compareRecording(cwd: string, bin: string, recording: Recording): Promise<void> {
  const running = new Running(['bash', '-c', recording.cmd], {
    cwd,
    env: { PATH: `${bin}:${process.env.PATH}`, TERM: 'dumb' },
    timeoutMs: 60_000,
  })
  const { exitCode, stdout, stderr } = await running.finished
  assert.deepEqual(
    comparable({ ...recording, exitcode: exitCode ?? -1, stdout, stderr }),
    comparable(recording),
    `${recording.cmd}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`,
  )
}
