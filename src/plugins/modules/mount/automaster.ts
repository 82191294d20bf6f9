/** Functions of `mount` about maps of the automounter, as macOS has them. */
import { s } from '../../../base/schema.ts'
import { linesOf, runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import { readSystemFile, withLineEnd, writeSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const config = s.withDefault(s.path('The map'), '/etc/auto_salt')
const masterMap = '/etc/auto_master'
const prefix = '/..'

interface MapEntry {
  readonly name: string
  readonly options: string
  readonly device: string
}

/** Undefined for a comment, or a line that is no entry. */
function parseEntry(line: string): MapEntry | undefined {
  const words = wordsOf(line)
  const [name = '', options = '', device = ''] = words
  return words.length === 3 && !line.startsWith('#') ? { name, options, device } : undefined
}

function listEntries(ctx: FunctionContext, path: string) {
  const entries = linesOf(readSystemFile(ctx, path) ?? '').map(parseEntry)
  return Object.fromEntries(
    entries
      .filter((entry) => entry !== undefined)
      .map(({ name, options, device }) => {
        const [fstype = '', ...opts] = options.split(',')
        return [name.replace(prefix, ''), { device: deviceOf(device), fstype, opts }]
      }),
  )
}

/** `nfs:server:/share`: what follows the type. */
function deviceOf(text: string): string {
  return text.split(':')[1] ?? ''
}

export const automasterFunctions = {
  automaster: fn({
    doc: 'Tell what a map of the automounter holds, by mount point.',
    args: { config },
    returns: s.record(s.object({ device: s.string(), fstype: s.string(), opts: s.array(s.string()) })),
    examples: ["salt '*' mount.automaster"],
    run: (ctx, args) => listEntries(ctx, args.config),
  }),
  set_automaster: fn({
    doc: 'Set an entry of a map of the automounter.',
    args: {
      name: s.path('The mount point'),
      device: s.string('What is mounted'),
      fstype: s.string('Type of the file system'),
      opts: s.withDefault(s.union([s.string(), s.array(s.string())], 'Options of mount'), ''),
      config,
      test: s.withDefault(s.boolean('Only tell what would be done'), false),
      not_change: s.withDefault(s.boolean('Leave an entry that is there as it is'), false),
    },
    extra: s.any('Accepted, and without effect'),
    returns: s.string('new, change or present'),
    examples: ["salt '*' mount.set_automaster /mnt/foo //server/share smbfs config=/srv/image/etc/auto_master"],
    run(ctx, args) {
      const entry: MapEntry = {
        name: `${prefix}${args.name}`,
        options: `-fstype=${args.fstype},${[args.opts].flat().join(',')}`,
        device: `${args.fstype === 'smbfs' ? '' : args.fstype}:${args.device}`,
      }
      const newLine = `${entry.name}\t${entry.options}\t${entry.device}`
      const text = readSystemFile(ctx, args.config)
      let outcome = 'new'
      const lines = (text ?? '').split('\n').map((line) => {
        const old = parseEntry(line)
        if (old === undefined || (old.name !== entry.name && old.device !== entry.device)) return line
        if (outcome === 'new') outcome = 'present'
        const same = old.name === entry.name && old.options === entry.options && old.device === entry.device
        if (same || args.not_change) return line
        outcome = 'change'
        return newLine
      })
      if (args.test || outcome === 'present') return outcome
      if (text === undefined) {
        const master = withLineEnd(readSystemFile(ctx, masterMap) ?? '')
        writeSystemFile(ctx, masterMap, `${master}/-\t\t\t${args.config}\n`)
      }
      const kept = lines.join('\n')
      writeSystemFile(ctx, args.config, outcome === 'new' ? `${withLineEnd(kept)}${newLine}\n` : kept)
      return outcome
    },
  }),
  rm_automaster: fn({
    doc: 'Remove an entry from a map of the automounter, and let it read its maps again.',
    args: {
      name: s.path('The mount point'),
      device: s.string('What is mounted; empty for whatever is'),
      config,
    },
    returns: s.boolean('Always true'),
    examples: ["salt '*' mount.rm_automaster /mnt/foo //server/share config=/srv/image/etc/auto_master"],
    async run(ctx, args) {
      if (!Object.hasOwn(listEntries(ctx, args.config), args.name)) return true
      const lines = (readSystemFile(ctx, args.config) ?? '').split('\n')
      const left = lines.filter((line) => {
        const entry = parseEntry(line)
        const named = entry?.name.replace(prefix, '') === args.name
        return !named || (args.device !== '' && deviceOf(entry?.device ?? '') !== args.device)
      })
      writeSystemFile(ctx, args.config, left.join('\n'))
      await runIfInstalled(ctx, ['automount', '-cv'])
      return true
    },
  }),
}
