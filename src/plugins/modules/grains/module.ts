import { defineModule } from '../../../engine/plugin.ts'
import { changingFunctions } from './changing.ts'
import { readingFunctions } from './reading.ts'

export const grains = defineModule({
  name: 'grains',
  doc: 'Reads and sets grains: facts about this minion.',
  functions: { ...readingFunctions, ...changingFunctions },
})
