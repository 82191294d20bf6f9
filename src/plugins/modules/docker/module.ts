import { defineModule } from '../../../engine/plugin.ts'
import { containerFunctions } from './container-functions.ts'
import { containerStateFunctions } from './container-state-functions.ts'
import { execFunctions } from './exec-functions.ts'
import { imageFunctions } from './image-functions.ts'
import { networkFunctions } from './network-functions.ts'

export const docker = defineModule({
  name: 'docker',
  doc: 'Containers, images, networks and volumes of Docker, over the socket of its Engine.',
  functions: {
    ...networkFunctions,
    ...containerFunctions,
    ...containerStateFunctions,
    ...execFunctions,
    ...imageFunctions,
  },
})
