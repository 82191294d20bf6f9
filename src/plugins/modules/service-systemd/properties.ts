/** Properties of units, as `systemctl show` prints them. */
import { linesOf, wordsOf } from '../../../engine/functions/host-programs.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { systemctl } from './systemctl.ts'
import { listUnits, unitName } from './units.ts'

/** Properties that Salt gives as lists. */
const lists = ['Before', 'After', 'Wants']
/** Command lines have a length that the system limits. */
const unitsAtOnce = 200

export function readProperties(text: string): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const line of linesOf(text)) {
    const at = line.indexOf('=')
    if (at < 1) continue
    const name = line.slice(0, at)
    const value = line.slice(at + 1)
    if (value.startsWith('{')) properties[name] = readParts(value)
    else properties[name] = lists.includes(name) ? wordsOf(value) : value
  }
  return properties
}

/** `{ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D ; … }` */
function readParts(value: string): Record<string, string> {
  const parts = value.replace(/^\{\s*|\s*\}$/g, '').split(' ; ')
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.indexOf('=')
      return at < 0 ? [part.trim(), ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
    }),
  )
}

/** Service → the program that it starts; services that start none are not there. */
export async function readExecs(ctx: FunctionContext, root: string | undefined): Promise<Record<string, string>> {
  // A template has no properties of its own.
  const services = listUnits(ctx, root).filter((name) => unitName(name).endsWith('.service') && !name.endsWith('@'))
  const execs: Record<string, string> = {}
  for (let start = 0; start < services.length; start += unitsAtOnce) {
    const some = services.slice(start, start + unitsAtOnce)
    const { stdout } = await systemctl(ctx, ['show', '--property=Id,ExecStart', ...some.map(unitName)], { root })
    for (const [index, block] of stdout.split(/\n\n+/).entries()) {
      const name = some[index]
      const start = readProperties(block).ExecStart
      if (name === undefined || typeof start !== 'object' || start === null || !('path' in start)) continue
      execs[name] = String(start.path)
    }
  }
  return execs
}
