import { serviceDoc, serviceFunctions } from '../../../engine/functions/services/service-functions.ts'
import { defineModule } from '../../../engine/plugin.ts'
import { systemd } from './manager.ts'
import { unitFunctions } from './unit-functions.ts'

export const serviceSystemd = defineModule({
  name: 'service',
  doc: serviceDoc,
  available: ({ grains }) =>
    grains.init === 'systemd' || process.env.SYSTEMD_OFFLINE === '1' || 'systemd does not run here',
  functions: { ...serviceFunctions(systemd), ...unitFunctions },
})
