/** A top file: its form, its targets, and whether the SLS files are there. */
import { SaltError } from '../../../base/errors.ts'
import type { ValuePath } from '../../render/data/yaml-places.ts'
import type { RenderedSls } from '../../render/render-sls.ts'
import { compileTopTarget } from '../../sls/top-target.ts'
import { isMapping } from '../compile/high-data.ts'
import type { StateFiles } from '../compile/state-files.ts'
import { verifyTop } from '../top/top-verify.ts'
import type { FindingCode, Severity } from './finding.ts'

export interface TopChecks {
  readonly files: StateFiles
  readonly nodegroups: unknown
  report(severity: Severity, code: FindingCode, message: string, path: ValuePath): void
}

export async function checkTop({ value }: RenderedSls, { files, nodegroups, report }: TopChecks): Promise<void> {
  if (!isMapping(value)) {
    report('error', 'bad-top', 'Top data was not formed as a dict', [])
    return
  }
  const environments = verifyTop(new Map([...value].filter(([key]) => key !== 'include')), (sentence, path) =>
    report('error', 'bad-top', sentence, path.map(String)),
  )
  for (const [saltenv, targets] of environments) {
    const isKnown = await files.hasEnvironment(saltenv)
    for (const [tgt, items] of targets) {
      const path = [saltenv, tgt]
      try {
        compileTopTarget({ tgt, items }, nodegroups)
      } catch (error) {
        if (!(error instanceof SaltError)) throw error
        report('error', 'bad-target', error.message, path)
      }
      // Other environments may lie elsewhere.
      if (!isKnown) continue
      for (const [index, item] of items.entries()) {
        if (typeof item !== 'string' || item === '' || (await files.matching(saltenv, item)).length > 0) continue
        report('error', 'sls-missing', `There is no SLS file ${item} in the environment ${saltenv}`, [...path, index])
      }
    }
  }
}
