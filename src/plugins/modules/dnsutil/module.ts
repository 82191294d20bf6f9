import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { wordsOf } from '../../../engine/functions/host-programs.ts'
import {
  readSystemFile,
  requireSystemFile,
  withLineEnd,
  writeSystemFile,
} from '../../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { recordFunctions } from './record-functions.ts'
import { parseZone } from './zone.ts'

const hostsfile = s.withDefault(s.path('The hosts file'), '/etc/hosts')
const entries = s.optional(s.string('Names, with commas between them'))

/** Names of each address, those of several lines together. */
export function parseHosts(text: string): Record<string, string[]> {
  const hosts = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [ip, ...names] = wordsOf(line.replace(/#.*/, ''))
    if (ip !== undefined) hosts.set(ip, [...(hosts.get(ip) ?? []), ...names])
  }
  return Object.fromEntries(hosts)
}

/** What goes into a hosts file must be one word, and no comment (`bad-arguments`). */
function assertWord(word: string, what: string): void {
  if (!/^[^\s#\0]+$/.test(word)) throw new SaltError('bad-arguments', `${JSON.stringify(word)} cannot be ${what}`)
}

function namesOf(entries: string | undefined): string[] {
  const names = (entries ?? '').split(',').map((name) => name.trim())
  for (const name of names) assertWord(name, 'the name of a host')
  return names
}

/** The line of a hosts file without some names; undefined where none is left. */
function withoutNames(line: string, gone: readonly string[]): string | undefined {
  const [entry = '', ...comment] = line.split('#')
  const [ip, ...names] = wordsOf(entry)
  if (ip === undefined || !names.some((name) => gone.includes(name))) return line
  const left = names.filter((name) => !gone.includes(name))
  if (left.length === 0) return undefined
  return [ip, ...left].join(' ') + (comment.length === 0 ? '' : ` #${comment.join('#')}`)
}

/** Today's first serial number, as YYYYMMDD01. */
function firstSerial(now: Date): string {
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
  return `${parts.map((part) => String(part).padStart(2, '0')).join('')}01`
}

async function serialOf(ctx: FunctionContext, zone: string, update: boolean): Promise<string> {
  const key = zone === '' ? 'dnsserial' : `dnsserial_${zone}`
  const grain = await ctx.salt('grains.get', [key])
  const stored = typeof grain === 'string' || typeof grain === 'number' ? String(grain) : ''
  const today = firstSerial(new Date())
  if (!update) return stored === '' ? today : stored
  const next = stored !== '' && stored >= today ? String(Number(stored) + 1) : today
  await ctx.salt('grains.setval', [key, next])
  return next
}

export const dnsutil = defineModule({
  name: 'dnsutil',
  doc: 'Asks name servers, and reads and changes files with names: hosts files and zones.',
  functions: {
    ...recordFunctions('dnsutil'),
    parse_hosts: fn({
      doc: 'Tell the names of each address in a hosts file.',
      args: { hostsfile, hosts: s.optional(s.text('Content, in place of that of the file')) },
      returns: s.union([s.record(s.array(s.string())), s.string()]),
      examples: ["salt '*' dnsutil.parse_hosts"],
      run(ctx, args) {
        const text = args.hosts ?? readSystemFile(ctx, args.hostsfile)
        return text === undefined ? 'Error: hosts data was not found' : parseHosts(text)
      },
    }),
    hosts_append: fn({
      doc: 'Add a line to a hosts file with those names that the address has not got yet.',
      args: { hostsfile, ip_addr: s.optional(s.string('The address')), entries },
      returns: s.string('What was done'),
      examples: ["salt '*' dnsutil.hosts_append /srv/app/hosts 127.0.0.1 ad1.example.org,ad2.example.org"],
      run(ctx, { hostsfile, ip_addr: address = '', entries }) {
        assertWord(address, 'an address')
        const text = readSystemFile(ctx, hostsfile) ?? ''
        const known = parseHosts(text)[address] ?? []
        const added = namesOf(entries).filter((name) => !known.includes(name))
        if (added.length === 0) return `No additional hosts were added to ${hostsfile}`
        const line = `${address} ${added.join(' ')}`
        writeSystemFile(ctx, hostsfile, `${withLineEnd(text)}${line}\n`)
        return `The following line was added to ${hostsfile}:\n${line}`
      },
    }),
    hosts_remove: fn({
      doc: 'Take names out of a hosts file. An address without names is taken out too.',
      args: { hostsfile, entries },
      returns: s.null(),
      examples: ["salt '*' dnsutil.hosts_remove /srv/app/hosts db1.example.org"],
      run(ctx, { hostsfile, entries }) {
        const gone = namesOf(entries)
        const before = requireSystemFile(ctx, hostsfile)
        const after = before
          .split('\n')
          .flatMap((line) => withoutNames(line, gone) ?? [])
          .join('\n')
        if (after !== before) writeSystemFile(ctx, hostsfile, after)
        return null
      },
    }),
    parse_zone: fn({
      doc: 'Read a zone file: what its SOA record tells, and its records by type.',
      args: {
        zonefile: s.optional(s.path('The file')),
        zone: s.optional(s.text('Content, in place of that of a file')),
      },
      returns: s.union([s.record(s.any()), s.string()]),
      examples: ["salt '*' dnsutil.parse_zone /srv/dns/example.org.zone"],
      run(ctx, { zonefile, zone }) {
        const text = zonefile === undefined ? zone : (readSystemFile(ctx, zonefile) ?? zone)
        return text === undefined || text === '' ? 'Error: Zone data was not found' : parseZone(text)
      },
    }),
    serial: fn({
      doc: 'Tell the serial number of a zone: the one that was told last, or the first of today.',
      args: {
        zone: s.withDefault(s.string('The zone'), ''),
        update: s.withDefault(s.boolean('Take the next one, and keep it as a grain'), false),
      },
      returns: s.string('As YYYYMMDDNN'),
      examples: ["salt '*' dnsutil.serial example.org"],
      run: (ctx, { zone, update }) => serialOf(ctx, zone, update),
    }),
  },
})
