import { defineModule } from '../../../engine/plugin.ts'
import { accountFunctions } from './account.ts'
import { changeFunctions } from './change.ts'
import { infoFunctions } from './info.ts'

export const userLinux = defineModule({
  name: 'user',
  doc: 'Adds, changes, removes and tells about users with useradd, usermod and userdel.',
  available: ({ grains }) => grains.kernel === 'Linux' || 'useradd: the system is not Linux',
  functions: { ...infoFunctions, ...accountFunctions, ...changeFunctions },
})
