import { defineModule } from '../../../engine/plugin.ts'
import { argumentFunctions } from './arguments.ts'
import { faultFunctions } from './faults.ts'
import { hostFunctions } from './host.ts'
import { numberFunctions } from './numbers.ts'
import { waitFunctions } from './waiting.ts'

export const test = defineModule({
  name: 'test',
  doc: 'Functions that try out the way to a minion and back: arguments, results, return codes and errors.',
  functions: { ...argumentFunctions, ...faultFunctions, ...hostFunctions, ...numberFunctions, ...waitFunctions },
})
