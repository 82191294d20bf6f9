/** What the kernel tells of itself below /proc, as mappings. */
import { linesOf, wordsOf } from '../../../engine/functions/host-programs.ts'

export type Count = number | bigint | string

/** A count as a number, whatever its size; what is none stays text. */
function countOf(word: string): Count {
  if (/^-?\d+$/.test(word)) return Number.isSafeInteger(Number(word)) ? Number(word) : BigInt(word)
  return /^-?\d+\.\d+$/.test(word) ? Number(word) : word
}

/** `names[i]` → the i-th word; a name of '' is left out, and what the kernel does not tell is 0. */
function named(names: readonly string[], words: readonly string[]): Record<string, Count> {
  const pairs = names.map((name, index) => [name, countOf(words[index] ?? '0')] as const)
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

const cpuTimes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal']

/** /proc/stat */
export function parseCpuStats(text: string): Record<string, unknown> {
  const stats: Record<string, unknown> = {}
  for (const [name = '', ...words] of linesOf(text).map(wordsOf)) {
    const [total = '0', ...each] = words
    if (name === 'cpu') stats[name] = named(cpuTimes, words)
    else if (name === 'intr') stats[name] = { total: countOf(total), irqs: each.map(countOf) }
    else if (name === 'softirq') stats[name] = { total: countOf(total), softirqs: each.map(countOf) }
    else stats[name] = countOf(total)
  }
  return stats
}

/** /proc/meminfo */
export function parseMemory(text: string): Record<string, Record<string, string>> {
  const lines = linesOf(text).map(wordsOf)
  return Object.fromEntries(
    lines.map(([name = '', value = '', unit]) => [
      name.replace(/:$/, ''),
      unit === undefined ? { value } : { value, unit },
    ]),
  )
}

/** /proc/cpuinfo; of several processors the last one. */
export function parseCpuInfo(text: string): Record<string, string | string[]> {
  const info: Record<string, string | string[]> = {}
  for (const line of linesOf(text)) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).trim()
    const value = line.slice(colon + 1).trim()
    info[name] = name === 'flags' || name === 'Features' ? wordsOf(value) : value
  }
  return info
}

const diskCounts = [
  'major',
  'minor',
  'device',
  'reads_issued',
  'reads_merged',
  'sectors_read',
  'ms_spent_reading',
  'writes_completed',
  'writes_merged',
  'sectors_written',
  'ms_spent_writing',
  'io_in_progress',
  'ms_spent_in_io',
  'weighted_ms_spent_in_io',
]

/** /proc/diskstats */
export function parseDiskStats(text: string): Record<string, Record<string, Count>> {
  const lines = linesOf(text).map(wordsOf)
  return Object.fromEntries(lines.map((words) => [words[2] ?? '', named(diskCounts, words)]))
}

/** /proc/vmstat */
export function parseVmStats(text: string): Record<string, Count> {
  const lines = linesOf(text).map(wordsOf)
  return Object.fromEntries(lines.map(([name = '', value = '0']) => [name, countOf(value)]))
}

/** /proc/net/netstat: a line of names, then a line of values, both beginning with the name of the group. */
export function parseNetStats(text: string): Record<string, Record<string, Count>> {
  const groups: Record<string, Record<string, Count>> = {}
  let names: readonly string[] = []
  for (const words of linesOf(text).map(wordsOf)) {
    const [group = '', ...values] = words
    if (group === names[0]) groups[group.replace(/:$/, '')] = named(names.slice(1), values)
    else names = words
  }
  return groups
}

const interfaceCounts = [
  'rx_bytes',
  'rx_packets',
  'rx_errs',
  'rx_drop',
  'rx_fifo',
  'rx_frame',
  'rx_compressed',
  'rx_multicast',
  'tx_bytes',
  'tx_packets',
  'tx_errs',
  'tx_drop',
  'tx_fifo',
  'tx_colls',
  'tx_carrier',
  'tx_compressed',
]

/** /proc/net/dev */
export function parseInterfaces(text: string): Record<string, Record<string, Count>> {
  const interfaces: Record<string, Record<string, Count>> = {}
  for (const line of linesOf(text)) {
    const colon = line.lastIndexOf(':')
    if (colon < 0) continue
    const iface = line.slice(0, colon).trim()
    interfaces[iface] = { iface, ...named(interfaceCounts, wordsOf(line.slice(colon + 1))) }
  }
  return interfaces
}
