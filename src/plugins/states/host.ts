import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { wordsOf } from '../../engine/functions/host-programs.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'

interface HostEntry {
  readonly aliases: readonly string[]
  readonly comment?: string
}

/** Entries by address; lines that are comments are left out. */
async function listHosts(ctx: StateContext): Promise<ReadonlyMap<string, HostEntry>> {
  const found = await ctx.salt('hosts.list_hosts')
  const entries = isRecord(found) ? Object.entries(found) : []
  return new Map(entries.filter((entry): entry is [string, HostEntry & Record<string, unknown>] => isRecord(entry[1])))
}

interface PresentWishes {
  readonly name: string
  readonly ip: string | readonly string[]
  readonly comment: string
  readonly clean: boolean
}

/** One change, in the words for what will be, what was done and what was not. */
interface HostChange {
  readonly kind: 'added' | 'comment_added' | 'removed'
  readonly address: string
  readonly value: string
  readonly call: readonly [fun: string, args: readonly string[]]
  readonly would: string
  readonly did: string
  readonly didNot: string
}

function addition(name: string, address: string): HostChange {
  const what = `host ${name} (${address})`
  return {
    kind: 'added',
    address,
    value: name,
    call: ['hosts.add_host', [address, name]],
    would: `Host ${name} (${address}) would be added`,
    did: `Added ${what}`,
    didNot: `Failed to add ${what}`,
  }
}

function remark(address: string, comment: string): HostChange {
  return {
    kind: 'comment_added',
    address,
    value: comment,
    call: ['hosts.set_comment', [address, comment]],
    would: `Comment for ${address} (${comment}) would be added`,
    did: `Set comment for host ${address} (${comment})`,
    didNot: `Failed to add comment for host ${address} (${comment})`,
  }
}

function removal(name: string, address: string): HostChange {
  const what = `host ${name} (${address})`
  return {
    kind: 'removed',
    address,
    value: name,
    call: ['hosts.rm_host', [address, name]],
    would: `Host ${name} (${address}) would be removed`,
    did: `Removed ${what}`,
    didNot: `Failed to remove ${what}`,
  }
}

async function planPresent(ctx: StateContext, want: PresentWishes): Promise<StatePlan> {
  const { name, comment, clean } = want
  const addresses = [want.ip].flat()
  const hosts = await listHosts(ctx)
  const present: string[] = []
  const additions: HostChange[] = []
  const remarks: HostChange[] = []
  for (const address of addresses) {
    const entry = hosts.get(address)
    const isThere = entry?.aliases.includes(name) === true
    if (!isThere) additions.push(addition(name, address))
    if (comment !== '' && entry?.comment !== comment) remarks.push(remark(address, comment))
    else if (isThere) present.push(`Host ${name} (${address}) already present`)
  }
  const others = [...hosts].filter(([address, { aliases }]) => !addresses.includes(address) && aliases.includes(name))
  const removals = clean ? others.map(([address]) => removal(name, address)) : []
  const warnings = clean ? [] : others.map(([address]) => elsewhere(name, address))
  const changes = [...additions, ...remarks, ...removals]
  const more = warnings.length === 0 ? {} : { warnings }
  if (changes.length === 0) return right(present.join('\n'), more)
  return pending({
    comment: [...present, ...changes.map(({ would }) => would)].join('\n'),
    changes: changesOf(changes),
    ...more,
    apply: () => change(ctx, present, changes),
  })
}

function elsewhere(name: string, address: string): string {
  return `Host ${name} present for IP address ${address}. To get rid of this warning, either run this state with 'clean' set to True to remove ${name} from ${address}, or add ${address} to the 'ip' argument.`
}

function changesOf(changes: readonly HostChange[]): Record<string, Record<string, string[]>> {
  const found: Record<string, Record<string, string[]>> = {}
  for (const { kind, address, value } of changes) {
    const ofKind = found[kind] ?? {}
    found[kind] = { ...ofKind, [address]: [...(ofKind[address] ?? []), value] }
  }
  return found
}

async function change(
  ctx: StateContext,
  present: readonly string[],
  changes: readonly HostChange[],
): Promise<StateOutcome> {
  const made: HostChange[] = []
  const comments = [...present]
  for (const one of changes) {
    const worked = (await ctx.salt(one.call[0], one.call[1])) === true
    if (worked) made.push(one)
    comments.push(worked ? one.did : one.didNot)
  }
  return (made.length === changes.length ? done : failed)(comments.join('\n'), changesOf(made))
}

async function planAbsent(ctx: StateContext, want: { readonly name: string; readonly ip: string | readonly string[] }) {
  const { name } = want
  const hosts = await listHosts(ctx)
  const addresses = [want.ip].flat()
  const isThere = (address: string): boolean => hosts.get(address)?.aliases.includes(name) === true
  const told = (word: (address: string) => string): string =>
    addresses.map((one) => (isThere(one) ? word(one) : `Host ${name} (${one}) already absent`)).join('\n')
  if (!addresses.some(isThere)) return right(told(() => ''))
  return pending({
    comment: told((one) => `Host ${name} (${one}) needs to be removed`),
    changes: {},
    async apply() {
      const lost: string[] = []
      for (const one of addresses.filter(isThere)) {
        if ((await ctx.salt('hosts.rm_host', [one, name])) !== true) lost.push(one)
      }
      const comment = told((one) => `${lost.includes(one) ? 'Failed to remove' : 'Removed'} host ${name} (${one})`)
      return (lost.length === 0 ? done : failed)(comment, { host: name })
    },
  })
}

async function planOnly(
  ctx: StateContext,
  want: { readonly name: string; readonly hostnames: string | readonly string[] },
) {
  const { name } = want
  const old = (await listHosts(ctx)).get(name)?.aliases.join(' ') ?? ''
  const now = [want.hostnames].flat().flatMap(wordsOf).join(' ')
  if (old === now) return right(`IP address ${name} already set to '${now}'`)
  return pending({
    comment: `Would change ${name} from '${old}' to '${now}'`,
    changes: { [name]: { old, new: now } },
    async apply() {
      if ((await ctx.salt('hosts.set_host', [name, now])) !== true) {
        return failed(`hosts.set_host failed to change ${name} from '${old}' to '${now}'`)
      }
      return done(`successfully changed ${name} from '${old}' to '${now}'`, { [name]: { old, new: now } })
    },
  })
}

const name = s.string('Name of the host')
const ip = s.union([s.string(), s.array(s.string())], 'Its address, or several')

export const host = defineStates({
  name: 'host',
  doc: 'Manages the hosts file.',
  functions: {
    present: state({
      doc: 'Let a name stand for addresses.',
      args: {
        name,
        ip,
        comment: s.withDefault(s.string('What stands behind the names of the address'), ''),
        clean: s.withDefault(s.boolean('Take the name away from all other addresses'), false),
      },
      examples: ['db1.example.org:\n  host.present:\n    - ip: 10.0.0.5\n    - clean: true'],
      plan: planPresent,
    }),
    absent: state({
      doc: 'Let a name not stand for addresses.',
      args: { name, ip },
      examples: ['db1.example.org:\n  host.absent:\n    - ip: 10.0.0.5'],
      plan: planAbsent,
    }),
    only: state({
      doc: 'Let an address have these names, and no others.',
      args: {
        name: s.string('The address'),
        hostnames: s.union([s.string(), s.array(s.string())], 'The names'),
      },
      examples: ['127.0.0.1:\n  host.only:\n    - hostnames:\n      - localhost\n      - myself'],
      plan: planOnly,
    }),
  },
})
