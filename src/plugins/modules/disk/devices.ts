/** Functions of `disk` about block devices and the file systems on them. */

import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import {
  assertOperand,
  changes,
  linesOf,
  runChange,
  runIfInstalled,
  wordsOf,
} from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const device = s.string('Path of the device')
const worked = s.boolean('Whether it worked')

function assertDevice(path: string): void {
  assertOperand(path, 'a device')
}

const questions = [
  'getro',
  'getsz',
  'getss',
  'getpbsz',
  'getiomin',
  'getioopt',
  'getalignoff',
  'getmaxsect',
  'getsize',
  'getsize64',
  'getra',
  'getfra',
]

async function dump(ctx: FunctionContext, path: string, wanted: readonly string[]): Promise<Answers | false> {
  const argv = ['blockdev', ...questions.map((question) => `--${question}`), path]
  const result = await runChange(ctx, argv)
  if (result.retcode !== 0) return false
  const answers = linesOf(result.stdout)
  const all = Object.fromEntries(questions.map((question, index) => [question, answers[index] ?? '']))
  return wanted.length === 0 ? all : Object.fromEntries(wanted.map((name) => [name, all[name] ?? '']))
}

type Answers = Record<string, string>

const settings: Readonly<Record<string, string>> = {
  'read-ahead': 'setra',
  'filesystem-read-ahead': 'setfra',
  'read-only': 'setro',
  'read-write': 'setrw',
}

/** Attributes as `NAME="value"`, where a quote inside is escaped. */
function parseBlkid(text: string): Record<string, Record<string, string>> {
  const lines = linesOf(text).map((line) => /^(.+?): (.*)$/.exec(line))
  return Object.fromEntries(
    lines
      .filter((found) => found !== null)
      .map(([, path = '', attributes = '']) => [
        path,
        Object.fromEntries(
          Array.from(attributes.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, name = '', value = '']) => [
            name,
            value.replace(/\\(.)/g, '$1'),
          ]),
        ),
      ]),
  )
}

export const deviceFunctions = {
  blkid: fn({
    doc: 'Tell what is on block devices: type, label and UUID of file systems.',
    args: {
      device: s.optional(s.string('Path of the device; all by default')),
      token: s.optional(s.string('NAME=value that it must have, such as LABEL=root')),
    },
    returns: s.record(s.record(s.string()), 'Attributes by device'),
    examples: ["salt '*' disk.blkid", "salt '*' disk.blkid /dev/sda", "salt '*' disk.blkid token='TYPE=ext4'"],
    async run(ctx, args) {
      if (args.device !== undefined) assertDevice(args.device)
      const more = args.device !== undefined ? [args.device] : args.token !== undefined ? ['-t', args.token] : []
      const result = await ctx.exec(['blkid', ...more])
      return result.retcode > 0 ? {} : parseBlkid(result.stdout)
    },
  }),
  fstype: fn({
    doc: 'Tell the type of the file system on a device.',
    args: { device },
    returns: s.string('Empty where there is none'),
    examples: ["salt '*' disk.fstype /dev/sdX1"],
    async run(ctx, args) {
      assertDevice(args.device)
      const block = linesOf((await runIfInstalled(ctx, ['lsblk', '-o', 'fstype', args.device]))?.stdout ?? '')
      const type = block[1]?.trim() ?? ''
      if (type !== '') return type
      const mounted = linesOf((await runIfInstalled(ctx, ['df', '-T', args.device]))?.stdout ?? '')
      return wordsOf(mounted[1] ?? '')[1] ?? ''
    },
  }),
  tune: fn({
    doc: 'Set how a block device is read and written, and tell the new settings.',
    args: { device },
    extra: s.any('read-ahead and filesystem-read-ahead in sectors of 512 bytes; read-only=true, read-write=true'),
    returns: s.union([s.record(s.string()), s.boolean()], 'The settings; false where it failed'),
    examples: ["salt '*' disk.tune /dev/sda1 read-ahead=1024 read-write=true"],
    async run(ctx, args, { extra }) {
      assertDevice(args.device)
      const given = Object.entries(extra).filter(([name]) => Object.hasOwn(settings, name))
      const words = given.flatMap(([name, value]) => {
        const flag = `--${settings[name] ?? ''}`
        return value === true || value === 'True' ? [flag] : [flag, String(value)]
      })
      if (words.length > 0) await changes(ctx, ['blockdev', ...words, args.device])
      const changed = given.filter(([name]) => name !== 'read-write')
      return dump(
        ctx,
        args.device,
        changed.map(([name]) => (settings[name] ?? '').replace('set', 'get')),
      )
    },
  }),
  wipe: fn({
    doc: 'Remove the signatures of all file systems and partition tables from a device.',
    args: { device },
    returns: worked,
    examples: ["salt '*' disk.wipe /dev/sda1"],
    run(ctx, args) {
      assertDevice(args.device)
      return changes(ctx, ['wipefs', '-a', args.device])
    },
  }),
  dump: fn({
    doc: 'Tell the settings of a block device.',
    args: { device, args: s.optional(s.array(s.string(), 'Names of the settings, such as getro; all by default')) },
    returns: s.union([s.record(s.string()), s.boolean()], 'Settings by name; false where it failed'),
    examples: ["salt '*' disk.dump /dev/sda1"],
    run(ctx, args) {
      assertDevice(args.device)
      for (const name of args.args ?? []) {
        if (!questions.includes(name)) {
          throw new SaltError('bad-arguments', `${JSON.stringify(name)} is not a setting of a block device`, {
            hint: `Use some of ${questions.join(', ')}.`,
          })
        }
      }
      return dump(ctx, args.device, args.args ?? [])
    },
  }),
  resize2fs: fn({
    doc: 'Let an ext file system fill its device.',
    args: { device },
    returns: worked,
    examples: ["salt '*' disk.resize2fs /dev/sda1"],
    run(ctx, args) {
      assertDevice(args.device)
      return changes(ctx, ['resize2fs', args.device])
    },
  }),
  format: fn({
    doc: 'Make a file system on a device. What was there is lost.',
    args: {
      device,
      fs_type: s.withDefault(s.string('Type of the file system'), 'ext4'),
      inode_size: s.optional(s.integer('Size of an inode, in bytes, for ext and xfs')),
      lazy_itable_init: s.optional(s.integer('Whether the tables of inodes are made later (1) or now (0), for ext')),
      fat: s.optional(s.integer('Size of the entries of a FAT: 12, 16 or 32')),
      force: s.withDefault(s.boolean('Do it even where there is a file system, for ext and xfs'), false),
    },
    returns: worked,
    examples: ["salt '*' disk.format /dev/sdX1"],
    async run(ctx, args) {
      assertDevice(args.device)
      assertOperand(args.fs_type, 'the type of a file system')
      const made = await changes(ctx, ['mkfs', '-t', args.fs_type, ...formatWords(args), args.device])
      const { retcode } = await ctx.exec(['sync'])
      return made && retcode === 0
    },
  }),
}

interface FormatOptions {
  readonly fs_type: string
  readonly inode_size: number | undefined
  readonly lazy_itable_init: number | undefined
  readonly fat: number | undefined
  readonly force: boolean
}

function formatWords({ fs_type, inode_size, lazy_itable_init, fat, force }: FormatOptions): string[] {
  const ext = fs_type.startsWith('ext')
  const xfs = fs_type === 'xfs'
  return [
    ...(inode_size === undefined || !ext ? [] : ['-I', String(inode_size)]),
    ...(inode_size === undefined || !xfs ? [] : ['-i', `size=${inode_size}`]),
    ...(lazy_itable_init === undefined || !ext ? [] : ['-E', `lazy_itable_init=${lazy_itable_init}`]),
    ...(fat === undefined || ![12, 16, 32].includes(fat) ? [] : ['-F', String(fat)]),
    ...(force && ext ? ['-F'] : []),
    ...(force && xfs ? ['-f'] : []),
  ]
}
