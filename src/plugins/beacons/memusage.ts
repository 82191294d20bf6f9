import { defineBeacon } from '../../engine/beacon.ts'
import { openUsage, percentSchema } from '../../engine/beacons/percent.ts'
import { onlyOn } from '../../engine/functions/kernels.ts'

export const memusage = defineBeacon({
  name: 'memusage',
  doc: 'Tells how much of the memory is used while that is a threshold or more.',
  options: { percent: percentSchema('The threshold') },
  intervalSeconds: 10,
  examples: ['memusage:\n  - percent: 85%\n  - onchangeonly: true\n  - delay: 60'],
  available: onlyOn('Linux'),
  open: (context, { percent }) => openUsage(context, 'ps.virtual_memory', 'memusage', percent),
})
