import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { timezoneDoc, zoneFunctions, zoneName } from '../../../engine/functions/zone-functions.ts'
import { defineModule, fn } from '../../../engine/plugin.ts'
import { clocks, readHardwareClock, writeHardwareClock } from './hardware-clock.ts'
import { familyOf, localtime, readBytes, readZone, writeZone, zoneExists, zonePath } from './zone.ts'

export const timezoneLinux = defineModule({
  name: 'timezone',
  doc: timezoneDoc,
  available: ({ grains }) => grains.kernel !== 'Darwin' || 'timezone: the system is not Linux',
  functions: {
    ...zoneFunctions,
    get_zone: fn({
      doc: 'Tell the time zone of this host.',
      returns: s.string('Such as America/Denver'),
      examples: ["salt '*' timezone.get_zone"],
      run: readZone,
    }),
    set_zone: fn({
      doc: 'Set the time zone of this host.',
      args: { timezone: zoneName },
      returns: s.union([s.boolean(), s.string()], 'True; a sentence where there is no such zone'),
      examples: ["salt '*' timezone.set_zone 'America/Denver'"],
      async run(ctx, { timezone }) {
        if (!zoneExists(ctx, timezone)) return `Zone does not exist: ${zonePath(timezone)}`
        await writeZone(ctx, timezone)
        return true
      },
    }),
    zone_compare: fn({
      doc: 'Tell whether this host keeps the time of a zone, whatever its name.',
      args: { timezone: zoneName },
      returns: s.boolean(),
      examples: ["salt '*' timezone.zone_compare 'Etc/UTC'"],
      async run(ctx, { timezone }) {
        if (familyOf(ctx) === 'Arch') return (await readZone(ctx)) === timezone
        if (!zoneExists(ctx, timezone)) {
          throw new SaltError('bad-arguments', `Can't find a local timezone "${timezone}"`)
        }
        return readBytes(ctx, localtime).equals(readBytes(ctx, zonePath(timezone)))
      },
    }),
    get_hwclock: fn({
      doc: 'Tell what the hardware clock keeps.',
      returns: s.union([s.literal(clocks), s.null()], 'UTC or localtime; null where there is no such clock'),
      examples: ["salt '*' timezone.get_hwclock"],
      run: readHardwareClock,
    }),
    set_hwclock: fn({
      doc: 'Set what the hardware clock keeps.',
      args: { clock: s.literal(clocks, 'UTC or localtime') },
      returns: s.boolean('Whether it worked'),
      examples: ["salt '*' timezone.set_hwclock UTC"],
      run: (ctx, { clock }) => writeHardwareClock(ctx, clock),
    }),
  },
})
