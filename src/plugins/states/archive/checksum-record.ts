/** Checksums of archives that were extracted, as Salt keeps them below `archive_hash` of the cache. */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { writeFileAtomicSync } from '../../../base/files.ts'
import type { StateContext } from '../../../engine/plugin.ts'

function recordPath(ctx: StateContext, archive: string): string {
  const cache = String(ctx.config.get('cachedir') ?? '/var/cache/salt/minion')
  const relative = posix.relative(cache, archive)
  const isCached = !relative.startsWith('../')
  return posix.join(cache, 'archive_hash', isCached ? `${relative}.hash` : posix.join('local', archive))
}

/** Hexadecimal digits of that kind of checksum; undefined where none was kept. */
export function keptChecksum(ctx: StateContext, archive: string, type: string): string | undefined {
  return linesOf(recordPath(ctx, archive)).find(([kind]) => kind === type)?.[1]
}

export function keepChecksum(ctx: StateContext, archive: string, type: string, sum: string): void {
  const path = recordPath(ctx, archive)
  fs.mkdirSync(posix.dirname(path), { recursive: true, mode: 0o700 })
  const others = linesOf(path).filter(([kind]) => kind !== type)
  writeFileAtomicSync(path, [...others, [type, sum]].map((line) => `${line.join(':')}\n`).join(''), 0o600)
}

function linesOf(path: string): (readonly [string, string])[] {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(':')
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
  })
}
