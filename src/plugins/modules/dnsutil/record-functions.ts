/** Functions that ask for the records of a name. */
import { parseIpBlock } from '../../../base/ip-address.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { absolute, addressesOf, ask } from './resolver.ts'

const host = s.string('The name')
const domain = s.string('The domain')
const nameserver = s.optional(s.string('The name server to ask'))

/** How many further domains a list of senders may lead to (RFC 7208, 4.6.4). */
const maximumSenderLookups = 10

function addressFunction(module: string, type: 'A' | 'AAAA', version: 4 | 6): FunctionDefinition {
  return fn({
    doc: `List the IPv${version} addresses of a name: as this system knows them, or as a name server tells.`,
    args: { host, nameserver },
    returns: s.array(s.string()),
    examples: [
      `salt '*' ${module}.${type} www.example.org`,
      `salt '*' ${module}.${type} www.example.org nameserver=192.0.2.53`,
    ],
    run: (ctx, args) => addressesOf(ctx, args.host, version, args.nameserver),
  })
}

async function senderTerms(ctx: FunctionContext, domain: string, server: string | undefined): Promise<string[]> {
  const texts = await ask(ctx, domain, server, (resolver) => resolver.resolveTxt(domain))
  const policy = texts.map((parts) => parts.join('')).find((text) => /^v=spf1(?:\s|$)/i.test(text))
  return policy?.split(/\s+/).slice(1) ?? []
}

/** Addresses that may send mail for a domain, with those of the domains that it includes or leads to. */
async function senders(
  ctx: FunctionContext,
  domain: string,
  server: string | undefined,
  seen: Set<string>,
): Promise<string[]> {
  if (seen.size > maximumSenderLookups || seen.has(domain)) return []
  seen.add(domain)
  const found: string[] = []
  for (const term of await senderTerms(ctx, domain, server)) {
    const [, next] = /^(?:\+?include:|redirect=)(.+)$/i.exec(term) ?? []
    const [, address] = /^[+~]?ip[46]:(.+)$/i.exec(term) ?? []
    if (next !== undefined) found.push(...(await senders(ctx, next, server, seen)))
    else if (address !== undefined && parseIpBlock(address) !== undefined) found.push(address)
  }
  return found
}

async function firstAddress(ctx: FunctionContext, name: string, server: string | undefined): Promise<string> {
  const [first] = await addressesOf(ctx, name, 4, server)
  return first ?? ''
}

/** The same functions are there under the names of two modules. */
export const recordFunctions = (module: 'dnsutil' | 'dig'): Readonly<Record<string, FunctionDefinition>> => ({
  A: addressFunction(module, 'A', 4),
  AAAA: addressFunction(module, 'AAAA', 6),
  CNAME: fn({
    doc: 'Tell the name that a name stands for.',
    args: { host, nameserver },
    returns: s.string('Empty where it is none of its own'),
    examples: [`salt '*' ${module}.CNAME mail.example.org`],
    async run(ctx, args) {
      const names = await ask(ctx, args.host, args.nameserver, (resolver) => resolver.resolveCname(args.host))
      return names.map(absolute).join('\n')
    },
  }),
  NS: fn({
    doc: 'List the name servers of a domain.',
    args: { domain, resolve: s.withDefault(s.boolean('Their addresses, not their names'), true), nameserver },
    returns: s.array(s.string()),
    examples: [`salt '*' ${module}.NS example.org`, `salt '*' ${module}.NS example.org resolve=False`],
    async run(ctx, args) {
      const names = await ask(ctx, args.domain, args.nameserver, (resolver) => resolver.resolveNs(args.domain))
      if (!args.resolve) return names.map(absolute)
      const all = await Promise.all(names.map((name) => addressesOf(ctx, name, 4, args.nameserver)))
      return all.flat()
    },
  }),
  SPF: fn({
    doc: 'List the addresses and networks that may send mail for a domain.',
    args: {
      domain,
      record: s.withDefault(s.string('Has no effect: policies are in TXT records (RFC 7208)'), 'SPF'),
      nameserver,
    },
    returns: s.array(s.string()),
    examples: [`salt '*' ${module}.SPF example.org`],
    run: (ctx, args) => senders(ctx, args.domain, args.nameserver, new Set()),
  }),
  MX: fn({
    doc: 'List the mail servers of a domain: priority and name of each, the most wanted first.',
    args: {
      domain,
      resolve: s.withDefault(s.boolean('The first address of each, not its name'), false),
      nameserver,
    },
    returns: s.array(s.array(s.string())),
    examples: [`salt '*' ${module}.MX example.org`],
    async run(ctx, args) {
      const records = await ask(ctx, args.domain, args.nameserver, (resolver) => resolver.resolveMx(args.domain))
      const sorted = records.sort((a, b) => a.priority - b.priority)
      return Promise.all(
        sorted.map(async ({ priority, exchange }) => {
          const shown = args.resolve ? await firstAddress(ctx, exchange, args.nameserver) : absolute(exchange)
          return [String(priority), shown]
        }),
      )
    },
  }),
  PTR: fn({
    doc: 'List the names of an address.',
    args: { host: s.string('The address'), nameserver },
    returns: s.array(s.string()),
    examples: [`salt '*' ${module}.PTR 192.0.2.5`],
    async run(ctx, args) {
      const names = await ask(ctx, args.host, args.nameserver, (resolver) => resolver.reverse(args.host))
      return names.map(absolute)
    },
  }),
  check_ip: fn({
    doc: 'Tell whether a text is an IP address, with a prefix or without.',
    args: { ip_addr: s.string('The text') },
    returns: s.boolean(),
    examples: [`salt '*' ${module}.check_ip 127.0.0.1`],
    run: (_ctx, { ip_addr }) => parseIpBlock(ip_addr) !== undefined,
  }),
})
