import { defineModule } from '../../../engine/plugin.ts'
import { chrootFunctions } from './chroot.ts'
import { programFunctions } from './programs.ts'
import { runFunctions } from './run.ts'
import { scriptFunctions } from './script.ts'

export const cmd = defineModule({
  name: 'cmd',
  doc: 'Runs commands, scripts and pieces of code. Whoever may call these functions can do anything on the minion.',
  functions: { ...runFunctions, ...scriptFunctions, ...programFunctions, ...chrootFunctions },
})
