import { s } from '../../../base/schema.ts'
import { assertOperand, mustRun, wordsOf } from '../../../engine/functions/host-programs.ts'
import { findProgram } from '../../../engine/functions/process-identity.ts'
import { requireSystemFile } from '../../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext, fn } from '../../../engine/plugin.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import { buildRule } from './build-rule.ts'
import { changingFunctions } from './changing.ts'
import {
  chain,
  confFile,
  family,
  missingChain,
  missingRule,
  programOf,
  rule,
  runningRules,
  savedFile,
  table,
} from './families.ts'
import { parseSavedRules, type RuleTables } from './saved-rules.ts'
import { ruleArguments } from './state-keywords.ts'

const tablesSchema = s.record(s.record(s.record(s.any())), 'Policy, counts and rules of each chain, by table')

function savedRules(ctx: FunctionContext, confFile: string | undefined, family: string): RuleTables {
  return parseSavedRules(requireSystemFile(ctx, confFile ?? savedFile(ctx, family)))
}

/** As text, with the path of the program, as it could be typed. */
async function fullCommand(
  ctx: FunctionContext,
  args: { table: string; chain: string; command: string; position: string; family: string },
  rule: string,
): Promise<string> {
  const program = programOf(args.family)
  const { stdout, stderr } = await ctx.exec([program, '--help'])
  const wait = (stdout + stderr).includes('--wait') ? '--wait' : ''
  const flag = 'ACDIRLSFZNXPE'.includes(args.command) ? '-' : '--'
  const words = [
    findProgram(program) ?? program,
    wait,
    '-t',
    args.table,
    `${flag}${args.command}`,
    args.chain,
    args.position,
  ]
  return [...words, rule].filter((word) => word !== '').join(' ')
}

const nullOrText = s.union([s.string(), s.null()] as const)

export const iptables = defineModule({
  name: 'iptables',
  doc: 'Tells and changes the rules of the firewall, as iptables has them.',
  available: ({ grains }) => grains.kernel === 'Linux' || 'iptables: the system is not Linux',
  functions: {
    version: fn({
      doc: 'Tell the version of iptables.',
      args: { family },
      returns: s.string(),
      examples: ["salt '*' iptables.version", "salt '*' iptables.version family=ipv6"],
      async run(ctx, args) {
        const { stdout } = await mustRun(ctx, [programOf(args.family), '--version'])
        return wordsOf(stdout)[1] ?? ''
      },
    }),
    build_rule: fn({
      doc: 'Write a rule from keyword arguments: names of options with their values. A value that starts with ! or not is negated.',
      args: {
        table,
        chain,
        command: s.optional(s.string('What full is to do, such as A, I or insert')),
        position: s.withDefault(s.union([s.string(), s.integer()] as const, 'Where full is to do it'), ''),
        full: s.optional(s.union([s.boolean(), s.string()] as const, 'The whole command, not only the rule')),
        family,
      },
      extra: s.any('Value of an option; empty for one without'),
      returns: s.string(),
      examples: [
        "salt '*' iptables.build_rule match=state connstate=RELATED,ESTABLISHED jump=ACCEPT",
        "salt '*' iptables.build_rule proto=tcp dport=22 source='not 127.0.0.1' jump=ACCEPT",
      ],
      run(ctx, { table, chain, command, position, full, family }, { extra }) {
        const rule = buildRule(ruleArguments(extra))
        if (rule.startsWith('Error: ') || (full !== true && full !== 'True' && full !== 'true')) return rule
        if (table === '') return 'Error: Table needs to be specified'
        if (chain === undefined) return missingChain
        if (command === undefined) return 'Error: Command needs to be specified'
        return fullCommand(ctx, { table, chain, command, position: String(position), family }, rule)
      },
    }),
    get_rules: fn({
      doc: 'Tell the rules that are in force.',
      args: { family },
      returns: tablesSchema,
      examples: ["salt '*' iptables.get_rules", "salt '*' iptables.get_rules family=ipv6"],
      run: async (ctx, args) => asRecords(await runningRules(ctx, args.family)),
    }),
    get_saved_rules: fn({
      doc: 'Tell the rules that are kept for the next boot.',
      args: { conf_file: confFile, family },
      returns: tablesSchema,
      examples: [
        "salt '*' iptables.get_saved_rules",
        "salt '*' iptables.get_saved_rules conf_file=/srv/backup/iptables.saved",
      ],
      run: (ctx, args) => asRecords(savedRules(ctx, args.conf_file, args.family)),
    }),
    get_policy: fn({
      doc: 'Tell what becomes of packets that no rule of a chain is for.',
      args: { table, chain, family },
      returns: nullOrText,
      examples: ["salt '*' iptables.get_policy filter INPUT"],
      async run(ctx, args) {
        if (args.chain === undefined) return missingChain
        return (await runningRules(ctx, args.family))[args.table]?.[args.chain]?.policy ?? null
      },
    }),
    get_saved_policy: fn({
      doc: 'Tell what will become of packets that no rule of a chain is for after the next boot.',
      args: { table, chain, conf_file: confFile, family },
      returns: nullOrText,
      examples: [
        "salt '*' iptables.get_saved_policy filter INPUT",
        "salt '*' iptables.get_saved_policy filter INPUT conf_file=/srv/backup/iptables.saved",
      ],
      run(ctx, args) {
        if (args.chain === undefined) return missingChain
        return savedRules(ctx, args.conf_file, args.family)[args.table]?.[args.chain]?.policy ?? null
      },
    }),
    check: fn({
      doc: 'Tell whether a chain has a rule.',
      args: { table, chain, rule, family },
      returns: s.union([s.boolean(), s.string()] as const, 'What iptables says where there is none'),
      examples: ["salt '*' iptables.check filter INPUT rule='-m state --state RELATED,ESTABLISHED -j ACCEPT'"],
      async run(ctx, { table, chain, rule, family }) {
        if (chain === undefined) return missingChain
        if (rule === undefined) return missingRule
        assertOperand(table, 'the name of a table')
        assertOperand(chain, 'the name of a chain')
        const argv = [programOf(family), '-t', table, '-C', chain, ...splitShellWords(rule)]
        const { retcode, stdout, stderr } = await ctx.exec(argv)
        return retcode === 0 || (stdout + stderr).trim()
      },
    }),
    check_chain: fn({
      doc: 'Tell whether a table has a chain.',
      args: { table, chain, family },
      returns: s.union([s.boolean(), s.string()] as const),
      examples: ["salt '*' iptables.check_chain filter INPUT"],
      async run(ctx, { table, chain, family }) {
        if (chain === undefined) return missingChain
        assertOperand(table, 'the name of a table')
        const { stdout } = await mustRun(ctx, [`${programOf(family)}-save`, '-t', table])
        return Object.values(parseSavedRules(stdout)).some((chains) => Object.hasOwn(chains, chain))
      },
    }),
    ...changingFunctions,
  },
})

function asRecords(tables: RuleTables): Record<string, Record<string, Record<string, unknown>>> {
  const shown = Object.entries(tables).map(([name, chains]) => {
    const each = Object.entries(chains).map(([chainName, one]) => [chainName, { ...one }] as const)
    return [name, Object.fromEntries(each)] as const
  })
  return Object.fromEntries(shown)
}
