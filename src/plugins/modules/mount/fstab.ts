/** Functions of `mount` about the table of file systems, fstab(5). */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { wordsOf } from '../../../engine/functions/host-programs.ts'
import { escapeField, unescapeField } from '../../../engine/functions/mount-table.ts'
import { readSystemFile, withLineEnd, writeSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const keys = ['device', 'name', 'fstype', 'opts', 'dump', 'pass_num'] as const
type Key = (typeof keys)[number]
type Entry = Record<Key, string>

/** As Solaris has them in vfstab: what is checked before mounting, and whether it is mounted at boot. */
const vfstabKeys = ['device', 'device_fsck', 'name', 'fstype', 'pass_fsck', 'mount_at_boot', 'opts']

/** Types whose device says nothing, so that an entry is known by its mount point. */
const withoutDevice: readonly string[] = [
  'none',
  'tmpfs',
  'sysfs',
  'proc',
  'fusectl',
  'debugfs',
  'securityfs',
  'devtmpfs',
  'cgroup',
  'cgroup2',
  'btrfs',
]

const config = s.withDefault(s.path('The table'), '/etc/fstab')

/** Undefined for a comment, or a line that is no entry. */
function parseEntry(line: string): Entry | undefined {
  const words = wordsOf(line)
  if (words.length < 4 || words.length > 6 || line.trimStart().startsWith('#')) return undefined
  const [device = '', name = '', fstype = '', opts = '', dump = '0', pass_num = '0'] = words.map(unescapeField)
  return { device, name, fstype, opts, dump, pass_num }
}

function showEntry(entry: Entry): string {
  const { device, name, fstype, opts, dump, pass_num } = entry
  return `${escapeField(device)}\t\t${escapeField(name)}\t${fstype}\t${escapeField(opts)}\t${dump} ${pass_num}`
}

/** As given, where white space may already stand as `\040` or `\ `. */
function plain(text: string): string {
  return unescapeField(text.replaceAll('\\ ', ' '))
}

function linesIn(ctx: FunctionContext, path: string): string[] {
  const text = readSystemFile(ctx, path)
  if (text === undefined) throw new SaltError('execution-failed', `Bad config file "${path}"`)
  return text === '' ? [] : withLineEnd(text).split('\n').slice(0, -1)
}

function writeLines(ctx: FunctionContext, path: string, lines: readonly string[]): void {
  writeSystemFile(ctx, path, lines.map((line) => `${line}\n`).join(''))
}

function listEntries(ctx: FunctionContext, path: string): Record<string, Record<string, unknown>> {
  const entries: Record<string, Record<string, unknown>> = {}
  for (const line of (readSystemFile(ctx, path) ?? '').split('\n')) {
    const found = describeEntry(line)
    if (found === undefined) continue
    let { name } = found
    while (Object.hasOwn(entries, name)) name += '_'
    entries[name] = found.facts
  }
  return entries
}

function describeEntry(line: string): { readonly name: string; readonly facts: Record<string, unknown> } | undefined {
  const words = wordsOf(line)
  if (words.length === vfstabKeys.length && !line.trimStart().startsWith('#')) {
    const { name = '', opts = '', ...facts } = Object.fromEntries(vfstabKeys.map((key, at) => [key, words[at] ?? '']))
    return { name, facts: { ...facts, opts: opts.split(',') } }
  }
  const entry = parseEntry(line)
  if (entry === undefined) return undefined
  const { name, device, fstype, opts, dump, pass_num } = entry
  return { name, facts: { device, fstype, opts: opts.split(','), dump, pass: pass_num } }
}

function matchingKeys(given: string | readonly string[], fstype: string): Key[] {
  if (given === 'auto') return [withoutDevice.includes(fstype) ? 'name' : 'device']
  const wanted = [given].flat()
  const known = wanted.filter((key): key is Key => keys.some((one) => one === key))
  const unknown = wanted.filter((key) => !known.some((one) => one === key))
  if (unknown.length > 0) {
    throw new SaltError('execution-failed', `Unrecognized keys in match_on: "${unknown.join(', ')}"`, {
      hint: `Use some of ${keys.join(', ')}, or auto.`,
    })
  }
  return known
}

const listing = (name: string, doc: string, path: string) =>
  fn({
    doc,
    args: { config: s.withDefault(s.path('The table'), path) },
    returns: s.record(s.record(s.any())),
    examples: [`salt '*' mount.${name}`],
    run: (ctx, args) => listEntries(ctx, args.config),
  })

export const fstabFunctions = {
  fstab: listing('fstab', 'Tell what the table of file systems holds, by mount point.', '/etc/fstab'),
  vfstab: listing('vfstab', 'Tell what a table of file systems of Solaris holds, by mount point.', '/etc/vfstab'),
  set_fstab: fn({
    doc: 'Set an entry of the table of file systems.',
    args: {
      name: s.path('The mount point'),
      device: s.string('What is mounted: a device, LABEL=…, UUID=… or a share'),
      fstype: s.string('Type of the file system'),
      opts: s.withDefault(s.union([s.string(), s.array(s.string())], 'Options of mount'), 'defaults'),
      dump: s.withDefault(s.integer('Whether dump saves it'), 0),
      pass_num: s.withDefault(s.integer('Which pass of fsck checks it; 0 for none'), 0),
      config,
      test: s.withDefault(s.boolean('Only tell what would be done'), false),
      match_on: s.withDefault(
        s.union([s.string(), s.array(s.string())], 'What an entry is known by, such as name or device'),
        'auto',
      ),
      not_change: s.withDefault(s.boolean('Leave an entry that is there as it is'), false),
    },
    extra: s.any('Accepted, and without effect'),
    returns: s.string('new, change or present'),
    examples: ["salt '*' mount.set_fstab /mnt/foo /dev/sdz1 ext4 config=/srv/image/etc/fstab"],
    run(ctx, args) {
      const entry: Entry = {
        device: plain(args.device),
        name: plain(args.name),
        fstype: args.fstype,
        opts: plain([args.opts].flat().join(',')),
        dump: String(args.dump),
        pass_num: String(args.pass_num),
      }
      const criteria = matchingKeys(args.match_on, args.fstype)
      let outcome = 'new'
      const lines = linesIn(ctx, args.config).map((line) => {
        const old = parseEntry(line)
        if (old === undefined || criteria.some((key) => old[key] !== entry[key])) return line
        if (outcome === 'new') outcome = 'present'
        if (args.not_change || keys.every((key) => old[key] === entry[key])) return line
        outcome = 'change'
        return showEntry(entry)
      })
      if (outcome === 'new') lines.push(showEntry(entry))
      if (outcome !== 'present' && !args.test) writeLines(ctx, args.config, lines)
      return outcome
    },
  }),
  rm_fstab: fn({
    doc: 'Remove an entry from the table of file systems.',
    args: { name: s.path('The mount point'), device: s.string('What is mounted'), config },
    returns: s.boolean('Always true'),
    examples: ["salt '*' mount.rm_fstab /mnt/foo /dev/sdg config=/srv/image/etc/fstab"],
    run(ctx, args) {
      const [name, device] = [plain(args.name), plain(args.device)]
      const lines = linesIn(ctx, args.config)
      const left = lines.filter((line) => {
        const entry = parseEntry(line)
        return entry === undefined || entry.name !== name || entry.device !== device
      })
      if (left.length !== lines.length) writeLines(ctx, args.config, left)
      return true
    },
  }),
}
