import { defineBeacon } from '../../engine/beacon.ts'
import { openUsage, percentSchema } from '../../engine/beacons/percent.ts'
import { onlyOn } from '../../engine/functions/kernels.ts'

export const swapusage = defineBeacon({
  name: 'swapusage',
  doc: 'Tells how much of the swap space is used while that is a threshold or more.',
  options: { percent: percentSchema('The threshold') },
  intervalSeconds: 10,
  examples: ['swapusage:\n  - percent: 13%'],
  available: onlyOn('Linux'),
  open: (context, { percent }) => openUsage(context, 'ps.swap_memory', 'swapusage', percent),
})
