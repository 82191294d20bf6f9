/** Writing rules as iptables takes them, from what people give as keyword arguments. */
import { pythonString } from '../../../base/python-repr.ts'

/** Options of targets: they stand behind the jump. The jump itself comes first. */
const afterJump = [
  ...['j', 'jump'],
  ...['add-set', 'and-mark', 'and-tos', 'checksum-fill', 'clamp-mss-to-pmtu', 'clustermac', 'ctevents', 'ctmask'],
  ...['del-set', 'ecn-tcp-remove', 'exist', 'expevents', 'gateway', 'hash-init', 'hashmode', 'helper', 'label'],
  ...['local-node', 'log-ip-options', 'log-level', 'log-prefix', 'log-tcp-options', 'log-tcp-sequence', 'log-uid'],
  ...['mask', 'new', 'nfmask', 'nflog-group', 'nflog-prefix', 'nflog-range', 'nflog-threshold', 'nodst', 'notrack'],
  ...['on-ip', 'on-port', 'or-mark', 'or-tos', 'persistent', 'queue-balance', 'queue-bypass', 'queue-num', 'random'],
  ...['rateest-ewmalog', 'rateest-interval', 'rateest-name', 'reject-with', 'restore', 'restore-mark', 'save-mark'],
  ...['selctx', 'set-class', 'set-dscp', 'set-dscp-class', 'set-mark', 'set-mss', 'set-tos', 'set-xmark'],
  ...['strip-options', 'timeout', 'to', 'to-destination', 'to-ports', 'to-source', 'total-nodes', 'tproxy-mark'],
  ...['ttl-dec', 'ttl-inc', 'ttl-set', 'type', 'ulog-cprange', 'ulog-nlgroup', 'ulog-prefix', 'ulog-qthreshold'],
  ...['xor-mark', 'xor-tos', 'zone', 'dst-pfx', 'hl-dec', 'hl-inc', 'hl-set', 'hmark-dport-mask', 'hmark-dst-prefix'],
  ...['hmark-mod', 'hmark-offset', 'hmark-proto-mask', 'hmark-rnd', 'hmark-spi-mask', 'hmark-sport-mask'],
  ...['hmark-src-prefix', 'hmark-tuple', 'led-always-blink', 'led-delay', 'led-trigger-id', 'queue-cpu-fanout'],
  ...['src-pfx', 'to-port', 'addr', 'and-mask', 'delude', 'honeypot', 'or-mask', 'prefix', 'reset', 'reuse'],
  ...['set-mac', 'shift', 'static', 'tarpit', 'tname', 'ttl'],
]

/** Matches that take a name, which is given as `name_`: a state has a name of its own. */
const namedMatches = ['pknock', 'quota2', 'recent']

/** The rule without table and chain, or Salt's sentence about what is missing. */
export function buildRule(given: ReadonlyMap<string, unknown>): string {
  const left = new Map(given)
  const take = (name: string): unknown => {
    const value = left.get(name)
    left.delete(name)
    return value
  }
  const target = take('target')
  if (target !== undefined) left.set('jump', target)
  const parts: string[] = []
  const add = (option: string, value: unknown): void => {
    const { mark, plain } = negation(value)
    parts.push(`${mark}${option} ${plain}`)
  }
  const addIfGiven = (option: string, name: string): void => {
    if (left.has(name)) add(option, take(name))
  }
  addIfGiven('-i', 'if')
  addIfGiven('-o', 'of')
  const protocol = [take('protocol'), take('proto')].find((value) => value !== undefined)
  if (protocol !== undefined) add('-p', protocol)
  parts.push(...matchParts(take('match'), take))
  for (const set of listOf(take('match-set'))) {
    const { mark, plain } = negation(set)
    parts.push(`-m set ${mark}--match-set ${plain}`)
  }
  const needMatch = (name: string): void => {
    if (!parts.includes(`-m ${name}`)) parts.push(`-m ${name}`)
  }
  if (left.has('connstate')) needMatch('state')
  addIfGiven('--state', 'connstate')
  addIfGiven('--dport', 'dport')
  addIfGiven('--sport', 'sport')
  for (const name of ['dports', 'sports']) {
    if (!left.has(name)) continue
    if (protocol === undefined) return 'Error: proto must be specified'
    needMatch('multiport')
    parts.push(...portParts(name, take(name)))
  }
  if (left.has('comment')) {
    needMatch('comment')
    parts.push(`--comment "${pythonString(take('comment'))}"`)
  }
  // An old name of match-set; without a value it is the option of the match "recent".
  if (isGiven(left.get('set'))) add('--match-set', take('set'))
  const jumps = afterJump.filter((name) => left.has(name)).map((name) => jumpPart(name, take(name)))
  return [...parts, ...[...left].map(([name, value]) => otherPart(name, value)), ...jumps].join(' ')
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false
}

function isBare(value: unknown): boolean {
  return value === null || value === ''
}

/** `!` or `not` in front of a value. */
function negation(value: unknown): { readonly mark: string; readonly plain: string } {
  const text = pythonString(value)
  const [prefix] = /^(?:!|not\b)\s*/.exec(text) ?? []
  return prefix === undefined ? { mark: '', plain: text } : { mark: '! ', plain: text.slice(prefix.length) }
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

function matchParts(match: unknown, take: (name: string) => unknown): string[] {
  const matches = typeof match === 'string' ? match.split(',') : listOf(match)
  return matches.flatMap((one) => {
    const name = pythonString(one)
    const own = namedMatches.includes(name.trim()) ? take('name_') : undefined
    return [`-m ${name}`, ...(own === undefined ? [] : [`--name ${pythonString(own)}`])]
  })
}

/** One port that is negated negates all of them. */
function portParts(name: string, value: unknown): string[] {
  const ports = listOf(value).map(negation)
  const mark = ports.some((port) => port.mark !== '') ? ['!'] : []
  return [...mark, `--${name} ${ports.map((port) => port.plain).join(',')}`]
}

function jumpPart(name: string, value: unknown): string {
  if (isBare(value)) return `--${name}`
  const text = pythonString(value)
  return /\s/.test(text) ? `--${name} "${text}"` : `--${name} ${text}`
}

function otherPart(name: string, value: unknown): string {
  const { mark, plain } = isBare(value) ? { mark: '', plain: '' } : negation(value)
  return `${mark}${name.length === 1 ? '-' : '--'}${name}${plain === '' ? '' : ` ${plain}`}`
}
