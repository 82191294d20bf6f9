/** Finds pip, runs it, and reads what it prints. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import type { ExecOptions, ExecResult, FunctionContext } from '../../../engine/plugin.ts'

/** Arguments that most functions take, in Salt's order. */
export const where = {
  bin_env: s.optional(s.path('Virtual environment, or path of a pip or python')),
  user: s.optional(s.string('User to run pip as')),
  cwd: s.optional(s.path('Folder to run it in')),
}

export interface Where {
  readonly bin_env?: string | undefined
  readonly user?: string | undefined
  readonly cwd?: string | undefined
  readonly env_vars?: Readonly<Record<string, unknown>> | undefined
}

/** The words that start pip. */
function pipOf(ctx: FunctionContext, place: string | undefined): readonly string[] {
  if (place === undefined) return ['python3', '-m', 'pip']
  const status = statSync(ctx.at(place), { throwIfNoEntry: false })
  if (status?.isDirectory() === true) {
    for (const python of ['bin/python', 'bin/python3']) {
      const path = join(place, python)
      if (statSync(ctx.at(path), { throwIfNoEntry: false }) !== undefined) return [path, '-m', 'pip']
    }
    throw new SaltError('missing-program', `Could not find a \`pip\` binary in virtualenv ${place}`)
  }
  if (status?.isFile() === true) return /python[\d.]*$/.test(place) ? [place, '-m', 'pip'] : [place]
  throw new SaltError('missing-program', `Could not find a \`pip\` binary in path ${place}`)
}

export function runPip(ctx: FunctionContext, place: Where, words: readonly string[]): Promise<ExecResult> {
  const env = Object.entries(place.env_vars ?? {}).map(([key, value]) => [key, String(value)] as const)
  const options: ExecOptions = {
    ...(place.user === undefined ? {} : { runas: place.user }),
    ...(place.cwd === undefined ? {} : { cwd: place.cwd }),
    env: { PIP_DISABLE_PIP_VERSION_CHECK: '1', ...Object.fromEntries(env) },
  }
  return ctx.exec([...pipOf(ctx, place.bin_env), ...words], options)
}

/** The output of a pip that must not fail. */
export async function pipOutput(ctx: FunctionContext, place: Where, words: readonly string[]): Promise<string> {
  const result = await runPip(ctx, place, words)
  if (result.retcode !== 0) {
    const reason = (result.stderr || result.stdout).trim()
    if (/No module named '?pip'?$/.test(reason)) throw new SaltError('missing-program', reason)
    throw new SaltError('execution-failed', reason)
  }
  return result.stdout
}

/** A list of mappings, as pip prints it for `--format=json`. */
export async function pipRecords(
  ctx: FunctionContext,
  place: Where,
  words: readonly string[],
): Promise<readonly Record<string, unknown>[]> {
  const output = await pipOutput(ctx, place, [...words, '--format=json'])
  // Warnings may stand around it.
  const line = output.split('\n').find((one) => one.startsWith('[')) ?? '[]'
  const answer: unknown = JSON.parse(line)
  return Array.isArray(answer) ? answer.filter(isRecord) : []
}

/** Installed packages with their versions. */
export async function pipTable(ctx: FunctionContext, place: Where): Promise<Record<string, string>> {
  const found = await pipRecords(ctx, place, ['list'])
  return Object.fromEntries(found.map((one) => [String(one.name), String(one.version)]))
}

/** Name and version of a line of `pip freeze`; undefined for comments and options. */
export function parseFrozen(line: string): readonly [name: string, version: string] | undefined {
  const text = line.trim()
  const editable = /^-e (.+?)[#&]egg=([^&]+)/.exec(text)
  if (editable !== null) return [editable[2] ?? '', editable[1] ?? '']
  const exact = /^([\w.-]+)\s*={2,3}\s*(\S+)$/.exec(text)
  if (exact !== null) return [exact[1] ?? '', exact[2] ?? '']
  const direct = /^([\w.-]+) @ (\S+)$/.exec(text)
  return direct === null ? undefined : [direct[1] ?? '', direct[2] ?? '']
}
