import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { resolveInside } from '../../base/files.ts'

export interface RoleFile {
  /** Relative to the file root, with forward slashes. */
  readonly path: string
  readonly size: number
  readonly sha256: string
}

/** A user module is source text: nothing of that kind is this large. */
const largestFile = 16 * 1024 * 1024

/** The files that minions may fetch: `file_roots` per environment, the first root that has a path wins. */
export class RoleFiles {
  readonly #roots: Readonly<Record<string, readonly string[]>>

  constructor(roots: Readonly<Record<string, readonly string[]>>) {
    this.#roots = roots
  }

  /** Files below one folder, such as `_modules`. An unknown environment has none. */
  list(saltenv: string, under: string): readonly RoleFile[] {
    const found = new Map<string, RoleFile>()
    for (const root of this.#roots[saltenv] ?? []) {
      const folder = resolveInside(root, under)
      for (const name of filesBelow(folder)) {
        const path = `${under}/${name}`
        if (found.has(path)) continue
        const bytes = readFileSync(resolveInside(root, path))
        found.set(path, { path, size: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') })
      }
    }
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  read(saltenv: string, path: string): Uint8Array {
    for (const root of this.#roots[saltenv] ?? []) {
      const file = resolveInside(root, path)
      const status = statSync(file, { throwIfNoEntry: false })
      if (status?.isFile() !== true) continue
      if (status.size > largestFile)
        throw new SaltError('overloaded', `the file ${path} is larger than ${largestFile} bytes`)
      return readFileSync(file)
    }
    throw new SaltError('bad-path', `the file roots of '${saltenv}' have no file ${path}`)
  }
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/'),
      )
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return []
    throw error
  }
}
