/** Writing rules as nft takes them, from what people give as keyword arguments. */
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'

type Given = ReadonlyMap<string, unknown>

/** What is written for each argument, in the order in which nft has it; the first name that is given counts. */
const clauses: readonly (readonly [names: readonly string[], write: (value: string, protocol: string) => string])[] = [
  [['if'], (value) => `meta iifname ${value}`],
  [['of'], (value) => `meta oifname ${value}`],
  [['connstate'], (value) => `ct state { ${value} }`],
  [['icmp-type'], (value) => `icmp type { ${value} }`],
  [['pkttype'], (value) => `meta pkttype { ${value} }`],
  [['counter'], () => 'counter'],
  [['saddr', 'source'], (value) => `ip saddr ${value}`],
  [['daddr', 'destination'], (value) => `ip daddr ${value}`],
  [['dport'], (value, protocol) => portClause('dport', value.replaceAll(':', '-'), protocol)],
  [['sport'], (value, protocol) => portClause('sport', value.replaceAll(':', '-'), protocol)],
  [['dports'], (value, protocol) => portClause('dport', descending(value), protocol)],
  [['sports'], (value, protocol) => portClause('sport', descending(value), protocol)],
  [['jump', 'target'], (value) => value],
  [['j'], (value) => value],
  [['redirect-to', 'to-port'], (value) => `redirect to ${value}`],
  [['to-ports'], (value) => `--to-ports ${value}`],
  [['to-source'], (value) => value],
  [['to-destination'], (value) => value],
  [['reject-with'], (value) => `reject with ${value}`],
]

function portClause(kind: 'dport' | 'sport', ports: string, protocol: string): string {
  return `${protocol} ${kind} { ${ports} }`
}

/** nft lists ports from high to low, and rules are compared as text. */
function descending(ports: string): string {
  const numbers = ports.split(',').map(Number)
  if (numbers.some((port) => !Number.isInteger(port))) {
    throw new SaltError('bad-arguments', `${JSON.stringify(ports)} is no list of ports`, {
      hint: 'Give numbers with commas between them: 80,443.',
    })
  }
  return numbers.sort((a, b) => b - a).join(', ')
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.map(pythonString).join(',') : pythonString(value)
}

export function buildRule(given: Given): string {
  const protocol = given.has('proto') ? textOf(given.get('proto')) : ''
  const written = clauses.flatMap(([names, write]) => {
    const name = names.find((one) => given.has(one))
    return name === undefined ? [] : [write(textOf(given.get(name)), protocol)]
  })
  return written.join(' ').trim()
}
