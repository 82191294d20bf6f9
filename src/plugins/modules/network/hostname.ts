/** The name of this host. */
import { lookupService } from 'node:dns/promises'
import { hostname as systemName } from 'node:os'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { changes, mustRun, runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { readSystemFile, setLine, writeSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { ownAddresses } from './addresses.ts'
import { readInterfaces } from './interfaces.ts'
import { kernelOf } from './kernel.ts'

/** How long name servers may take for all addresses together. */
const lookupLimitMs = 5000

/** RFC 1123, and underscores, which are common. Throws `bad-arguments`. */
export function assertHostname(name: string): void {
  if (name.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(name)) return
  throw new SaltError('bad-arguments', `${JSON.stringify(name)} cannot be the name of a host`, {
    hint: 'It has letters, digits, hyphens and dots only.',
  })
}

async function fullName(ctx: FunctionContext): Promise<string> {
  if (kernelOf(ctx) !== 'Windows') {
    const result = await runIfInstalled(ctx, ['hostname', '-f'])
    if (result?.retcode === 0 && result.stdout.trim() !== '') return result.stdout.trim()
  }
  return typeof ctx.grains.fqdn === 'string' ? ctx.grains.fqdn : systemName()
}

/** Name that the system keeps, which what is running may differ from. */
function staticName(status: string): string | undefined {
  return /^\s*Static hostname:\s*(\S+)/m.exec(status)?.[1]
}

/** The entries of a hosts file with one name in place of another; comments stay. */
function renameInHosts(text: string, before: string, after: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, entry = '', comment = ''] = /^([^#]*)(.*)$/s.exec(line) ?? []
      return entry.replace(/(?<=\s)\S+/g, (word) => (word === before ? after : word)) + comment
    })
    .join('\n')
}

function writeNames(ctx: FunctionContext, before: string, after: string): void {
  const hosts = readSystemFile(ctx, '/etc/hosts')
  const renamed = hosts === undefined ? undefined : renameInHosts(hosts, before, after)
  if (renamed !== undefined && renamed !== hosts) writeSystemFile(ctx, '/etc/hosts', renamed)
  const { os_family: family } = ctx.grains
  if (family === 'RedHat') {
    const network = readSystemFile(ctx, '/etc/sysconfig/network')
    if (network === undefined || !/^HOSTNAME=/m.test(network)) return
    const [, quote = ''] = /^HOSTNAME=(["']?)/m.exec(network) ?? []
    writeSystemFile(ctx, '/etc/sysconfig/network', setLine(network, /^HOSTNAME=/, `HOSTNAME=${quote}${after}${quote}`))
  } else if (family === 'Debian' || family === 'NILinuxRT') writeSystemFile(ctx, '/etc/hostname', `${after}\n`)
  else if (kernelOf(ctx) === 'OpenBSD') writeSystemFile(ctx, '/etc/myname', `${after}\n`)
}

async function changeName(ctx: FunctionContext, name: string): Promise<boolean> {
  const status = await runIfInstalled(ctx, ['hostnamectl', 'status'])
  if (status === undefined) {
    const before = systemName()
    await mustRun(ctx, ['hostname', name])
    writeNames(ctx, before, name)
    return true
  }
  const before = (status.retcode === 0 ? staticName(status.stdout) : undefined) ?? systemName()
  if (!(await changes(ctx, ['hostnamectl', 'set-hostname', name]))) return false
  writeNames(ctx, before, name)
  return true
}

function nameFunction(name: string): FunctionDefinition {
  return fn({
    doc: 'Give this host another name: now, in its hosts file, and where it is read at boot.',
    args: { hostname: s.optional(s.string('The name')) },
    returns: s.boolean(),
    examples: [`salt '*' network.${name} master.example.org`],
    run(ctx, { hostname }) {
      if (hostname === undefined) return false
      assertHostname(hostname)
      return changeName(ctx, hostname)
    },
  })
}

/** The name that name servers know of an address, or undefined. */
async function nameOf(address: string): Promise<string | undefined> {
  try {
    const { hostname } = await lookupService(address, 0)
    return hostname === address ? undefined : hostname
  } catch {
    return undefined
  }
}

/** What has come until the time is over. */
async function namesOf(ctx: FunctionContext, addresses: readonly string[]): Promise<string[]> {
  const names = new Set<string>()
  const lookups = addresses.map(async (address) => {
    const name = await nameOf(address)
    if (name !== undefined) names.add(name)
  })
  const over = Promise.withResolvers<void>()
  const limit = AbortSignal.any([ctx.signal, AbortSignal.timeout(lookupLimitMs)])
  limit.addEventListener('abort', () => over.resolve(), { once: true })
  await Promise.race([Promise.all(lookups), over.promise])
  ctx.signal.throwIfAborted()
  return [...names].sort(compareText)
}

export const hostnameFunctions = {
  get_hostname: fn({
    doc: 'Tell the name of this host.',
    returns: s.string(),
    examples: ["salt '*' network.get_hostname"],
    run: () => systemName(),
  }),
  get_fqdn: fn({
    doc: 'Tell the name of this host with its domain.',
    returns: s.string(),
    examples: ["salt '*' network.get_fqdn"],
    run: (ctx) => fullName(ctx),
  }),
  mod_hostname: nameFunction('mod_hostname'),
  set_hostname: nameFunction('set_hostname'),
  fqdns: fn({
    doc: 'List the names that name servers know of the addresses of this host.',
    returns: s.object({ fqdns: s.array(s.string()) }),
    examples: ["salt '*' network.fqdns"],
    async run(ctx) {
      const table = await readInterfaces(ctx)
      const own = [...ownAddresses(table, { family: 'inet' }), ...ownAddresses(table, { family: 'inet6' })]
      return { fqdns: await namesOf(ctx, own) }
    },
  }),
}
