/** Scripts below /etc/init.d and the links that start them: what SysV init, and systemd beside its units, go by. */
import * as fs from 'node:fs'
import type { FunctionContext } from '../../plugin.ts'
import { changes, linesOf, runIfInstalled, succeeds, wordsOf } from '../host-programs.ts'
import { listSystemFolder, readSystemFile } from '../system-files.ts'
import type { ServiceAction } from './manager.ts'

/** Names of scripts that can be run. */
export function readScripts(ctx: FunctionContext, folder = '/etc/init.d'): string[] {
  return listSystemFolder(ctx, folder).filter((name) => isProgram(ctx.at(`${folder}/${name}`)))
}

/** Names of what `S` links start in a runlevel, for `rcN.d` folders below `folder`. */
export function readEnabledScripts(ctx: FunctionContext, folder: string, runlevel: string): string[] {
  const links = listSystemFolder(ctx, `${folder}/rc${runlevel}.d`)
  return links.map((link) => /^S\d\d(.+)$/.exec(link)?.[1]).filter((name) => name !== undefined)
}

/** The runlevel of this system: what `runlevel` says, else what inittab begins with, else `fallback`. */
export async function currentRunlevel(ctx: FunctionContext, fallback: string): Promise<string> {
  const result = await runIfInstalled(ctx, ['runlevel'])
  const level = wordsOf(result?.stdout ?? '')[1]
  if (result?.retcode === 0 && level !== undefined && /^[2-5]$/.test(level)) return level
  const inittab = linesOf(readSystemFile(ctx, '/etc/inittab') ?? '')
  for (const line of inittab) {
    const initial = /^[^#:]*:([2-5]):initdefault:/.exec(line)?.[1]
    if (initial !== undefined) return initial
  }
  return fallback
}

/** Calls the script through `service`, which gives it a clean environment. */
export async function runScript(ctx: FunctionContext, name: string, action: ServiceAction): Promise<boolean> {
  if (action !== 'try-restart') return changes(ctx, ['service', name, action])
  return !(await succeeds(ctx, ['service', name, 'status'])) || changes(ctx, ['service', name, 'restart'])
}

function isProgram(path: string): boolean {
  const status = fs.statSync(path, { throwIfNoEntry: false })
  return status?.isFile() === true && (status.mode & 0o111) !== 0
}
