import { defineModule } from '../../../engine/plugin.ts'
import { autoLoginFunctions } from './auto-login.ts'
import { changeFunctions } from './change.ts'
import { infoFunctions } from './info.ts'

export const userMac = defineModule({
  name: 'user',
  doc: 'Adds, changes, removes and tells about users of macOS with dscl.',
  available: ({ grains }) => grains.kernel === 'Darwin' || 'dscl: the system is not macOS',
  functions: { ...infoFunctions, ...changeFunctions, ...autoLoginFunctions },
})
