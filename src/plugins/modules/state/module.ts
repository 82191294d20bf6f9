import { defineModule } from '../../../engine/plugin.ts'
import { applyingFunctions } from './applying.ts'
import { directFunctions } from './direct.ts'
import { requestFunctions } from './requests.ts'
import { showingFunctions } from './showing.ts'
import { switchingFunctions } from './switching.ts'
import { watchingFunctions } from './watching.ts'

export const state = defineModule({
  name: 'state',
  doc: 'Brings this minion into the state that SLS files describe, and shows what they come to.',
  functions: {
    ...applyingFunctions,
    ...directFunctions,
    ...requestFunctions,
    ...switchingFunctions,
    ...watchingFunctions,
    ...showingFunctions,
  },
})
