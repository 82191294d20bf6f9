import { defineModule } from '../../../engine/plugin.ts'
import { configFunctions } from './config-functions.ts'
import { creationFunctions } from './creation-functions.ts'
import { refFunctions } from './ref-functions.ts'
import { remoteFunctions } from './remote-functions.ts'
import { workFunctions } from './work-functions.ts'
import { worktreeFunctions } from './worktree-functions.ts'

export const git = defineModule({
  name: 'git',
  doc: 'Works with git repositories.',
  functions: {
    ...creationFunctions,
    ...workFunctions,
    ...refFunctions,
    ...remoteFunctions,
    ...configFunctions,
    ...worktreeFunctions,
  },
})
