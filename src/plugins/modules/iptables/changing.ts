/** Functions of iptables that change what is in force. They last until the next boot, or for as long as `save` makes them. */
import { s } from '../../../base/schema.ts'
import { assertOperand, mustRun, runChange } from '../../../engine/functions/host-programs.ts'
import { writeSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import {
  chain,
  family,
  missingChain,
  missingRule,
  programOf,
  rule,
  runningRules,
  savedFile,
  table,
} from './families.ts'

interface Order {
  readonly table: string
  readonly family: string
  /** `-A`, and what it is about. */
  readonly words: readonly string[]
}

/** What iptables complains about; nothing where it is done. */
async function order(ctx: FunctionContext, { table, family, words }: Order): Promise<string> {
  assertOperand(table, 'the name of a table')
  const { retcode, stdout, stderr } = await runChange(ctx, [programOf(family), '--wait', '-t', table, ...words])
  return retcode === 0 ? '' : (stderr + stdout).trim()
}

function named(chain: string): string {
  assertOperand(chain, 'the name of a chain')
  return chain
}

const position = s.optional(s.integer('Number of the rule in its chain, from 1 on; negative ones count from the end'))
const complaint = s.string('What iptables complains about; empty where it is done')
const trueOrComplaint = s.union([s.boolean(), s.string()] as const, 'True, or what iptables complains about')

async function placeFromStart(
  ctx: FunctionContext,
  position: number,
  { table, chain, family }: { readonly table: string; readonly chain: string; readonly family: string },
): Promise<number> {
  if (position >= 0) return position
  const rules = (await runningRules(ctx, family))[table]?.[chain]?.rules ?? []
  return Math.max(1, rules.length + position + 1)
}

export const changingFunctions = {
  append: fn({
    doc: 'Add a rule at the end of a chain.',
    args: { table, chain, rule, family },
    returns: s.union([s.boolean(), s.string()] as const, 'Whether it was done'),
    examples: ["salt '*' iptables.append filter INPUT rule='-m state --state RELATED,ESTABLISHED -j ACCEPT'"],
    async run(ctx, { table, chain, rule, family }) {
      if (chain === undefined) return missingChain
      if (rule === undefined) return missingRule
      return (await order(ctx, { table, family, words: ['-A', named(chain), ...splitShellWords(rule)] })) === ''
    },
  }),
  insert: fn({
    doc: 'Put a rule into a chain, before the one that has its number.',
    args: { table, chain, position, rule, family },
    returns: complaint,
    examples: ["salt '*' iptables.insert filter INPUT position=3 rule='-p tcp --dport 22 -j ACCEPT'"],
    async run(ctx, { table, chain, position, rule, family }) {
      if (chain === undefined) return missingChain
      if (position === undefined || position === 0) return 'Error: Position needs to be specified or use append (-A)'
      if (rule === undefined) return missingRule
      const place = await placeFromStart(ctx, position, { table, chain, family })
      return await order(ctx, { table, family, words: ['-I', named(chain), `${place}`, ...splitShellWords(rule)] })
    },
  }),
  delete: fn({
    doc: 'Remove a rule from a chain: by its number or by what it says.',
    args: { table, chain, position, rule, family },
    returns: complaint,
    examples: [
      "salt '*' iptables.delete filter INPUT position=3",
      "salt '*' iptables.delete filter INPUT rule='-p tcp --dport 22 -j ACCEPT'",
    ],
    async run(ctx, { table, chain, position, rule, family }) {
      if (chain === undefined) return missingChain
      if (position !== undefined && rule !== undefined) {
        return 'Error: Only specify a position or a rule, not both'
      }
      if (position === undefined && rule === undefined) return missingRule
      const which = position === undefined ? splitShellWords(rule ?? '') : [`${position}`]
      return await order(ctx, { table, family, words: ['-D', named(chain), ...which] })
    },
  }),
  flush: fn({
    doc: 'Remove all rules of a chain, or of all chains of a table.',
    args: { table, chain: s.withDefault(s.string('The chain; all of the table when left out'), ''), family },
    returns: complaint,
    examples: ["salt '*' iptables.flush filter INPUT"],
    run: (ctx, { table, chain, family }) =>
      order(ctx, { table, family, words: chain === '' ? ['-F'] : ['-F', named(chain)] }),
  }),
  new_chain: fn({
    doc: 'Make a chain.',
    args: { table, chain, family },
    returns: trueOrComplaint,
    examples: ["salt '*' iptables.new_chain filter WEB"],
    async run(ctx, { table, chain, family }) {
      if (chain === undefined) return missingChain
      return (await order(ctx, { table, family, words: ['-N', named(chain)] })) || true
    },
  }),
  delete_chain: fn({
    doc: 'Remove a chain that is empty and that no rule leads to.',
    args: { table, chain, family },
    returns: trueOrComplaint,
    examples: ["salt '*' iptables.delete_chain filter WEB"],
    async run(ctx, { table, chain, family }) {
      if (chain === undefined) return missingChain
      return (await order(ctx, { table, family, words: ['-X', named(chain)] })) || true
    },
  }),
  set_policy: fn({
    doc: 'Decide what becomes of packets that no rule of a chain is for.',
    args: { table, chain, policy: s.optional(s.string('ACCEPT or DROP')), family },
    returns: complaint,
    examples: ["salt '*' iptables.set_policy filter INPUT ACCEPT"],
    async run(ctx, { table, chain, policy, family }) {
      if (chain === undefined) return missingChain
      if (policy === undefined) return 'Error: Policy needs to be specified'
      assertOperand(policy, 'a policy')
      return await order(ctx, { table, family, words: ['-P', named(chain), policy] })
    },
  }),
  save: fn({
    doc: 'Keep the rules that are in force for the next boot: write them where this system reads them then.',
    args: { filename: s.optional(s.path('The file; that of this system by default')), family },
    returns: s.string(),
    examples: ["salt '*' iptables.save", "salt '*' iptables.save /srv/backup/iptables.saved family=ipv6"],
    async run(ctx, { filename, family }) {
      const path = filename ?? savedFile(ctx, family)
      const { stdout } = await mustRun(ctx, [`${programOf(family)}-save`])
      writeSystemFile(ctx, path, stdout, { mode: 0o600 })
      return `Wrote the rules to ${path}`
    },
  }),
}
