import type { Outputter } from '../../engine/output.ts'
import { nested } from './nested.ts'

export const grains: Outputter = { name: 'grains', isColored: true, doc: 'The same as nested.', render: nested.render }
