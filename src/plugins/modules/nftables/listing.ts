/** Asking nft what is in force. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { assertOperand } from '../../../engine/functions/host-programs.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export interface Verdict {
  comment: string
  result: boolean
}

export const numeric = ['--numeric', '--numeric', '--numeric']

const families: Readonly<Record<string, string>> = {
  ipv4: 'ip',
  ip4: 'ip',
  ip: 'ip',
  ipv6: 'ip6',
  ip6: 'ip6',
  inet: 'inet',
  arp: 'arp',
  bridge: 'bridge',
  netdev: 'netdev',
}

/** As nft names a family. Throws `bad-arguments` for one that it does not know. */
export function familyOf(family: string): string {
  const known = families[family]
  if (known !== undefined) return known
  throw new SaltError('bad-arguments', `${JSON.stringify(family)} is no family of protocols`, {
    hint: `Use one of ${Object.keys(families).join(', ')}.`,
  })
}

export function no(comment: string): Verdict {
  return { comment, result: false }
}

export function verdict(what: string, exists: boolean): Verdict {
  return { comment: `${what} ${exists ? 'exists' : 'does not exist'}`, result: exists }
}

/** What nft lists, or nothing where there is no such table or chain. */
export async function listing(ctx: FunctionContext, argv: readonly string[]): Promise<string> {
  const { stdout, stderr, retcode } = await ctx.exec(['nft', ...argv])
  if (retcode === 0) return stdout
  if (/No such file or directory/.test(stderr)) return ''
  throw new SaltError('execution-failed', stderr.trim() || `nft failed with return code ${retcode}`)
}

/** The objects of nft's JSON without what it tells of itself. */
export async function jsonListing(ctx: FunctionContext, argv: readonly string[]): Promise<Record<string, unknown>[]> {
  const text = await listing(ctx, ['--json', ...numeric, ...argv])
  if (text.trim() === '') return []
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new SaltError('execution-failed', 'nft answered something that is not JSON', { cause })
  }
  const items = isRecord(parsed) && Array.isArray(parsed.nftables) ? parsed.nftables : []
  return items.filter(isRecord)
}

export async function tablesOf(ctx: FunctionContext, family: string): Promise<Record<string, unknown>[]> {
  const items = await jsonListing(ctx, ['list', 'tables', familyOf(family)])
  return items.flatMap(({ table }) => (isRecord(table) ? [table] : []))
}

export interface Place {
  readonly table: string
  readonly chain?: string | undefined
  readonly rule?: string | undefined
  readonly family: string
}

export async function checkTable(ctx: FunctionContext, { table, family }: Place): Promise<Verdict> {
  if (table === '') return no('Table needs to be specified')
  const wanted = `table ${familyOf(family)} ${table}`
  const lines = (await listing(ctx, ['list', 'tables', familyOf(family)])).split('\n')
  return verdict(
    `Table ${table} in family ${family}`,
    lines.some((line) => line.trim() === wanted),
  )
}

export async function checkChain(ctx: FunctionContext, { table, chain, family }: Place): Promise<Verdict> {
  if (chain === undefined) return no('Chain needs to be specified')
  assertOperand(table, 'the name of a table')
  const text = await listing(ctx, ['list', 'table', familyOf(family), table])
  return verdict(`Chain ${chain} in table ${table} in family ${family}`, text.includes(`chain ${chain} {`))
}

/** The handle of a rule (undefined where the chain has none like it), or what is missing for that. */
export async function findHandle(
  ctx: FunctionContext,
  place: Place,
): Promise<{ handle: string | undefined } | Verdict> {
  const { table, chain, rule, family } = place
  if (chain === undefined) return no('Chain needs to be specified')
  if (rule === undefined) return no('Rule needs to be specified')
  const tableVerdict = await checkTable(ctx, place)
  if (!tableVerdict.result) return tableVerdict
  const chainVerdict = await checkChain(ctx, place)
  if (!chainVerdict.result) return chainVerdict
  assertOperand(chain, 'the name of a chain')
  const words = ['list', 'chain', familyOf(family), table, chain]
  const inNumbers = handleIn(await listing(ctx, ['--handle', ...numeric, ...words]), rule)
  // In numbers, `ct state established` is listed as 0x2.
  return { handle: inNumbers ?? handleIn(await listing(ctx, ['--handle', ...words]), rule) }
}

/** Handle of the first line that ends with the rule, whatever has been counted. */
function handleIn(text: string, rule: string): string | undefined {
  const wanted = withoutCounts(rule)
  for (const line of text.split('\n')) {
    const [, found = '', handle] = /^(.*) # handle (\d+)$/.exec(line.trim()) ?? []
    if (handle !== undefined && withoutCounts(found).endsWith(wanted)) return handle
  }
  return undefined
}

function withoutCounts(rule: string): string {
  return rule.replaceAll(/\bcounter packets \d+ bytes \d+/g, 'counter')
}
