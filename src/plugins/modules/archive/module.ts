import { defineModule } from '../../../engine/plugin.ts'
import { gzipFunctions } from './gzip.ts'
import { listFunctions } from './list.ts'
import { rarFunctions } from './rar.ts'
import { tarFunctions } from './tar.ts'
import { zipFunctions } from './zip-functions.ts'

export const archive = defineModule({
  name: 'archive',
  doc: 'Makes, lists and extracts archives.',
  functions: { ...tarFunctions, ...zipFunctions, ...rarFunctions, ...gzipFunctions, ...listFunctions },
})
