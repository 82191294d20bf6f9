import { defineModule } from '../../../engine/plugin.ts'
import { deviceFunctions } from './devices.ts'
import { healthFunctions } from './health.ts'
import { spaceFunctions } from './space.ts'

export const disk = defineModule({
  name: 'disk',
  doc: 'Tells about disks and file systems of this host, and sets up block devices.',
  functions: { ...spaceFunctions, ...deviceFunctions, ...healthFunctions },
})
