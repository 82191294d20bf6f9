/** Functions of `file` that make devices and named pipes. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { makeFolderOf, type NewFolder } from './folders.ts'
import { modeSchema, normalizeMode, ownerSchema } from './owners.ts'
import { expandUser } from './paths.ts'
import { checkPermissions } from './permissions.ts'
import { isLink } from './status.ts'

interface NodeRequest extends NewFolder {
  readonly name: string
  readonly major?: number
  readonly minor?: number
}

const kinds = {
  c: 'Character device',
  b: 'Block device',
  p: 'Fifo pipe',
} as const

async function makeNode(ctx: FunctionContext, type: keyof typeof kinds, request: NodeRequest) {
  const name = expandUser(request.name)
  const report: { name: string; changes: Record<string, string>; comment: string; result: boolean | null } = {
    name,
    changes: {},
    comment: '',
    result: false,
  }
  const change = { new: `${kinds[type]} ${name} created.` }
  if (ctx.config.get('test') === true) return { ...report, changes: change, result: null }
  if (fs.existsSync(name) || isLink(name)) report.comment = `File ${name} exists and cannot be overwritten`
  else {
    const numbers = type === 'p' ? [] : [String(request.major ?? 0), String(request.minor ?? 0)]
    const { retcode, stderr } = await ctx.exec([
      'mknod',
      '-m',
      normalizeMode(request.mode) ?? '0660',
      name,
      type,
      ...numbers,
    ])
    if (retcode !== 0) throw new SaltError('execution-failed', `Could not create '${name}': ${stderr.trim()}`)
    report.changes = change
    report.result = true
  }
  if (fs.existsSync(name)) await checkPermissions(ctx, name, null, request)
  return report
}

const nodeReport = s.object({
  name: s.path(),
  changes: s.record(s.string()),
  comment: s.string(),
  result: s.union([s.boolean(), s.null()]),
})
const name = s.path('The device or pipe')
const owners = {
  user: s.withDefault(ownerSchema('User that it shall belong to'), null),
  group: s.withDefault(ownerSchema('Group that it shall belong to'), null),
}
const mode = s.withDefault(modeSchema('Mode in octal digits'), '0660')
const numbers = { major: s.integer('Its major number'), minor: s.integer('Its minor number') }

export const nodeFunctions = {
  mknod_chrdev: fn({
    doc: 'Make a character device.',
    args: { name, ...numbers, ...owners, mode },
    returns: nodeReport,
    examples: [`salt '*' file.mknod_chrdev /srv/app/null 1 3`],
    run: (ctx, args) => makeNode(ctx, 'c', args),
  }),
  mknod_blkdev: fn({
    doc: 'Make a block device.',
    args: { name, ...numbers, ...owners, mode },
    returns: nodeReport,
    examples: [`salt '*' file.mknod_blkdev /srv/app/sda 8 0`],
    run: (ctx, args) => makeNode(ctx, 'b', args),
  }),
  mknod_fifo: fn({
    doc: 'Make a named pipe.',
    args: { name, ...owners, mode },
    returns: nodeReport,
    examples: [`salt '*' file.mknod_fifo /srv/app/queue`],
    run: (ctx, args) => makeNode(ctx, 'p', args),
  }),
  mknod: fn({
    doc: 'Make a device or a named pipe, and the folder that it lies in.',
    args: {
      name,
      ntype: s.string('c: character device, b: block device, p: named pipe'),
      major: s.withDefault(s.integer('Its major number'), 0),
      minor: s.withDefault(s.integer('Its minor number'), 0),
      ...owners,
      mode: s.withDefault(modeSchema('Mode in octal digits'), '0600'),
    },
    returns: nodeReport,
    examples: [`salt '*' file.mknod /srv/app/queue p`],
    async run(ctx, { ntype, ...request }) {
      if (ntype !== 'c' && ntype !== 'b' && ntype !== 'p') {
        throw new SaltError(
          'bad-arguments',
          `Node type unavailable: '${ntype}'. Available node types are character ('c'), block ('b'), and pipe ('p').`,
        )
      }
      await makeFolderOf(ctx, request.name, { ...request, mode: null })
      return makeNode(ctx, ntype, request)
    },
  }),
}
