import { onlyOn } from '../../../engine/functions/kernels.ts'
import { defineModule } from '../../../engine/plugin.ts'
import { activeFunctions } from './active.ts'
import { automasterFunctions } from './automaster.ts'
import { cacheFunctions } from './cache.ts'
import { fstabFunctions } from './fstab.ts'
import { mountingFunctions } from './mounting.ts'
import { swapFunctions } from './swap.ts'

export const mount = defineModule({
  name: 'mount',
  doc: 'Mounts and unmounts file systems and swap space, and keeps the table of file systems.',
  available: onlyOn('Linux', 'Darwin'),
  functions: {
    ...activeFunctions,
    ...fstabFunctions,
    ...automasterFunctions,
    ...mountingFunctions,
    ...swapFunctions,
    ...cacheFunctions,
  },
})
