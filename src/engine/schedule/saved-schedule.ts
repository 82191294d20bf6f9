/** The file in which a minion keeps the changes that were made to its schedule: `_schedule.conf` beside its other files. */
import * as fs from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { writeFileAtomicSync } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ConfigView } from '../plugin.ts'
import type { ScheduleMapping } from './schedule.ts'

const privateMode = 0o600

/** Below the folder that `default_include` names. */
export function savedSchedulePath(config: ConfigView): string {
  const include = config.get('default_include')
  const folder = dirname(typeof include === 'string' ? include : 'minion.d/*.conf')
  return join(
    isAbsolute(folder) ? folder : join(String(config.get('config_dir') ?? '/etc/salt'), folder),
    '_schedule.conf',
  )
}

/** Empty where nothing was saved. Throws `configuration` for what is no YAML, `storage` for what cannot be read. */
export async function readSavedSchedule(path: string): Promise<ScheduleMapping> {
  if (!fs.existsSync(path)) return {}
  const { parseYaml } = await import('../../base/yaml.ts')
  const content = parseYaml(fs.readFileSync(path, 'utf8'), { file: basename(path) })
  return isRecord(content) && isRecord(content.schedule) ? content.schedule : {}
}

/** Jobs may hold secrets among their arguments: the file is for its owner alone. Throws `storage`. */
export async function writeSavedSchedule(path: string, schedule: ScheduleMapping): Promise<void> {
  const { emitYaml } = await import('../../base/yaml-emit.ts')
  fs.mkdirSync(dirname(path), { recursive: true })
  writeFileAtomicSync(path, emitYaml({ schedule: withoutOwn(schedule) }), privateMode, { sync: true })
}

/** Without the jobs of the daemon, and without the notes that Python Salt made in jobs. */
export function withoutOwn(schedule: ScheduleMapping): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schedule)
      .filter(([name]) => !name.startsWith('__'))
      .map(([name, job]) => [name, isRecord(job) ? withoutNotes(job) : job]),
  )
}

function withoutNotes(job: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(job).filter(([key]) => !key.startsWith('_')))
}
