import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { defineReturner } from '../../engine/returner.ts'

export const multiReturner = defineReturner({
  name: 'multi_returner',
  doc:
    'Stands for several returners: each of them gets everything, and one that cannot be reached is tried again by itself. ' +
    'In the configuration the names may be a list: `multi_returner: [redis, file]`.',
  options: {
    returners: s.array(s.string(), 'Names of the returners'),
  },
  takes: ['return', 'job'],
  listOption: 'returners',
  examples: ["salt '*' test.ping --return multi_returner"],
  members: ({ returners }) => returners,
  open() {
    throw new SaltError('configuration', 'multi_returner only stands for others and cannot be opened')
  },
})
