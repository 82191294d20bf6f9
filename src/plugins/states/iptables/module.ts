import { s } from '../../../base/schema.ts'
import { defineStates, state } from '../../../engine/plugin.ts'
import { planAbsent, planFlush, planPolicy, planPresent } from './chains.ts'
import { planAppend, planDelete, planInsert } from './rules.ts'

const name = s.string('What others call this state; it is no part of the rule')
const chainName = s.string('Name of the chain')
const chain = s.string('The chain')
const table = s.withDefault(s.string('The table'), 'filter')
const family = s.withDefault(s.string('ipv4 or ipv6'), 'ipv4')
const save = s.withDefault(
  s.union([s.boolean(), s.string()] as const, 'Keep the rules for the next boot, too; a path: in that file'),
  false,
)
const position = s.integer('Number of the rule in its chain, from 1 on; negative ones count from the end')
const extra = s.any(
  'Options of iptables by their long names, `connstate` for --state; a value that begins with ! or not is negated',
)
const ruleArguments = { name, table, chain, family, save }

export const iptables = defineStates({
  name: 'iptables',
  doc: 'Rules of the firewall, as iptables has them: they are in force at once, and with `save` after a boot, too.',
  functions: {
    append: state({
      doc: 'Let a chain have a rule. One that is missing comes to its end.',
      args: ruleArguments,
      extra,
      examples: [
        'let the web in:\n  iptables.append:\n    - chain: INPUT\n    - match: state\n    - connstate: NEW\n    - proto: tcp\n    - dport: 443\n    - jump: ACCEPT\n    - save: true',
      ],
      plan: (ctx, want, { extra: options }) => planAppend(ctx, { ...want, options }),
    }),
    insert: state({
      doc: 'Let a chain have a rule. One that is missing comes to a position of its own.',
      args: { ...ruleArguments, position: s.withDefault(position, 1) },
      extra,
      examples: [
        "ssh from the office:\n  iptables.insert:\n    - position: 1\n    - chain: INPUT\n    - source: '203.0.113.0/24'\n    - proto: tcp\n    - dport: 22\n    - jump: ACCEPT",
      ],
      plan: (ctx, want, { extra: options }) => planInsert(ctx, { ...want, options }),
    }),
    delete: state({
      doc: 'Let a chain not have a rule.',
      args: { ...ruleArguments, position: s.optional(position) },
      extra,
      examples: [
        'no telnet:\n  iptables.delete:\n    - chain: INPUT\n    - proto: tcp\n    - dport: 23\n    - jump: ACCEPT',
      ],
      plan: (ctx, want, { extra: options }) => planDelete(ctx, { ...want, options }),
    }),
    set_policy: state({
      doc: 'Decide what becomes of packets that no rule of a chain is for.',
      args: { ...ruleArguments, policy: s.string('ACCEPT or DROP') },
      examples: ['drop the rest:\n  iptables.set_policy:\n    - chain: INPUT\n    - policy: DROP'],
      plan: planPolicy,
    }),
    flush: state({
      doc: 'Remove all rules of a chain or of a table. Said again, it does so again.',
      args: { name, table, chain: s.withDefault(s.string('The chain; all of the table when left out'), ''), family },
      examples: ['empty INPUT:\n  iptables.flush:\n    - chain: INPUT'],
      plan: planFlush,
    }),
    chain_present: state({
      doc: 'Let a table have a chain.',
      args: { name: chainName, table, family },
      examples: ['WEB:\n  iptables.chain_present:\n    - table: filter'],
      plan: planPresent,
    }),
    chain_absent: state({
      doc: 'Let a table not have a chain, nor what is in it.',
      args: { name: chainName, table, family },
      examples: ['WEB:\n  iptables.chain_absent'],
      plan: planAbsent,
    }),
  },
})
