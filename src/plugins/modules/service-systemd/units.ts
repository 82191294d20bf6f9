/** Names of units, and the files that define them. */
import * as fs from 'node:fs'
import { join } from 'node:path'
import { readEnabledScripts, readScripts } from '../../../engine/functions/services/init-scripts.ts'
import { listSystemFolder } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

const unitTypes = [
  'service',
  'socket',
  'device',
  'mount',
  'automount',
  'swap',
  'target',
  'path',
  'timer',
  'slice',
  'scope',
]
const unitFolders = ['/lib/systemd/system', '/usr/lib/systemd/system', '/etc/systemd/system']

/** `sshd` → `sshd.service`; what names its type stays as it is. */
export function unitName(name: string): string {
  return unitTypes.some((type) => name.endsWith(`.${type}`)) ? name : `${name}.service`
}

/** `sshd.service` → `sshd`; other types keep their ending, and undefined is no unit of a known type. */
export function shortName(unit: string): string | undefined {
  const dot = unit.lastIndexOf('.')
  const type = unit.slice(dot + 1)
  if (dot < 1 || !unitTypes.includes(type)) return undefined
  return type === 'service' ? unit.slice(0, dot) : unit
}

export function within(root: string | undefined, path: string): string {
  return root === undefined ? path : join(root, path)
}

/** All units that files define, and the init scripts besides them. */
export function listUnits(ctx: FunctionContext, root: string | undefined): string[] {
  const files = unitFolders.flatMap((folder) => listSystemFolder(ctx, within(root, folder)))
  const units = new Set(files.map(shortName).filter((name) => name !== undefined))
  return [...units.union(new Set(readScripts(ctx, within(root, '/etc/init.d'))))].sort()
}

/** Init scripts that no unit replaces. */
export function scriptsWithoutUnit(ctx: FunctionContext, root: string | undefined): string[] {
  const files = new Set(unitFolders.flatMap((folder) => listSystemFolder(ctx, within(root, folder))))
  return readScripts(ctx, within(root, '/etc/init.d')).filter((name) => !files.has(`${name}.service`))
}

/** Those of them that start at boot. */
export function enabledScripts(ctx: FunctionContext, root: string | undefined): string[] {
  const enabled = new Set(['2', '3', '5'].flatMap((level) => readEnabledScripts(ctx, within(root, '/etc'), level)))
  return scriptsWithoutUnit(ctx, root).filter((name) => enabled.has(name))
}

/** Whether a link to /dev/null stands in place of the unit's file. */
export function isMasked(ctx: FunctionContext, name: string, runtime: boolean, root: string | undefined): boolean {
  try {
    const folder = within(root, runtime ? '/run/systemd/system' : '/etc/systemd/system')
    return fs.readlinkSync(ctx.at(`${folder}/${unitName(name)}`)) === '/dev/null'
  } catch {
    return false
  }
}
