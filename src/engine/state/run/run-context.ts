/** The world that a run of states sees: with the pillar, the environment and the configuration that it was asked for with. */
import { readFileSync } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { definedOnly, isRecord } from '../../../base/narrow.ts'
import type { FunctionContext } from '../../plugin.ts'
import { overlaid, withOptionsOfMaster } from '../options-of-master.ts'
import { type WantedPillar, withRunPillar } from './run-pillar.ts'

export interface RunWorld extends WantedPillar {
  readonly test?: boolean | undefined
  readonly state_events?: boolean | undefined
  /** A file of options. */
  readonly localconfig?: string | undefined
  /** Name of the top file. */
  readonly topFile?: string | undefined
}

/** Throws `bad-arguments` for an environment that may not be chosen, `file-fault` for a file of options that cannot be read. */
export async function runContext(ctx: FunctionContext, world: RunWorld): Promise<FunctionContext> {
  const { test, saltenv, pillarenv, state_events, localconfig, topFile } = world
  if (saltenv !== undefined && ctx.config.get('lock_saltenv') === true && saltenv !== ctx.config.get('saltenv')) {
    throw new SaltError('bad-arguments', 'lock_saltenv is enabled, saltenv cannot be changed')
  }
  const over = definedOnly({ test, saltenv, pillarenv, state_events, state_top: topFile })
  const local = localconfig === undefined ? {} : await readOptions(localconfig)
  const told = await withOptionsOfMaster(ctx)
  return await withRunPillar(told.derive({ config: overlaid(told.config, { ...local, ...over }) }), world)
}

async function readOptions(path: string): Promise<Record<string, unknown>> {
  const { parseYaml } = await import('../../../base/yaml.ts')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new SaltError('bad-arguments', `localconfig cannot be read: ${systemReason(error)}`, { where: path })
  }
  const options = parseYaml(text)
  if (!isRecord(options))
    throw new SaltError('bad-arguments', 'localconfig must be a mapping of options', { where: path })
  return options
}
