import { defineModule } from '../../engine/plugin.ts'
import { recordFunctions } from './dnsutil/record-functions.ts'

export const dig = defineModule({
  name: 'dig',
  doc: 'Records of names in the domain name system: the functions of `dnsutil` by the names that Salt has for them beside. The program dig is not needed.',
  functions: recordFunctions('dig'),
})
