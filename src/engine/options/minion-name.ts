/** The id of a minion that has none in its configuration: remembered, or made from the names of the host. */
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { readFileIfExists, writeFileAtomicSync } from '../../base/files.ts'

export interface MinionNameOptions {
  readonly minion_id_caching: boolean
  readonly minion_id_lowercase: boolean
  readonly minion_id_remove_domain: boolean | readonly string[]
}

/** What this machine is called, by whom. */
export interface HostNames {
  hostname(): string
  /** Content of a file such as `/etc/hosts`, or undefined. */
  readFile(path: string): string | undefined
  /** Names that the resolver has for the host; empty where it has none or takes too long. */
  resolvedNames(name: string): Promise<readonly string[]>
  /** Addresses other than those of the loopback interface. */
  addresses(): readonly string[]
}

/**
 * The id from the file `minion_id` beside the configuration, else from the function, else from the host; then remembered.
 * A folder that cannot be written to is no fault: the id is then made again next time.
 */
export async function makeMinionId(
  options: MinionNameOptions,
  configDir: string,
  fromFunction: () => Promise<string | undefined>,
  names: HostNames = thisHost,
): Promise<string> {
  const file = join(configDir, 'minion_id')
  const remembered = options.minion_id_caching ? rememberedId(file) : undefined
  if (remembered !== undefined) return remembered
  let id = (await fromFunction()) ?? (await nameOfHost(names))
  if (options.minion_id_lowercase) id = id.toLowerCase()
  id = withoutDomain(id, options.minion_id_remove_domain)
  if (options.minion_id_caching) remember(file, id)
  return id
}

function rememberedId(file: string): string | undefined {
  let text: string | undefined
  try {
    text = readFileIfExists(file)
  } catch {
    return undefined
  }
  const id = text
    ?.replace(/^\ufeff/, '')
    .split('\n', 1)[0]
    ?.trim()
  return id === '' || id === 'localhost' ? undefined : id
}

function remember(file: string, id: string): void {
  try {
    writeFileAtomicSync(file, `${id}\n`, 0o644)
  } catch {
    // An unprivileged `salt call --local` works without: the id is made again next time.
  }
}

/** Salt's order: the full name of the host, its short name, the names in `/etc/hostname` and `/etc/hosts`, an address. */
async function nameOfHost(names: HostNames): Promise<string> {
  const short = names.hostname()
  const hosts = parseHosts(names.readFile('/etc/hosts') ?? '')
  const full = short.includes('.') ? short : (fullNameIn(hosts, short) ?? (await resolvedFullName(names, short)))
  const candidates = [
    full,
    short,
    names.readFile('/etc/hostname')?.trim(),
    ...hosts.filter(({ address }) => address.startsWith('127.')).flatMap((entry) => entry.names),
    ...names.addresses(),
  ]
  return candidates.find((name) => name !== undefined && isTelling(name)) ?? 'localhost'
}

function isTelling(name: string): boolean {
  return name !== '' && !/^(?:localhost|ip6-|127\.|0\.0\.0\.0|::1|fe80|.*\.(?:localdomain|arpa)$)/i.test(name)
}

interface HostsEntry {
  readonly address: string
  readonly names: readonly string[]
}

function parseHosts(text: string): readonly HostsEntry[] {
  return text.split('\n').flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    return address === undefined || names.length === 0 ? [] : [{ address, names }]
  })
}

/** The resolver would ask this file first; reading it saves the wait for a name server. */
function fullNameIn(hosts: readonly HostsEntry[], short: string): string | undefined {
  const entry = hosts.find(({ names }) => names.includes(short))
  return entry === undefined ? undefined : (entry.names.find((name) => name.includes('.') && isTelling(name)) ?? short)
}

async function resolvedFullName(names: HostNames, short: string): Promise<string | undefined> {
  const found = await names.resolvedNames(short)
  return found.find((name) => name.includes('.') && isTelling(name))
}

/** Cuts at the first dot, or the first of the given domains off the end. */
function withoutDomain(id: string, domains: boolean | readonly string[]): string {
  if (domains === false || /^[\d.]+$|:/.test(id)) return id
  if (domains === true) return id.split('.', 1)[0] ?? id
  const domain = domains.map((name) => `.${name.replace(/^\./, '')}`).find((name) => id.endsWith(name))
  return domain === undefined ? id : id.slice(0, -domain.length)
}

/** A name server that does not answer must not hold up a start for longer than this. */
const resolveLimitMs = 2000

const thisHost: HostNames = {
  hostname,
  readFile(path) {
    try {
      return readFileIfExists(path)
    } catch {
      return undefined
    }
  },
  async resolvedNames(name) {
    const limit = AbortSignal.timeout(resolveLimitMs)
    const stopped = new Promise<readonly string[]>((resolve) => limit.addEventListener('abort', () => resolve([])))
    return Promise.race([reverseNames(name), stopped])
  },
  addresses() {
    return Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => address)
  },
}

async function reverseNames(name: string): Promise<readonly string[]> {
  try {
    const dns = await import('node:dns/promises')
    const { address } = await dns.lookup(name)
    const { hostname: full } = await dns.lookupService(address, 0)
    return [full]
  } catch {
    return []
  }
}
