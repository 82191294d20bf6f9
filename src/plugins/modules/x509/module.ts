import { defineModule } from '../../../engine/plugin.ts'
import { checkingFunctions } from './checking-functions.ts'
import { makingFunctions } from './making-functions.ts'
import { readingFunctions } from './reading-functions.ts'

export const x509 = defineModule({
  name: 'x509',
  doc: 'Makes and reads certificates, requests, revocation lists and keys, with the openssl of the system.',
  functions: { ...makingFunctions, ...readingFunctions, ...checkingFunctions },
})
