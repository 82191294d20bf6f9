/** Changes of the grains file, one after the other. */
import * as fs from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { readFileIfExists, writeFileAtomic } from '../../base/files.ts'
import type { ConfigView } from '../plugin.ts'
import { grainsFilePath, parseGrainsFile } from './grains.ts'

/** Two jobs that change the file at the same time must not lose each other's values. */
let last: Promise<unknown> = Promise.resolve()

/** Reads the file, lets `change` work on its mapping and writes it back. Throws `configuration` where it is not YAML. */
export function changeGrains(config: ConfigView, change: (grains: Record<string, unknown>) => void): Promise<void> {
  const work = last.then(() => rewrite(config, change))
  last = work.catch(() => {})
  return work
}

async function rewrite(config: ConfigView, change: (grains: Record<string, unknown>) => void): Promise<void> {
  const path = grainsFilePath(config)
  if (path === undefined) throw new SaltError('configuration', 'it is not known where the grains file lies')
  const grains = await parseGrainsFile(readFileIfExists(path) ?? '', path)
  change(grains)
  const { emitYaml } = await import('../../base/yaml-emit.ts')
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, emitYaml(grains), modeOf(path))
}

function modeOf(path: string): number {
  const status = fs.statSync(path, { throwIfNoEntry: false })
  return status === undefined ? 0o640 : status.mode & 0o777
}
