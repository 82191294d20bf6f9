import { onlyOn } from '../../../engine/functions/kernels.ts'
import { defineModule } from '../../../engine/plugin.ts'
import { clockFunctions } from './clock.ts'
import { nameFunctions } from './names.ts'
import { powerFunctions } from './power.ts'

export const system = defineModule({
  name: 'system',
  doc: 'Stops and restarts this host, and sets its clock, name and description.',
  available: onlyOn('Linux'),
  functions: { ...powerFunctions, ...clockFunctions, ...nameFunctions },
})
