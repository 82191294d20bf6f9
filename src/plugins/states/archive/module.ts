import { defineStates } from '../../../engine/plugin.ts'
import { extractedState } from './extracted.ts'

export const archive = defineStates({
  name: 'archive',
  doc: 'Archives: that what is in them is in a folder.',
  functions: { ...extractedState },
})
