/** `minion_pillar_cache`: the last pillar as files that only the minion can read, which are pillar roots themselves. */
import { join } from 'node:path'
import { asSaltError } from '../../base/errors.ts'
import { ensurePrivateFolder, readFileIfExists, writeFileAtomic } from '../../base/files.ts'
import { toJson } from '../../base/json.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ConfigView } from '../config-view.ts'
import { readJson } from '../render/data/json-read.ts'
import { toPlain } from '../render/values/plain.ts'

interface Keeper {
  readonly id: string
  readonly config: ConfigView
  readonly log: Log
}

const firstLine = '#!json\n'

/** What cannot be written is logged: pillar is in memory all the same. */
export async function keepPillar(
  { config, id, log }: Keeper,
  pillar: Readonly<Record<string, unknown>>,
): Promise<void> {
  const folder = folderOf(config)
  try {
    ensurePrivateFolder(folder)
    await writeFileAtomic(join(folder, 'top.sls'), `${firstLine}${toJson({ base: { [id]: ['cache'] } })}\n`, 0o600)
    await writeFileAtomic(join(folder, 'cache.sls'), `${firstLine}${toJson(pillar)}\n`, 0o600)
  } catch (error) {
    log.error('pillar cannot be kept on disk', { folder, reason: asSaltError(error).message })
  }
}

/** Empty where nothing was kept, or what is there is of no use. */
export async function readKeptPillar({ config, log }: Keeper): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folderOf(config), 'cache.sls')
  try {
    const text = readFileIfExists(path)
    if (text === undefined || !text.startsWith(firstLine)) return {}
    const pillar = toPlain(readJson(text.slice(firstLine.length)))
    return isRecord(pillar) ? pillar : {}
  } catch (error) {
    log.warning('the pillar that was kept on disk cannot be read', { file: path, reason: asSaltError(error).message })
    return {}
  }
}

function folderOf(config: ConfigView): string {
  return join(String(config.get('cachedir')), 'pillar')
}
