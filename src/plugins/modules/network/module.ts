import { defineModule } from '../../../engine/plugin.ts'
import { addressFunctions } from './address-functions.ts'
import { bufferFunctions } from './buffers.ts'
import { connectionFunctions } from './connections.ts'
import { hostnameFunctions } from './hostname.ts'
import { interfaceFunctions } from './interface-functions.ts'
import { reachFunctions } from './reach-functions.ts'
import { routeFunctions } from './routes.ts'

export const network = defineModule({
  name: 'network',
  doc: 'Tells of the network of this host: its interfaces, addresses, routes and names; reckons with networks; tries other hosts.',
  functions: {
    ...reachFunctions,
    ...connectionFunctions,
    ...interfaceFunctions,
    ...addressFunctions,
    ...hostnameFunctions,
    ...routeFunctions,
    ...bufferFunctions,
  },
})
