/** Files in which a daemon keeps the changes that functions make to its options: beside those that `default_include` names. */
import * as fs from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { writeFileAtomicSync } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ConfigView } from '../plugin.ts'

const privateMode = 0o600

type Mapping = Readonly<Record<string, unknown>>

export function savedOptionsPath(config: ConfigView, file: string): string {
  const include = config.get('default_include')
  const folder = dirname(typeof include === 'string' ? include : 'minion.d/*.conf')
  return join(isAbsolute(folder) ? folder : join(String(config.get('config_dir') ?? '/etc/salt'), folder), file)
}

/** The mapping under a key. Empty where nothing was saved. Throws `configuration` for what is no YAML, `storage` for what cannot be read. */
export async function readSavedOptions(path: string, key: string): Promise<Mapping> {
  if (!fs.existsSync(path)) return {}
  const { parseYaml } = await import('../../base/yaml.ts')
  const content = parseYaml(fs.readFileSync(path, 'utf8'), { file: basename(path) })
  const value = isRecord(content) ? content[key] : undefined
  return isRecord(value) ? value : {}
}

/** There may be secrets in it: the file is for its owner alone. Throws `storage`. */
export async function writeSavedOptions(path: string, key: string, value: Mapping): Promise<void> {
  const { emitYaml } = await import('../../base/yaml-emit.ts')
  fs.mkdirSync(dirname(path), { recursive: true })
  writeFileAtomicSync(path, emitYaml({ [key]: value }), privateMode, { sync: true })
}
