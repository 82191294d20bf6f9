import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { assertOperand, mustRun } from '../../engine/functions/host-programs.ts'
import { defineModule, fn } from '../../engine/plugin.ts'
import { parseSaltUrl } from './file/source.ts'

const flag = (description: string) => s.withDefault(s.boolean(description), false)

export const rsync = defineModule({
  name: 'rsync',
  doc: 'Copies files with rsync.',
  functions: {
    rsync: fn({
      doc: 'Copy files and folders. Gives what rsync printed, and its return code.',
      args: {
        src: s.string('Where from: a path, host:path or a folder of the file server'),
        dst: s.string('Where to: a path or host:path'),
        delete: flag('Remove what is not where it comes from'),
        force: flag('Remove folders that are in the way, though they are not empty'),
        update: flag('Leave newer files as they are'),
        passwordfile: s.optional(s.path('File with the password of a daemon of rsync')),
        exclude: s.optional(s.union([s.array(s.string()), s.string()], 'Patterns of what is not to be copied')),
        excludefrom: s.optional(s.path('File with such patterns')),
        dryrun: flag('Only find out what would be done'),
        rsh: s.optional(s.string('Program to reach the other host by, such as ssh -p 2222')),
        additional_opts: s.optional(s.array(s.string(), 'Further options')),
        saltenv: s.withDefault(s.string('Environment of the file server'), 'base'),
      },
      returns: s.object({ pid: s.integer(), retcode: s.integer(), stdout: s.text(), stderr: s.text() }),
      examples: ["salt '*' rsync.rsync /srv/app /srv/copy delete=true exclude='*.tmp'"],
      async run(ctx, args) {
        const source = args.src.startsWith('salt://')
          ? await ctx.salt('cp.cache_dir', [args.src, args.saltenv])
          : args.src
        if (Array.isArray(source) && source.length === 0)
          throw new SaltError('execution-failed', `${args.src} does not exist`)
        const from = Array.isArray(source) ? folderOf(source.map(String), args.src) : String(source)
        assertOperand(from, 'a source')
        assertOperand(args.dst, 'a destination')
        const result = await ctx.exec([
          ...['rsync', '-avz'],
          ...(args.delete ? ['--delete'] : []),
          ...(args.force ? ['--force'] : []),
          ...(args.update ? ['--update'] : []),
          ...(args.rsh === undefined ? [] : [`--rsh=${args.rsh}`]),
          ...(args.passwordfile === undefined ? [] : [`--password-file=${args.passwordfile}`]),
          ...[args.exclude ?? []].flat().map((pattern) => `--exclude=${pattern}`),
          ...(args.excludefrom === undefined ? [] : [`--exclude-from=${args.excludefrom}`]),
          ...(args.dryrun ? ['--dry-run'] : []),
          ...(args.additional_opts ?? []),
          ...[from, args.dst],
        ])
        if (result.retcode !== 0) ctx.setRetcode(result.retcode)
        const { pid, retcode, stdout, stderr } = result
        return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
      },
    }),
    version: fn({
      doc: 'Tell the version of rsync.',
      args: {},
      returns: s.string(),
      examples: ["salt '*' rsync.version"],
      run: async (ctx) => /version\s+(\S+)/.exec((await mustRun(ctx, ['rsync', '--version'])).stdout)?.[1] ?? '',
    }),
  },
})

/** Where the files of a folder of the file server lie once they are here; a slash at the end means its content. */
function folderOf(files: readonly string[], address: string): string {
  const { path } = parseSaltUrl(address, '')
  const name = path.replace(/\/+$/, '')
  const [first = ''] = files
  const at = first.indexOf(`/${name}/`)
  const folder = at < 0 ? first : first.slice(0, at + name.length + 1)
  return path.endsWith('/') ? `${folder}/` : folder
}
