/** Functions of `file` that write lines or bytes. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { readWhole } from '../../../base/read-whole.ts'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { replaceContent } from './content.ts'
import { attempt } from './failure.ts'
import { expandUser } from './paths.ts'

const path = s.path('The file')
const rest = s.any('The lines')
const extra = s.any('args: a line, or a list of lines, in place of those that stand alone')

/** The lines of a call: `args=` where they hold an equals sign. */
function linesOf(rest: readonly unknown[], { args }: Readonly<Record<string, unknown>>): string[] {
  const given = args === undefined ? rest : Array.isArray(args) ? args : [args]
  return given.map((line) => `${pythonString(line)}\n`)
}

function time(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isFinite(number)) throw new SaltError('bad-arguments', 'atime and mtime must be integers')
  return number
}

const timeSchema = (what: string) =>
  s.optional(s.union([s.number(), s.string()], `Time of the last ${what}, in seconds since 1970; now when left out`))

export const writingFunctions = {
  append: fn({
    doc: 'Add lines at the end of a file, which must exist.',
    args: { path },
    rest,
    extra,
    returns: s.string(),
    examples: [`salt '*' file.append /srv/docs/a.txt 'Closed on Sunday.' 'Call the office.'`],
    run(_ctx, args, more) {
      const full = expandUser(args.path)
      const lines = linesOf(more.rest, more.extra)
      attempt(full, () => {
        const descriptor = fs.openSync(full, 'r+')
        try {
          const { size } = fs.fstatSync(descriptor)
          const last = Buffer.alloc(1)
          const ended = size === 0 || fs.readSync(descriptor, last, 0, 1, size - 1) === 0 || last[0] === 10
          fs.writeSync(descriptor, (ended ? '' : '\n') + lines.join(''), size)
        } finally {
          fs.closeSync(descriptor)
        }
      })
      return `Wrote ${lines.length} lines to "${full}"`
    },
  }),
  prepend: fn({
    doc: 'Add lines at the start of a file.',
    args: { path },
    rest,
    extra,
    returns: s.string(),
    examples: [`salt '*' file.prepend /srv/docs/a.txt 'Closed on Sunday.'`],
    async run(_ctx, args, more) {
      const full = expandUser(args.path)
      const lines = linesOf(more.rest, more.extra)
      const old = attempt(full, () => (fs.existsSync(full) ? readWhole(full) : Buffer.alloc(0)))
      await replaceContent(full, Buffer.concat([Buffer.from(lines.join('')), old]))
      return `Prepended ${lines.length} lines to "${full}"`
    },
  }),
  write: fn({
    doc: 'Write lines to a file in place of what it holds.',
    args: { path },
    rest,
    extra,
    returns: s.string(),
    examples: [`salt '*' file.write /srv/docs/a.txt 'Closed on Sunday.'`],
    async run(_ctx, args, more) {
      const full = expandUser(args.path)
      const lines = linesOf(more.rest, more.extra)
      await replaceContent(full, lines.join(''))
      return `Wrote ${lines.length} lines to "${full}"`
    },
  }),
  touch: fn({
    doc: 'Make an empty file, or give an existing one other times.',
    args: { name: path, atime: timeSchema('reading'), mtime: timeSchema('change') },
    returns: s.boolean(),
    examples: [`salt '*' file.touch /srv/app/restart.txt`],
    run(_ctx, args) {
      const full = expandUser(args.name)
      const now = Date.now() / 1000
      const [atime, mtime] = [time(args.atime) ?? now, time(args.mtime) ?? now]
      attempt(full, () => {
        if (!fs.existsSync(full)) fs.closeSync(fs.openSync(full, 'a'))
        fs.utimesSync(full, atime, mtime)
      })
      return fs.existsSync(full)
    },
  }),
  truncate: fn({
    doc: 'Cut a file off, or fill it up with NUL, so that it has a size.',
    args: { path, length: s.bytes('The size') },
    returns: s.null(),
    examples: [`salt '*' file.truncate /srv/app/app.log 512`],
    run(_ctx, args) {
      const full = expandUser(args.path)
      attempt(full, () => fs.truncateSync(full, args.length))
      return null
    },
  }),
  seek_write: fn({
    doc: 'Write over a part of a file. Gives the number of bytes.',
    args: { path, data: s.text('What to write'), offset: s.bytes('Where to begin') },
    returns: s.integer(),
    examples: [`salt '*' file.seek_write /srv/backup/disk.img 'some data' 4096`],
    run(_ctx, args) {
      const full = expandUser(args.path)
      return attempt(full, () => {
        const descriptor = fs.openSync(full, fs.constants.O_WRONLY)
        try {
          const count = fs.writeSync(descriptor, Buffer.from(args.data), 0, undefined, args.offset)
          fs.fsyncSync(descriptor)
          return count
        } finally {
          fs.closeSync(descriptor)
        }
      })
    },
  }),
}
