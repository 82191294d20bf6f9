/** Functions of `mount` that mount and unmount. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { assertOperand, complaintOf } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { isMounted } from './active.ts'

const name = s.path('The mount point')
const mkmnt = s.withDefault(s.boolean('Make the folder of the mount point'), false)
const fstype = s.withDefault(s.string('Type of the file system; as it is found by default'), '')
const opts = s.withDefault(s.union([s.string(), s.array(s.string())], 'Options of mount'), 'defaults')
const user = s.optional(s.string('User who mounts; the one of the minion by default'))
const outcome = s.union([s.boolean(), s.string()], 'True, or what the program complained about')
const util = s.withDefault(s.string('Program that mounts; only mount is known'), 'mount')

const isDarwin = (ctx: FunctionContext): boolean => ctx.grains.kernel === 'Darwin'

function assertUtility(given: string): void {
  if (given !== 'mount') {
    throw new SaltError('execution-failed', `The utility ${JSON.stringify(given)} is not supported.`)
  }
}

/** True, or what the program wrote; its return code is then the function's. */
async function answerOf(
  ctx: FunctionContext,
  argv: readonly string[],
  runas: string | undefined,
): Promise<true | string> {
  const result = await ctx.exec(argv, runas === undefined ? {} : { runas })
  if (result.retcode === 0) return true
  ctx.setRetcode(result.retcode)
  return complaintOf(argv, result)
}

interface MountRequest {
  readonly name: string
  readonly device: string | undefined
  readonly mkmnt: boolean
  readonly fstype: string
  readonly opts: readonly string[]
  readonly user: string | undefined
}

async function mountIt(ctx: FunctionContext, request: MountRequest): Promise<true | string> {
  const place = ctx.at(request.name)
  if (request.mkmnt && !fs.existsSync(place)) await ctx.salt('file.makedirs', [`${place}/`], { user: request.user })
  // macOS knows no such option.
  const options = isDarwin(ctx) && request.opts.includes('defaults') ? [] : request.opts
  const words = [
    ...(options.length === 0 ? [] : ['-o', options.join(',')]),
    ...(request.fstype === '' ? [] : ['-t', request.fstype]),
  ]
  const argv =
    request.device === undefined ? ['mount', request.name] : ['mount', ...words, request.device, request.name]
  return answerOf(ctx, argv, request.user)
}

function optionList(given: string | readonly string[]): string[] {
  return [given].flat().flatMap((one) => one.split(','))
}

export const mountingFunctions = {
  mount: fn({
    doc: 'Mount a device, or what the table of file systems says of a mount point.',
    args: {
      name,
      device: s.withDefault(s.union([s.string(), s.boolean()], 'What is mounted; as the table says by default'), false),
      mkmnt,
      fstype,
      opts,
      user,
      util,
    },
    returns: outcome,
    examples: ["salt '*' mount.mount /mnt/foo /dev/sdz1 true"],
    run(ctx, args) {
      assertUtility(args.util)
      assertOperand(args.name, 'a mount point')
      const device = typeof args.device === 'string' && args.device !== '' ? args.device : undefined
      if (device !== undefined) assertOperand(device, 'a device')
      return mountIt(ctx, { ...args, device, opts: optionList(args.opts) })
    },
  }),
  remount: fn({
    doc: 'Mount a file system again with other options; one that is not mounted is mounted.',
    args: { name, device: s.string('What is mounted'), mkmnt, fstype, opts, user },
    returns: outcome,
    examples: ["salt '*' mount.remount /mnt/foo /dev/sdz1 true"],
    async run(ctx, args) {
      assertOperand(args.name, 'a mount point')
      assertOperand(args.device, 'a device')
      const darwin = isDarwin(ctx)
      const options = darwin && args.opts === 'defaults' ? ['noowners'] : optionList(args.opts)
      const request = { ...args, opts: options }
      if (!(await isMounted(ctx, args.name))) return mountIt(ctx, request)
      if (darwin && args.fstype === 'smbfs') {
        const unmounted = await answerOf(ctx, ['umount', args.device], args.user)
        return unmounted === true ? mountIt(ctx, request) : unmounted
      }
      const again = darwin || options.includes('remount') ? options : [...options, 'remount']
      const type = args.fstype === '' ? [] : ['-t', args.fstype]
      const words = ['-o', again.join(','), ...type, args.device, args.name]
      return answerOf(ctx, ['mount', ...(darwin ? ['-u'] : []), ...words], args.user)
    },
  }),
  umount: fn({
    doc: 'Unmount a file system.',
    args: {
      name,
      device: s.optional(s.string('What is mounted; told in place of the mount point')),
      user,
      util,
      lazy: s.withDefault(s.boolean('Take it out of the tree now, and let go of it when nobody uses it'), false),
    },
    returns: outcome,
    examples: ["salt '*' mount.umount /mnt/foo", "salt '*' mount.umount /mnt/foo lazy=true"],
    async run(ctx, args) {
      assertUtility(args.util)
      const operand = args.device === undefined || args.device === '' ? args.name : args.device
      assertOperand(operand, 'a mount point')
      if (!(await isMounted(ctx, args.name))) return `${args.name} does not have anything mounted`
      return answerOf(ctx, ['umount', ...(args.lazy ? ['-l'] : []), operand], args.user)
    },
  }),
  is_fuse_exec: fn({
    doc: 'Tell whether a program is a file system in user space: whether it is linked with libfuse.',
    args: { cmd: s.string('Name or path of the program') },
    returns: s.boolean(),
    examples: ["salt '*' mount.is_fuse_exec sshfs"],
    async run(ctx, { cmd }) {
      const path = await ctx.salt('cmd.which', [cmd])
      if (typeof path !== 'string' || path === '') return false
      return (await ctx.exec(['ldd', path])).stdout.includes('libfuse')
    },
  }),
}
