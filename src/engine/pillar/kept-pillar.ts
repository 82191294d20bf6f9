/** `minion_pillar_cache`: the last pillar as files that only the minion can read, which are pillar roots themselves. */
import { join } from 'node:path'
import { asSaltError } from '../../base/errors.ts'
import { ensurePrivateFolder, readFileIfExists, writeFileAtomic } from '../../base/files.ts'
import { toJson } from '../../base/json.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { emitYaml } from '../../base/yaml-emit.ts'
import type { ConfigView } from '../config-view.ts'
import { readJson } from '../render/data/json-read.ts'
import { loadYaml } from '../render/data/yaml-load.ts'
import { toPlain } from '../render/values/plain.ts'
import type { CompiledPillar } from './compile-pillar.ts'

interface Keeper {
  readonly id: string
  readonly config: ConfigView
  readonly log: Log
}

const firstLine = '#!yaml\n'
/** Texts that were decrypted; it lies beside the files of the root. */
const secretsFile = 'secrets.json'
const nothing: CompiledPillar = { pillar: {}, secrets: [] }

/** What cannot be written is logged: pillar is in memory all the same. */
export async function keepPillar({ config, id, log }: Keeper, { pillar, secrets }: CompiledPillar): Promise<void> {
  const folder = folderOf(config)
  try {
    ensurePrivateFolder(folder)
    await writeFileAtomic(join(folder, 'top.sls'), `${firstLine}${emitYaml({ base: { [id]: ['cache'] } })}`, 0o600)
    await writeFileAtomic(join(folder, secretsFile), toJson(secrets), 0o600)
    await writeFileAtomic(
      join(folder, 'cache.sls'),
      `${firstLine}${emitYaml(pillar, { sortKeys: false, anchors: false })}`,
      0o600,
    )
  } catch (error) {
    log.error('pillar cannot be kept on disk', { folder, reason: asSaltError(error).message })
  }
}

/** Empty where nothing was kept, or what is there is of no use. */
export function readKeptPillar({ config, log }: Keeper): CompiledPillar {
  const path = join(folderOf(config), 'cache.sls')
  try {
    const text = readFileIfExists(path)
    if (text === undefined || !text.startsWith(firstLine)) return nothing
    const pillar = toPlain(loadYaml(text.slice(firstLine.length)))
    const secrets = toPlain(readJson(readFileIfExists(join(folderOf(config), secretsFile)) ?? '[]'))
    return isRecord(pillar) && Array.isArray(secrets) ? { pillar, secrets: secrets.map(String) } : nothing
  } catch (error) {
    log.warning('the pillar that was kept on disk cannot be read', { file: path, reason: asSaltError(error).message })
    return nothing
  }
}

function folderOf(config: ConfigView): string {
  return join(String(config.get('cachedir')), 'pillar')
}
