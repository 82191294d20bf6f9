/** Environments of pillar: which there are, and which one a question means. */
import { withEnvironment } from '../files/any-environment.ts'
import { FileRoots, filesOfRoots } from '../files/file-roots.ts'
import type { ServedFiles } from '../files/served-files.ts'
import type { PillarQuestion } from '../plugin.ts'
import type { PillarSettings } from './pillar-settings.ts'

export interface PillarEnvironments {
  readonly files: ServedFiles
  readonly names: readonly string[]
  /** The only environment that counts; all where undefined. */
  readonly pillarenv: string | undefined
  /** Environment of the states. */
  readonly saltenv: string
}

/** An explicit `pillarenv` comes first, then that of the configuration, then with `pillarenv_from_saltenv` that of the states. */
export function pillarEnvironments(
  settings: Pick<PillarSettings, 'roots' | 'pillarenv' | 'isEnvironmentOfStates'>,
  { saltenv, pillarenv }: PillarQuestion,
): PillarEnvironments {
  const ofStates = settings.isEnvironmentOfStates ? saltenv : undefined
  const only = pillarenv ?? ofStates ?? settings.pillarenv
  const roots = withEnvironment(settings.roots, only ?? saltenv ?? 'base')
  return {
    files: filesOfRoots(new FileRoots(roots)),
    names: Object.keys(roots),
    pillarenv: only,
    saltenv: saltenv ?? 'base',
  }
}
