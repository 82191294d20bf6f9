/** Recordings of states and orchestrations: what differs from run to run in them, and the files that they are about. */
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Running } from './program.ts'
import { recordingsFolder } from './recorded-commands.ts'
import { type Recording, sortKeys } from './recording.ts'

/** Where the recorded states write. */
const recordedPlace = '/tmp/gold'

/** Puts the recorded SLS files below `folder`; what they write, they write below `place` then. */
export function copyRecordedStates(folder: string, place: string): void {
  cpSync(join(recordingsFolder, 'states'), folder, { recursive: true })
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.sls')) continue
    const file = join(folder, path)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(recordedPlace, place), { mode: 0o644 })
  }
}

export interface RecordedPlace {
  /** Working folder of the commands. */
  readonly cwd: string
  /** Folder with commands of the reference's names. */
  readonly bin: string
  /** What stands for the place where the recorded states write. */
  readonly place: string
}

/** Runs a command as recorded, and gives what it answers as if it had written where the recorded one did. */
export async function runRecorded(cmd: string, { cwd, bin, place }: RecordedPlace): Promise<Omit<Recording, 'name'>> {
  const running = new Running(['bash', '-c', cmd.replaceAll(recordedPlace, place)], {
    cwd,
    env: { PATH: `${bin}:${process.env.PATH}`, TERM: 'dumb' },
    timeoutMs: 60_000,
  })
  const { exitCode, stdout, stderr } = await running.finished
  const there = (text: string): string => text.replaceAll(place, recordedPlace)
  return { cmd, exitcode: exitCode ?? -1, stdout: there(stdout), stderr: there(stderr) }
}

/** Compares exit code and output; stderr says more here than there. */
export async function compareStates(recording: Recording, place: RecordedPlace): Promise<void> {
  const answer = await runRecorded(recording.cmd, place)
  assert.deepEqual(
    shown(answer),
    shown(recording),
    `${recording.cmd}\n--- stdout\n${answer.stdout}\n--- stderr\n${answer.stderr}`,
  )
}

function shown({ exitcode, stdout }: Omit<Recording, 'name'>): { exitcode: number; stdout: unknown } {
  const text = withoutTimes(stdout)
  try {
    return { exitcode, stdout: sortKeys(JSON.parse(text)) }
  } catch {
    // Minions answer in any order; what each says is in one.
    return { exitcode, stdout: text.split(/^(?=\S.*:$)/m).sort() }
  }
}

function withoutTimes(text: string): string {
  return (
    text
      .replaceAll(`${hostname()}_master`, 'vm_master')
      // A notice between the data that a program reads would be no data.
      .replace('No minions matched the target. No command was sent, no jid was assigned.\n', '')
      .replace(/\b\d{20}\b/g, 'JID')
      .replace(/Started: \d\d:\d\d:\d\d\.\d{6}/g, 'Started: TIME')
      .replace(/Duration: [\d.]+ ms/g, 'Duration: SPAN')
      .replace(/Total run time: +[\d.]+ m?s/g, 'Total run time: SPAN')
      .replace(/"start_time": "[\d:.]+"/g, '"start_time": "TIME"')
      .replace(/"duration": [\d.]+/g, '"duration": 0')
      .replace(/("pid": |pid:\n +)\d+/g, '$1PID'.replace('PID', '4711'))
      .replace(/(start_time:\n +)[\d:.]+/g, '$1TIME')
      .replace(/(duration:\n +)[\d.]+/g, '$1SPAN')
      // Where it is wrong, behind Salt's own sentence.
      .replace(/(?:\\n|\n) +at [\w/]+\.sls:\d+:\d+/g, '')
      .replace(/ERROR: Minions returned with non-zero exit code\n?/, '')
      .replace(/\n+$/, '\n')
  )
}
