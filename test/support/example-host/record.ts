/** What `test/cases/examples.json` tells of each example, for the marks of the function reference. */
import { readFileSync } from 'node:fs'
import type { Need, Verdict } from './examples.ts'

export const recordFile = new URL('../../cases/examples.json', import.meta.url)
export const stateRecordFile = new URL('../../cases/state-examples.json', import.meta.url)

/** It runs as shown, also with this output; or what it needs. */
export type Recorded = 'runs' | { readonly shows: string } | { readonly needs: Need; readonly what: string }

export type ExampleRecord = Readonly<Record<string, Recorded>>

export function readRecord(file = recordFile): ExampleRecord {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Functions whose answers depend on nothing but what the example host has. */
const steady =
  /^(?:config|cp|data|file|git|grains|group|hashutil|hosts|iptables|logrotate|match|nftables|pillar|ssh|test|user)\.|^archive\.(?:gunzip|gzip|is_encrypted|list|tar|unzip|zip)$|^cmd\.(?:run|run_stdout|shell|retcode|has_exec|exec_code|script_retcode)$|^dnsutil\.(?!serial)|^environ\.(?!items)|^event\.|^http\.(?!update)|^log\.|^mount\.(?:set_fstab|rm_fstab|set_automaster|rm_automaster)$|^network\.(?:calc_net|connect|convert_cidr|get_hostname|in_subnet|ip_in_subnet|iphexval|is_\w+|reverse_ip)$|^random\.(?:hash|sample|shuffle|str_encode)$|^sys\.(?:argspec|runner_argspec)$/

/** Where the answer is about the example host's own system, its accounts' numbers, versions or the clock. */
const unsteady =
  /\b(?:versions?\w*|opts_pkg|get_opts|stack|items|conf_test|module_report|providers?)\b|\/etc\/|\/proc\/|\bpid\b/

/** States whose changes depend on nothing but what the example host has. */
const steadyStates =
  /^(?:archive|beacon|environ|event|file|git|grains|host|http|ini|loop|module|saltutil|schedule|ssh_auth|ssh_known_hosts|test)\./

const mostLines = 12
const mostColumns = 100

/** The output, if it is short and the same everywhere. */
export function steadyOutput(name: string, example: string, output: string | undefined): string | undefined {
  if (output === undefined || !steady.test(name) || unsteady.test(example)) return undefined
  const lines = output.split('\n')
  const fits = lines.length > 1 && lines.length <= mostLines && lines.every((line) => line.length <= mostColumns)
  return fits && !/\.host\b|^ *(?:pid|inode|atime|ctime|mtime):/m.test(output) ? output : undefined
}

/** What states came to, if it is short and the same everywhere. */
export function steadyOutcome(name: string, output: string | undefined): string | undefined {
  if (output === undefined || !steadyStates.test(name)) return undefined
  const lines = output.split('\n')
  const fits = lines.length <= 2 * mostLines && lines.every((line) => line.length <= mostColumns)
  return fits && !/\.host\b|127\.0\.0\.1:\d|\bpid\b|mtime|Date:/.test(output) ? output : undefined
}

/** Whether what the record says still holds, or what is wrong; what another host lacks or has is no fault. */
export function disagreement(
  recorded: Recorded | undefined,
  verdict: Verdict,
  output: string | undefined,
): string | undefined {
  if (recorded === undefined) return 'is not recorded'
  const runs = recorded === 'runs' || 'shows' in recorded
  if ('runs' in verdict) {
    if (!runs) return dependsOnHost(recorded.needs) ? undefined : `runs, but is recorded to need ${recorded.what}`
    if (recorded === 'runs' || recorded.shows === output) return undefined
    return `shows other than recorded:\n${output}`
  }
  if (dependsOnHost(verdict.needs)) return undefined
  if (runs) return `needs ${verdict.what}`
  return recorded.needs === verdict.needs || dependsOnHost(recorded.needs)
    ? undefined
    : `needs ${verdict.what}, but is recorded to need ${recorded.what}`
}

function dependsOnHost(need: Need): boolean {
  return need === 'program' || need === 'system'
}

/** How many functions have an example that runs, and what those that have none need. */
export function countFunctions(functions: Readonly<Record<string, readonly string[]>>, record: ExampleRecord) {
  const counts = { runs: 0, privileges: 0, program: 0, system: 0, outside: 0 }
  for (const examples of Object.values(functions)) {
    const found = examples.flatMap((example) => record[example] ?? [])
    const lacking = found.flatMap((one) => (one !== 'runs' && 'needs' in one ? one.needs : []))
    if (lacking.length < found.length) counts.runs++
    else if (lacking[0] !== undefined) counts[lacking[0]]++
  }
  return counts
}
