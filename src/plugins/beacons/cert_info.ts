import { readFile } from 'node:fs/promises'
import { asSaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { defineBeacon, looking } from '../../engine/beacon.ts'
import { type CertificateFacts, certificateFacts } from '../../engine/beacons/certificate-facts.ts'

const days = s.integer('Days before the end from which on it is told; -1: always')

export const certInfo = defineBeacon({
  name: 'cert_info',
  doc: 'Tells of certificates in PEM files that end soon.',
  options: {
    files: s.array(
      s.union([s.path(), s.record(s.union([s.object({ notify_days: s.optional(days) }), s.null()]))]),
      'Paths, each alone or with notify_days of its own',
    ),
    notify_days: s.withDefault(days, 45),
  },
  intervalSeconds: 86_400,
  examples: [
    'cert_info:\n  - files:\n      - /etc/ssl/site.pem\n      - /etc/ssl/other.pem:\n          notify_days: 15\n  - notify_days: 45',
  ],
  open(context, { files, notify_days: usual }) {
    const wanted = files.flatMap((given): (readonly [string, number])[] =>
      typeof given === 'string'
        ? [[given, usual]]
        : Object.entries(given).map(([path, settings]) => [path, settings?.notify_days ?? usual]),
    )
    /** Paths whose fault has been told. */
    const faulty = new Set<string>()
    return looking(async () => {
      const found: CertificateFacts[] = []
      for (const [path, notifyDays] of wanted) {
        try {
          const facts = certificateFacts(path, await readFile(context.at(path)), context.clock.now())
          faulty.delete(path)
          if (notifyDays < 0 || facts.days_left <= notifyDays) found.push(facts)
        } catch (error) {
          if (!faulty.has(path))
            context.log.error('a certificate cannot be read', { path, reason: asSaltError(error).message })
          faulty.add(path)
        }
      }
      if (found.length === 0) return []
      const state = found.map(({ cert_path: path, serial_number: serial, has_expired: over }) => [path, serial, over])
      return [{ data: { certificates: found }, state }]
    })
  },
})
