import { defineModule } from '../../../engine/plugin.ts'
import { showingFunctions } from './showing.ts'

export const state = defineModule({
  name: 'state',
  doc: 'Shows what SLS files come to on this minion.',
  functions: showingFunctions,
})
