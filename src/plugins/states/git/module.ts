import { defineStates } from '../../../engine/plugin.ts'
import { clonedState } from './cloned.ts'
import { configStates } from './config.ts'
import { detachedState } from './detached.ts'
import { latestState } from './latest.ts'
import { presentState } from './present.ts'

export const git = defineStates({
  name: 'git',
  doc: 'Repositories of git, and settings of git.',
  functions: {
    latest: latestState,
    cloned: clonedState,
    detached: detachedState,
    present: presentState,
    ...configStates,
  },
})
