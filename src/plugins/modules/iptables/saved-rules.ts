/** Reading what iptables-save writes. */
import { linesOf } from '../../../engine/functions/host-programs.ts'
import { splitShellWords } from '../cmd/shell-words.ts'

/** Values of each option, by its long name: `{ protocol: ['tcp'], jump: ['ACCEPT'] }`; empty text for an option without one. */
export type Rule = Record<string, string[]>

export interface Chain {
  /** `-` for a chain that is not built in. */
  policy: string
  'packet count': string
  'byte count': string
  rules: Rule[]
  /** Rules that have a comment, by it. */
  rules_comment: Record<string, Rule>
}

/** Chains by table. */
export type RuleTables = Record<string, Record<string, Chain>>

/** Long names of options that have a short one, or several; all others are known under the one they have. */
const longNames: Readonly<Record<string, string>> = {
  '-p': 'protocol',
  '-s': 'source',
  '-d': 'destination',
  '-j': 'jump',
  '-g': 'goto',
  '-i': 'in-interface',
  '-o': 'out-interface',
  '-f': 'fragment',
  '-c': 'set-counters',
  '-m': 'match',
  '--sport': 'source_port',
  '--source-port': 'source_port',
  '--dport': 'destination_port',
  '--destination-port': 'destination_port',
  '--sports': 'source-ports',
  '--dports': 'destination-ports',
  '--src-cc': 'source-country',
  '--dst-cc': 'destination-country',
}

export function parseSavedRules(text: string): RuleTables {
  const tables: RuleTables = {}
  let table: Record<string, Chain> = {}
  for (const line of linesOf(text)) {
    const words = splitShellWords(line.replace(/^\[\d+:\d+\]\s+(?=-A)/, ''))
    const [first = '', second = '', counters = ''] = words
    if (line.startsWith('*')) {
      table = {}
      tables[first.slice(1)] = table
    } else if (line.startsWith(':')) table[first.slice(1)] = emptyChain(second, counters)
    else if (first === '-A') addRule(table[second], parseRule(words.slice(2)))
  }
  return tables
}

function emptyChain(policy: string, counters: string): Chain {
  const [, packets = '0', bytes = '0'] = /^\[(\d+):(\d+)\]$/.exec(counters) ?? []
  return { policy, 'packet count': packets, 'byte count': bytes, rules: [], rules_comment: {} }
}

function addRule(chain: Chain | undefined, rule: Rule): void {
  if (chain === undefined) return
  chain.rules.push(rule)
  const [comment] = rule.comment ?? []
  if (comment !== undefined) chain.rules_comment[comment] = rule
}

/** `! -s 10.0.0.1` and the older `-s ! 10.0.0.1` both are `source: ['! 10.0.0.1']`. */
function parseRule(words: readonly string[]): Rule {
  const rule: Rule = {}
  let values: string[] = []
  let negated = false
  const finish = (name: string | undefined): void => {
    if (name !== undefined) rule[name] = [...(rule[name] ?? []), values.join(' ')]
    values = negated ? ['!'] : []
    negated = false
  }
  let open: string | undefined
  words.forEach((word, at) => {
    if (word === '!' && words[at + 1]?.startsWith('-') === true) negated = true
    else if (word.startsWith('-')) {
      finish(open)
      open = longNames[word] ?? word.replace(/^-+/, '')
    } else values.push(word)
  })
  finish(open)
  return rule
}
