import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { wordsOf } from '../../engine/functions/host-programs.ts'
import { readSystemFile, withLineEnd, writeSystemFile } from '../../engine/functions/system-files.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

interface HostLine {
  readonly ip: string
  readonly aliases: readonly string[]
  readonly comment: string
}

/** Names and comment of an address, or a line that is a comment. */
type Shown = { aliases: string[] } | { aliases: string[]; comment: string } | string[]

const ip = s.string('The address')
const alias = s.string('Name of the host')

function pathOf(ctx: FunctionContext): string {
  const configured = ctx.config.get('hosts.file')
  if (typeof configured === 'string' && configured !== '') return configured
  if (ctx.grains.kernel !== 'Windows') return '/etc/hosts'
  return join(process.env.SystemRoot ?? 'C:\\Windows', 'System32\\drivers\\etc\\hosts')
}

function readHosts(ctx: FunctionContext): string {
  return readSystemFile(ctx, pathOf(ctx)) ?? ''
}

/** Undefined for what names no host: empty lines and comments. */
function parseLine(line: string): HostLine | undefined {
  const [entry = '', ...comment] = line.split('#')
  const [ip, ...aliases] = wordsOf(entry)
  return ip === undefined ? undefined : { ip, aliases, comment: comment.join('#').trim() }
}

function formatLine({ ip, aliases, comment }: HostLine): string {
  return `${ip}\t\t${aliases.join(' ')}${comment === '' ? '' : `\t\t# ${comment}`}`
}

function entriesOf(text: string): HostLine[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? [])
}

/** All names of an address, of all its lines; undefined where it has none. */
function aliasesOf(text: string, ip: string): string[] | undefined {
  const entries = entriesOf(text).filter((entry) => entry.ip === ip)
  return entries.length === 0 ? undefined : entries.flatMap((entry) => entry.aliases)
}

function hasPair(text: string, ip: string, alias: string | readonly string[]): boolean {
  const known = aliasesOf(text, ip) ?? []
  return [alias].flat().every((one) => known.includes(one)) && known.length > 0
}

/**
 * Changes the lines of an address: each becomes what `change` gives for it, or goes away for undefined. The first call is
 * told so. Resolves to whether there was one; all other lines stay as they are.
 */
function changeEntries(
  text: string,
  ip: string,
  change: (entry: HostLine, isFirst: boolean) => HostLine | undefined,
): { readonly text: string; readonly found: boolean } {
  let found = false
  const lines = text.split('\n').flatMap((line) => {
    const entry = parseLine(line)
    if (entry?.ip !== ip) return [line]
    const changed = change(entry, !found)
    found = true
    if (changed === entry) return [line]
    return changed === undefined ? [] : [formatLine(changed)]
  })
  return { text: lines.join('\n'), found }
}

function write(ctx: FunctionContext, before: string, after: string): true {
  if (after !== before) writeSystemFile(ctx, pathOf(ctx), after)
  return true
}

/** What goes into a line must not make another, nor be taken for a comment. */
function assertWord(word: string, what: string): void {
  if (/^[^\s#\0]+$/.test(word)) return
  throw new SaltError('bad-arguments', `${JSON.stringify(word)} cannot be ${what}`)
}

function commentOf(text: string | undefined): string {
  if (text !== undefined && /[\r\n\0]/.test(text)) {
    throw new SaltError('bad-arguments', 'a comment must not have line breaks')
  }
  return text?.trim() ?? ''
}

function listOf(text: string): Record<string, Shown> {
  const comments = text.split('\n').flatMap((line) => (line.trim().startsWith('#') ? [[line.trim()]] : []))
  const known = new Map<string, { aliases: string[]; comment: string }>()
  for (const { ip, aliases, comment } of entriesOf(text)) {
    const one = known.get(ip) ?? { aliases: [], comment: '' }
    for (const alias of aliases) one.aliases.push(alias)
    known.set(ip, { ...one, comment: comment || one.comment })
  }
  return {
    ...Object.fromEntries(comments.map((lines, at) => [`comment-${at}`, lines])),
    ...Object.fromEntries(
      known.entries().map(([ip, one]) => [ip, one.comment === '' ? { aliases: one.aliases } : one]),
    ),
  }
}

const aliases = s.array(s.string())
const shownSchema = s.union([s.object({ aliases }), s.object({ aliases, comment: s.string() }), s.array(s.string())])

export const hosts = defineModule({
  name: 'hosts',
  doc: 'Tells and changes the names of addresses in the hosts file: /etc/hosts, or what the option hosts.file names.',
  functions: {
    list_hosts: fn({
      doc: 'Show the hosts file: names and comment of each address, and lines that are comments as comment-0, comment-1 and so on.',
      returns: s.record(shownSchema),
      examples: ["salt '*' hosts.list_hosts"],
      run: (ctx) => listOf(readHosts(ctx)),
    }),
    get_ip: fn({
      doc: 'Tell the address of a name; empty where there is none.',
      args: { host: alias },
      returns: s.string(),
      examples: ["salt '*' hosts.get_ip db1.example.org"],
      run: (ctx, { host }) => entriesOf(readHosts(ctx)).find((entry) => entry.aliases.includes(host))?.ip ?? '',
    }),
    get_alias: fn({
      doc: 'List the names of an address.',
      args: { ip },
      returns: s.array(s.string()),
      examples: ["salt '*' hosts.get_alias 10.0.0.5"],
      run: (ctx, args) => aliasesOf(readHosts(ctx), args.ip) ?? [],
    }),
    has_pair: fn({
      doc: 'Tell whether an address has a name, or all of a list.',
      args: { ip, alias: s.union([alias, s.array(s.string())], 'Name of the host, or a list') },
      returns: s.boolean(),
      examples: ["salt '*' hosts.has_pair 10.0.0.5 db1"],
      run: (ctx, args) => hasPair(readHosts(ctx), args.ip, args.alias),
    }),
    set_host: fn({
      doc: 'Give an address these names and no others. With no name the address is taken out.',
      args: {
        ip,
        alias: s.union(
          [alias, s.array(s.string())],
          'Name of the host; several as a list, or with blanks between them',
        ),
        comment: s.optional(s.string('What stands behind the names')),
      },
      returns: s.boolean(),
      examples: ["salt '*' hosts.set_host 10.0.0.5 web.example.org", "salt '*' hosts.set_host 10.0.0.5 ''"],
      run(ctx, args) {
        assertWord(args.ip, 'an address')
        const aliases = [args.alias].flat().flatMap(wordsOf)
        for (const one of aliases) assertWord(one, 'the name of a host')
        const wanted = { ip: args.ip, aliases, comment: commentOf(args.comment) }
        const before = readHosts(ctx)
        const { text, found } = changeEntries(before, args.ip, (_, isFirst) =>
          isFirst && aliases.length > 0 ? wanted : undefined,
        )
        const after = found || aliases.length === 0 ? text : `${withLineEnd(text)}${formatLine(wanted)}\n`
        return write(ctx, before, after)
      },
    }),
    add_host: fn({
      doc: 'Give an address a further name.',
      args: { ip, alias },
      returns: s.boolean(),
      examples: ["salt '*' hosts.add_host 10.0.0.5 web.example.org"],
      run(ctx, args) {
        assertWord(args.ip, 'an address')
        assertWord(args.alias, 'the name of a host')
        const before = readHosts(ctx)
        if (hasPair(before, args.ip, args.alias)) return true
        const { text, found } = changeEntries(before, args.ip, (entry, isFirst) =>
          isFirst ? { ...entry, aliases: [...entry.aliases, args.alias] } : entry,
        )
        const added = formatLine({ ip: args.ip, aliases: [args.alias], comment: '' })
        return write(ctx, before, found ? text : `${withLineEnd(text)}${added}\n`)
      },
    }),
    rm_host: fn({
      doc: 'Take a name of an address away. An address without names is taken out.',
      args: { ip, alias },
      returns: s.boolean(),
      examples: ["salt '*' hosts.rm_host 10.0.0.5 web.example.org"],
      run(ctx, args) {
        const before = readHosts(ctx)
        const { text } = changeEntries(before, args.ip, (entry) => {
          if (!entry.aliases.includes(args.alias)) return entry
          const aliases = entry.aliases.filter((one) => one !== args.alias)
          return aliases.length === 0 ? undefined : { ...entry, aliases }
        })
        return write(ctx, before, text)
      },
    }),
    set_comment: fn({
      doc: 'Set what stands behind the names of an address.',
      args: { ip, comment: s.string('The comment') },
      returns: s.boolean('False where the address has no line'),
      examples: ["salt '*' hosts.set_comment 10.0.0.5 'the web server'"],
      run(ctx, args) {
        const comment = commentOf(args.comment)
        const before = readHosts(ctx)
        const { text, found } = changeEntries(before, args.ip, (entry, isFirst) =>
          isFirst && entry.comment !== comment ? { ...entry, comment } : entry,
        )
        return found && write(ctx, before, text)
      },
    }),
  },
})
