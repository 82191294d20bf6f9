import type { Outputter } from '../../engine/output.ts'
import { nested } from './nested.ts'

export const highstate: Outputter = {
  name: 'highstate',
  isColored: true,
  doc: 'Results of states; any other value as in nested.',
  render: nested.render,
}
