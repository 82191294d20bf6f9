import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../../base/errors.ts'
import { matchGlob } from '../../target/glob.ts'

/** Paths below a folder that a pattern means, level by level and sorted; a path without patterns is itself where it is there. */
export async function expandGlob(folder: string, pattern: string): Promise<readonly string[]> {
  let paths = ['']
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    const next: string[] = []
    for (const path of paths) {
      const names = (await namesIn(join(folder, path))).filter((name) => matchGlob(part, name))
      next.push(...names.sort().map((name) => (path === '' ? name : `${path}/${name}`)))
    }
    paths = next
  }
  return paths.filter((path) => path !== '')
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return []
    throw error
  }
}
