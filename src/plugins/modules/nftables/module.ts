import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { assertOperand, mustRun, wordsOf } from '../../../engine/functions/host-programs.ts'
import { findProgram } from '../../../engine/functions/process-identity.ts'
import { readSystemFile } from '../../../engine/functions/system-files.ts'
import { defineModule, fn } from '../../../engine/plugin.ts'
import { ruleArguments } from '../iptables/state-keywords.ts'
import { buildRule } from './build-rule.ts'
import {
  checkChain,
  checkTable,
  familyOf,
  findHandle,
  jsonListing,
  listing,
  no,
  numeric,
  type Place,
  tablesOf,
  verdict,
} from './listing.ts'

const table = s.withDefault(s.string('The table'), 'filter')
const chain = s.optional(s.string('The chain'))
const rule = s.optional(s.string('The rule, as nft lists it'))
const family = s.withDefault(s.string('ipv4, ipv6, inet, arp, bridge or netdev'), 'ipv4')
const verdictSchema = s.object({ comment: s.string(), result: s.boolean() })

/** Where systems keep their rules; the first that is there. */
const savedFiles = ['/etc/nftables.conf', '/etc/sysconfig/nftables.conf', '/etc/nftables']

/** As text, with the path of the program, as it could be typed. */
function fullCommand(place: Place, command: string, position: string, rule: string): string {
  const isInsert = command.toLowerCase() === 'insert'
  const words = [
    findProgram('nft') ?? 'nft',
    isInsert ? 'insert' : command,
    'rule',
    familyOf(place.family),
    place.table,
  ]
  const where = isInsert && position !== '' ? ['position', position] : []
  return [...words, place.chain ?? '', ...where, rule].join(' ')
}

export const nftables = defineModule({
  name: 'nftables',
  doc: 'Tells the rules of the firewall, as nft has them.',
  available: ({ grains }) => grains.kernel === 'Linux' || 'nftables: the system is not Linux',
  functions: {
    version: fn({
      doc: 'Tell the version of nft.',
      returns: s.string(),
      examples: ["salt '*' nftables.version"],
      run: async (ctx) => wordsOf((await mustRun(ctx, ['nft', '--version'])).stdout)[1] ?? '',
    }),
    build_rule: fn({
      doc: 'Write a rule from keyword arguments: if, of, proto, connstate, icmp-type, pkttype, counter, saddr, daddr, dport, sport, dports, sports, jump, to-port, to-source, to-destination, reject-with.',
      args: {
        table: s.optional(s.string('The table')),
        chain,
        command: s.optional(s.string('What full is to do, such as add or insert')),
        position: s.withDefault(s.union([s.string(), s.integer()] as const, 'Behind which handle full inserts'), ''),
        full: s.optional(s.union([s.boolean(), s.string()] as const, 'The whole command, not only the rule')),
        family,
      },
      extra: s.any('What the rule has of that'),
      returns: s.object({ comment: s.string(), rule: s.string(), result: s.boolean() }),
      examples: [
        "salt '*' nftables.build_rule connstate=RELATED,ESTABLISHED jump=ACCEPT",
        "salt '*' nftables.build_rule proto=tcp dports=80,443 saddr=10.0.0.0/8 jump=accept",
      ],
      run(_ctx, { table, chain, command, position, full, family }, { extra }) {
        const built = buildRule(ruleArguments(extra))
        const done = { comment: built === '' ? '' : 'Successfully built rule', rule: built, result: true }
        if (full !== true && full !== 'True' && full !== 'true') return done
        if (table === undefined) return { ...no('Table needs to be specified'), rule: built }
        if (chain === undefined) return { ...no('Chain needs to be specified'), rule: built }
        if (command === undefined) return { ...no('Command needs to be specified'), rule: built }
        const place = { table, chain, family }
        return {
          ...done,
          rule: fullCommand(place, command, String(position), built),
          comment: 'Successfully built rule',
        }
      },
    }),
    list_tables: fn({
      doc: 'List the tables that are in force: family, name and handle of each.',
      args: { family },
      returns: s.array(s.record(s.any())),
      examples: ["salt '*' nftables.list_tables", "salt '*' nftables.list_tables family=ipv6"],
      run: (ctx, args) => tablesOf(ctx, args.family),
    }),
    get_rules: fn({
      doc: 'List the rules that are in force: one text for each table.',
      args: { family },
      returns: s.array(s.string()),
      examples: ["salt '*' nftables.get_rules", "salt '*' nftables.get_rules family=ipv6"],
      async run(ctx, args) {
        const texts: string[] = []
        for (const { name } of await tablesOf(ctx, args.family)) {
          texts.push((await listing(ctx, [...numeric, 'list', 'table', familyOf(args.family), String(name)])).trimEnd())
        }
        return texts
      },
    }),
    get_rules_json: fn({
      doc: 'List the tables, chains and rules that are in force, as nft describes them in JSON.',
      args: { family },
      returns: s.array(s.record(s.any())),
      examples: ["salt '*' nftables.get_rules_json", "salt '*' nftables.get_rules_json family=ipv6"],
      run: (ctx, args) => jsonListing(ctx, ['list', 'ruleset', familyOf(args.family)]),
    }),
    get_saved_rules: fn({
      doc: 'List the lines of the file that holds the rules for the next boot, without comments and empty lines.',
      args: { conf_file: s.optional(s.path('The file; that of this system by default')) },
      returns: s.array(s.string()),
      examples: ["salt '*' nftables.get_saved_rules conf_file=/srv/backup/nftables.conf"],
      run(ctx, { conf_file }) {
        for (const path of conf_file === undefined ? savedFiles : [conf_file]) {
          const text = readSystemFile(ctx, path)
          if (text !== undefined) return text.split('\n').filter((line) => /^\s*[^\s#]/.test(line))
        }
        throw new SaltError('execution-failed', `There is no ${conf_file ?? savedFiles.join(' nor ')}`)
      },
    }),
    get_policy: fn({
      doc: 'Tell what becomes of packets that no rule of a chain is for.',
      args: { table, chain, family },
      returns: s.union([s.string(), s.null()] as const),
      examples: ["salt '*' nftables.get_policy filter input"],
      async run(ctx, { table, chain, family }) {
        if (chain === undefined) return 'Error: Chain needs to be specified'
        assertOperand(table, 'the name of a table')
        assertOperand(chain, 'the name of a chain')
        const items = await jsonListing(ctx, ['list', 'chain', familyOf(family), table, chain])
        const policies = items.flatMap(({ chain: one }) => (isRecord(one) ? [one.policy] : []))
        return policies.find((policy) => typeof policy === 'string') ?? null
      },
    }),
    get_rule_handle: fn({
      doc: 'Tell the number by which nft knows a rule.',
      args: { table, chain, rule, family },
      returns: s.any('result and handle, or result and comment'),
      examples: ["salt '*' nftables.get_rule_handle filter input rule='tcp dport 22 log accept'"],
      async run(ctx, place) {
        const found = await findHandle(ctx, place)
        if ('result' in found) return found
        const { handle } = found
        return handle === undefined ? no(`Could not find rule ${place.rule}`) : { result: true, handle }
      },
    }),
    check: fn({
      doc: 'Tell whether a chain has a rule.',
      args: { table, chain, rule, family },
      returns: verdictSchema,
      examples: ["salt '*' nftables.check filter input rule='tcp dport 22 log accept'"],
      async run(ctx, place) {
        const found = await findHandle(ctx, place)
        if ('result' in found) return found
        const where = `Rule ${place.rule} in chain ${place.chain} in table ${place.table} in family ${place.family}`
        return verdict(where, found.handle !== undefined)
      },
    }),
    check_chain: fn({
      doc: 'Tell whether a table has a chain.',
      args: { table, chain, family },
      returns: verdictSchema,
      examples: ["salt '*' nftables.check_chain filter input"],
      run: (ctx, place) => checkChain(ctx, place),
    }),
    check_table: fn({
      doc: 'Tell whether there is a table.',
      args: { table: s.optional(s.string('The table')), family },
      returns: verdictSchema,
      examples: ["salt '*' nftables.check_table nat"],
      run: (ctx, { table = '', family }) => checkTable(ctx, { table, family }),
    }),
  },
})
