/** Functions of `file` on the copies that states keep below `cachedir/file_backup` (`backup: minion`). */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { systemText } from './failure.ts'
import { expandUser, joinPath, splitPath } from './paths.ts'
import { isFolder, isRegularFile } from './status.ts'

interface KeptCopy {
  'Backup Time': string
  Size: number
  Location: string
}

const weekdays = 'Sun|Mon|Tue|Wed|Thu|Fri|Sat'
const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'
const stamp = new RegExp(`^_(${weekdays})_(${months})_(\\d\\d)_(\\d\\d:\\d\\d:\\d\\d)_(\\d{1,6})_(\\d{4})$`)

function backupRoot(ctx: FunctionContext): string {
  return joinPath(String(ctx.config.get('cachedir') ?? '/var/cache/salt/minion'), 'file_backup')
}

/** Where the copies of what lies in a folder are. */
function backupFolder(ctx: FunctionContext, folder: string): string {
  return joinPath(backupRoot(ctx), folder.replace(/^\/+/, ''))
}

/** Name of a copy: `hosts_Sat_Nov_21_02:38:35_037363_2026`. */
function copyName(name: string, time: Date, microseconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${weekdays.split('|')[time.getDay()]}_${months.split('|')[time.getMonth()]}_${two(time.getDate())}`
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')
  return `${name}_${day}_${clock}_${String(time.getMilliseconds() * 1000 + microseconds).padStart(6, '0')}_${time.getFullYear()}`
}

/** The clock counts milliseconds, the names microseconds: copies of one millisecond follow one another. */
function freeName(folder: string, name: string, time: Date): string {
  for (let microseconds = 0; ; microseconds += 1) {
    const path = joinPath(folder, copyName(name, time, microseconds))
    if (!fs.existsSync(path)) return path
  }
}

/** Keeps a copy of the file as it is now. */
function keepCopy(ctx: FunctionContext, path: string): void {
  const [folder, name] = splitPath(path)
  const target = backupFolder(ctx, folder)
  fs.mkdirSync(target, { recursive: true, mode: 0o700 })
  const { mode, uid, gid } = fs.statSync(path)
  const copy = freeName(target, name, new Date())
  fs.copyFileSync(path, copy, fs.constants.COPYFILE_EXCL)
  fs.chmodSync(copy, mode & 0o7777)
  if (process.geteuid?.() === 0) fs.chownSync(copy, uid, gid)
}

/** Keeps a copy where the state, or `backup_mode` of the configuration, asks for one. Salt keeps none on the master, either. */
export function backupBefore(ctx: FunctionContext, path: string, backup: string | undefined): void {
  const mode = backup || ctx.config.get('backup_mode')
  if (mode === 'minion' || mode === 'both') keepCopy(ctx, path)
}

/** Copies of one name, the newest first. */
function copiesOf(folder: string, entries: readonly string[], name: string, limit: number | undefined): KeptCopy[] {
  const found = entries.flatMap((entry) => {
    const match = entry.startsWith(name) ? stamp.exec(entry.slice(name.length)) : null
    if (match === null) return []
    const [, weekday, month = '', day, clock, fraction = '', year] = match
    const monthNumber = String(months.split('|').indexOf(month)).padStart(2, '0')
    const microseconds = fraction.padEnd(6, '0')
    const location = joinPath(folder, entry)
    return {
      order: `${year}${monthNumber}${day}${clock}${microseconds}`,
      copy: {
        'Backup Time': `${weekday} ${month} ${day} ${year} ${clock}.${microseconds}`,
        Size: fs.statSync(location).size,
        Location: location,
      },
    }
  })
  const sorted = found.sort((a, b) => compareText(b.order, a.order)).map(({ copy }) => copy)
  return limit === undefined ? sorted : sorted.slice(0, limit)
}

function listCopies(ctx: FunctionContext, given: string, limit?: number): KeptCopy[] {
  const [folder, name] = splitPath(expandUser(given))
  const place = backupFolder(ctx, folder)
  if (!isFolder(place)) return []
  const files = fs.readdirSync(place).filter((entry) => isRegularFile(joinPath(place, entry)))
  return copiesOf(place, files, name, limit)
}

function numbered(copies: readonly KeptCopy[]): Record<string, KeptCopy> {
  return Object.fromEntries(copies.map((copy, index) => [String(index), copy]))
}

interface Outcome {
  result: boolean
  comment: string
}

/** The copy of that number, or why there is none. */
function findCopy(ctx: FunctionContext, path: string, id: string | number): KeptCopy | Outcome {
  if (!/^(?:0|[1-9]\d*)$/.test(String(id))) return { result: false, comment: `Invalid backup_id '${id}'` }
  const copy = listCopies(ctx, path)[Number(id)]
  return copy ?? { result: false, comment: `backup_id '${id}' does not exist for ${expandUser(path)}` }
}

function restore(ctx: FunctionContext, given: string, id: string | number): Outcome {
  const path = expandUser(given)
  const copy = findCopy(ctx, path, id)
  if ('result' in copy) return copy
  try {
    if (fs.existsSync(path)) keepCopy(ctx, path)
    fs.copyFileSync(copy.Location, path)
    return { result: true, comment: `Successfully restored ${copy.Location} to ${path}` }
  } catch (error) {
    return { result: false, comment: `Unable to restore ${copy.Location} to ${path}: ${systemText(error, path)}` }
  }
}

function remove(ctx: FunctionContext, path: string, id: string | number): Outcome {
  const copy = findCopy(ctx, path, id)
  if ('result' in copy) return copy
  try {
    fs.rmSync(copy.Location)
    return { result: true, comment: `Successfully removed ${copy.Location}` }
  } catch (error) {
    return { result: false, comment: `Unable to remove ${copy.Location}: ${systemText(error, copy.Location)}` }
  }
}

const path = s.path('The file')
const limit = s.optional(s.integer('How many to list at most', { minimum: 0 }))
const copies = s.record(s.object({ 'Backup Time': s.string(), Size: s.bytes(), Location: s.path() }))
const id = s.union([s.integer(), s.string()], 'Number of the copy, as `file.list_backups` gives it')
const outcome = s.object({ result: s.boolean(), comment: s.string() })

const list = (name: string) =>
  fn({
    doc: 'List the kept copies of a file, the newest first.',
    args: { path, limit },
    returns: copies,
    examples: [`salt '*' file.${name} /srv/app/hosts`],
    run: (ctx, args) => numbered(listCopies(ctx, args.path, args.limit)),
  })

const deletion = (name: string) =>
  fn({
    doc: 'Remove a kept copy of a file.',
    args: { path, backup_id: id },
    returns: outcome,
    examples: [`salt '*' file.${name} /srv/app/hosts 0`],
    run: (ctx, args) => remove(ctx, args.path, args.backup_id),
  })

export const backupFunctions = {
  list_backups: list('list_backups'),
  list_backup: list('list_backup'),
  list_backups_dir: fn({
    doc: 'List the kept copies of all that lies in a folder, by name.',
    args: { path: s.path('The folder, with a slash at its end'), limit },
    returns: s.record(copies),
    examples: [`salt '*' file.list_backups_dir /srv/app/`],
    run(ctx, args) {
      const place = backupFolder(ctx, splitPath(expandUser(args.path))[0])
      if (!isFolder(place)) return {}
      const entries = fs.readdirSync(place).sort(compareText)
      const names = new Set(entries.map((entry) => entry.split('_', 1)[0] ?? ''))
      return Object.fromEntries(
        Array.from(names, (name) => [name, numbered(copiesOf(place, entries, name, args.limit))]),
      )
    },
  }),
  restore_backup: fn({
    doc: 'Put a kept copy in place of a file. The file as it is becomes a copy too.',
    args: { path, backup_id: id },
    returns: outcome,
    examples: [`salt '*' file.restore_backup /srv/app/hosts 0`],
    run(ctx, args) {
      if (args.path === '') throw new SaltError('bad-arguments', 'The path is empty.')
      return restore(ctx, args.path, args.backup_id)
    },
  }),
  delete_backup: deletion('delete_backup'),
  remove_backup: deletion('remove_backup'),
}
