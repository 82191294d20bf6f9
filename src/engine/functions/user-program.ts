/** What all executables among user plugins have in common: the description beside them, and how they are run and read. */
import * as fs from 'node:fs'
import { SaltError } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import { toJson } from '../../base/json.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { Schema } from '../../base/schema.ts'
import type { ExecOptions, ExecResult } from '../plugin.ts'
import { readJsonSchema } from './json-schema.ts'
import type { PluginFile } from './plugin-files.ts'

export interface ProgramHost {
  readonly log: Log
  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult>
}

export interface Program {
  readonly file: string
  readonly name: string
  /** Undefined: only the work that it is called for limits it. */
  readonly timeoutMs: number | undefined
}

/** What `message.fun` makes it print, as JSON. Throws `execution-failed` also where it prints anything else. */
export async function runFor(
  program: Program,
  host: ProgramHost,
  message: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const printed = await printedBy(program, host, message)
  if (printed.trim() === '') return null
  try {
    return JSON.parse(printed)
  } catch {
    throw failure(program, message, `must print JSON, but printed ${JSON.stringify(printed.slice(0, 80))}`)
  }
}

/** Throws `execution-failed` where it fails, with what it says on its standard error. */
export async function printedBy(
  program: Program,
  host: ProgramHost,
  message: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { file, timeoutMs } = program
  const { stdout, stderr, retcode, timedOut } = await host.exec([file], {
    stdin: `${toJson(message)}\n`,
    keepLocale: true,
    // What a program prints is JSON, and JSON is UTF-8, whatever language the host speaks.
    env: { PYTHONIOENCODING: 'utf-8' },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  const told = stderr.trim()
  if (timedOut) throw failure(program, message, `took longer than the ${Number(timeoutMs) / 1000} seconds that it has`)
  if (retcode !== 0) throw failure(program, message, `failed with code ${retcode}${told === '' ? '' : `: ${told}`}`)
  if (told !== '') host.log.info('A user plugin wrote', { file, text: told })
  return stdout
}

function failure({ name, file }: Program, { fun }: Readonly<Record<string, unknown>>, what: string): SaltError {
  return new SaltError('execution-failed', `${name}.${String(fun)} ${what}`, { where: file })
}

/** Throws `bad-arguments` for what is no JSON mapping. */
export function readSidecar(file: PluginFile): Readonly<Record<string, unknown>> {
  const where = file.sidecar ?? file.path
  const text = readText(where)
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SaltError('bad-arguments', `It is not JSON: ${reason}`, { where, cause })
  }
  throw new SaltError('bad-arguments', 'The description of an executable must be a mapping.', { where })
}

/** `timeout` of a description, which is in seconds. */
export function timeoutIn({ timeout }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof timeout === 'number' && timeout > 0 ? timeout * 1000 : undefined
}

/** What it wants to be told with each call. Throws `bad-arguments` for anything else than these. */
export function needsIn(
  { needs = [] }: Readonly<Record<string, unknown>>,
  possible: readonly string[],
  where: string,
): readonly string[] {
  const named: readonly unknown[] = [needs].flat()
  const odd = named.find((need) => !possible.some((one) => one === need))
  if (odd === undefined) return named.map(String)
  throw new SaltError('bad-arguments', `It may need ${possible.join(' and ')}, not ${JSON.stringify(odd)}.`, { where })
}

/** The arguments that a JSON Schema describes, and `extra` where it allows for others in so many words. */
export function argumentsIn(
  given: unknown,
  path: string,
  where: string,
): { readonly args: Readonly<Record<string, Schema>>; readonly extra?: Schema } {
  const { properties = {}, additionalProperties } = readJsonSchema(given, path, where)
  if (typeof additionalProperties === 'object') return { args: properties, extra: additionalProperties }
  const isOpen = isRecord(given) && given.additionalProperties === true
  return { args: properties, ...(isOpen ? { extra: {} } : {}) }
}

export function readText(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch (error) {
    throw new SaltError('bad-arguments', `It cannot be read: ${systemReason(error)}`, { where: path, cause: error })
  }
}

/** Throws `bad-arguments` with what to do. */
export function assertExecutable(path: string): void {
  try {
    fs.accessSync(path, fs.constants.X_OK)
  } catch (error) {
    throw new SaltError('bad-arguments', `It cannot be executed: ${systemReason(error)}`, {
      where: path,
      hint: `Allow it with chmod +x ${path}.`,
      cause: error,
    })
  }
}
