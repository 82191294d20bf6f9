import { defineModule } from '../../../engine/plugin.ts'
import { authorizedFunctions } from './authorized-functions.ts'
import { keyFunctions } from './key-functions.ts'
import { knownHostsFunctions } from './known-hosts-functions.ts'

export const ssh = defineModule({
  name: 'ssh',
  doc: 'Tells and changes whom SSH lets in, which hosts are known, and which keys there are.',
  available: ({ grains }) => grains.kernel !== 'Windows' || 'it works on POSIX systems only',
  functions: { ...keyFunctions, ...authorizedFunctions, ...knownHostsFunctions },
})
