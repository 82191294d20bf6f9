import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { defineBeacon, looking } from '../../engine/beacon.ts'
import { parsePercent, percentIn, percentSchema } from '../../engine/beacons/percent.ts'
import { PythonRegex } from '../../engine/functions/python-regex.ts'

export const diskusage = defineBeacon({
  name: 'diskusage',
  doc: 'Tells of file systems that are filled to a threshold, or beyond it.',
  options: {},
  extra: percentSchema('Mount point, or a regular expression for all of a mount point, with its threshold in percent'),
  intervalSeconds: 60,
  examples: ["diskusage:\n  - /: 90%\n  - '^/(?!home).*$': 95%\n  - interval: 120"],
  faults: (_options, extra) =>
    Object.keys(extra).flatMap((mount) => {
      try {
        expressionFor(mount)
        return []
      } catch (error) {
        return [asSaltError(error).message]
      }
    }),
  open: (context, _options, extra) =>
    looking(async () => {
      const partitions = await context.salt('ps.disk_partitions', [], { all: true })
      const mounts = (Array.isArray(partitions) ? partitions : []).flatMap((one: unknown) =>
        isRecord(one) && typeof one.mountpoint === 'string' ? [one.mountpoint] : [],
      )
      const used = new Map<string, number | undefined>()
      const events = []
      for (const [pattern, threshold] of Object.entries(extra)) {
        const expression = expressionFor(pattern)
        for (const mount of new Set(mounts.filter((one) => expression.match(one)))) {
          if (!used.has(mount)) used.set(mount, await percentOf(mount))
          const percent = used.get(mount)
          if (percent === undefined || percent < parsePercent(threshold)) continue
          events.push({ key: `${pattern}:${mount}`, data: { diskusage: percent, mount }, state: 'full' })
        }
      }
      return events

      async function percentOf(mount: string): Promise<number | undefined> {
        try {
          return percentIn(await context.salt('ps.disk_usage', [mount]))
        } catch (error) {
          context.log.debug('a file system cannot be looked at', { mount, reason: asSaltError(error).message })
          return undefined
        }
      }
    }),
})

/** Salt adds the end where there is none. */
function expressionFor(mount: string): PythonRegex {
  return new PythonRegex(mount.endsWith('$') ? mount : `${mount}$`)
}
