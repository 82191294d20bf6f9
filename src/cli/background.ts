/**
 * The step into the background: the command starts itself again without a terminal and ends when the new process says, over a
 * pipe that it inherits, that the daemon is ready or why it is not.
 */
import { spawn } from 'node:child_process'
import { closeSync, writeSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { type ErrorRecord, SaltError } from '../base/errors.ts'
import { ownCommand } from '../base/own-command.ts'

/** Tells a process that it is in the background, and on which file descriptor somebody waits for its word. */
const readyVariable = 'SALT_READY_FD'
const readyDescriptor = 3

type Word = { readonly kind: 'ready' } | { readonly kind: 'refused'; readonly error: ErrorRecord }

/** Taken out of the environment at once, so that the programs that the daemon starts do not see it. */
const descriptor = takeDescriptor()
let isTold = false

export function isInBackground(): boolean {
  return descriptor !== undefined
}

/** Starts `salt NAME …` in the background. Resolves to 0 when it is ready; throws its error when it is not. */
export async function startInBackground(name: string, argv: readonly string[]): Promise<number> {
  const [program, ...first] = ownCommand()
  const child = spawn(program, [...first, name, ...argv], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, [readyVariable]: String(readyDescriptor) },
    windowsHide: true,
  })
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1))
  })
  const word = await readWord(child.stdio[readyDescriptor] as Readable)
  if (word?.kind === 'ready') {
    child.unref()
    return 0
  }
  if (word !== undefined) throw SaltError.fromRecord(word.error)
  throw new SaltError('internal', `the ${name} ended (${await ended}) before it was ready`, {
    hint: `Run it in the foreground to see why: salt ${name} -l debug`,
  })
}

async function readWord(pipe: Readable): Promise<Word | undefined> {
  let text = ''
  pipe.setEncoding('utf8')
  for await (const chunk of pipe) {
    text += String(chunk)
    if (text.endsWith('\n')) break
  }
  pipe.destroy()
  return text === '' ? undefined : (JSON.parse(text) as Word)
}

/** Lets the command that waits end well. */
export function tellReady(): void {
  tell({ kind: 'ready' })
}

/** Hands the error to the command that waits, which shows it. */
export function tellRefused(error: SaltError): void {
  tell({ kind: 'refused', error: error.toRecord() })
}

function tell(word: Word): void {
  if (descriptor === undefined || isTold) return
  isTold = true
  try {
    writeSync(descriptor, `${JSON.stringify(word)}\n`)
    closeSync(descriptor)
  } catch {
    // Nobody waits any more.
  }
}

function takeDescriptor(): number | undefined {
  const given = process.env[readyVariable]
  delete process.env[readyVariable]
  return given === String(readyDescriptor) ? readyDescriptor : undefined
}
