import { defineModule } from '../../../engine/plugin.ts'
import { cachingFunctions } from './caching-functions.ts'
import { gettingFunctions } from './getting-functions.ts'
import { listingFunctions } from './listing-functions.ts'
import { pushingFunctions } from './pushing-functions.ts'
import { receivingFunctions } from './receiving-functions.ts'

export const cp = defineModule({
  name: 'cp',
  doc: 'Files between the master and this minion: fetched from the file server, sent to the master, and taken from `salt cp`.',
  functions: {
    ...listingFunctions,
    ...cachingFunctions,
    ...gettingFunctions,
    ...receivingFunctions,
    ...pushingFunctions,
  },
})
