import { defineModule } from '../../../engine/plugin.ts'
import { installFunctions } from './install.ts'
import { queryFunctions } from './queries.ts'

export const pip = defineModule({
  name: 'pip',
  doc: 'Installs, removes and lists Python packages with pip, in a virtual environment or for the whole system.',
  functions: { ...installFunctions, ...queryFunctions },
})
