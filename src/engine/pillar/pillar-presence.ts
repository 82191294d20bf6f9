/** Whether there can be any pillar: asked before anything is loaded that makes it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigView } from '../config-view.ts'
import { pillarSettings } from './pillar-settings.ts'

/** False where no source is configured, no root has a top file, and nothing else is put into pillar. */
export function mayHavePillar(config: ConfigView): boolean {
  const { sources, roots, topFile, givesOptions } = pillarSettings(config)
  if (sources.length > 0 || givesOptions) return true
  return Object.entries(roots).some(
    ([saltenv, folders]) => saltenv === '__env__' || folders.some((folder) => existsSync(join(folder, topFile))),
  )
}

/** Whether a return tells of states: their differences may hold what was decrypted. */
export function showsStates(fun: string | readonly string[]): boolean {
  return [fun].flat().some((name) => name.startsWith('state.'))
}
