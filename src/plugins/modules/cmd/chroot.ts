/** cmd.run_chroot: a command that sees another folder as its root. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { mustRun } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { runCommand } from './command.ts'
import { allBut } from './options.ts'
import { allResult, moreKeywords } from './run.ts'

/** What programs expect there: kind of file system and options of mount, by folder. */
const kernelFolders = [
  ['dev', ['--bind', '/dev']],
  ['proc', ['-t', 'proc', 'proc']],
  ['sys', ['-t', 'sysfs', 'sysfs']],
] as const

/** Calls `work` with the folders of the kernel mounted, and unmounts those that it mounted. */
async function withKernelFolders<T>(ctx: FunctionContext, root: string, work: () => Promise<T>): Promise<T> {
  const mounted: string[] = []
  try {
    for (const [folder, words] of kernelFolders) {
      const place = join(root, folder)
      const isThere = (await ctx.exec(['mountpoint', '-q', place])).retcode === 0
      if (isThere || !existsSync(ctx.at(place))) continue
      await mustRun(ctx, ['mount', ...words, place])
      mounted.push(place)
    }
    return await work()
  } finally {
    for (const place of mounted.toReversed()) await ctx.exec(['umount', '-l', place])
  }
}

/** The shell as it lies in the other root. */
function shellIn(ctx: FunctionContext, root: string, wanted: string | undefined): string {
  const shell = [wanted, '/bin/bash', '/bin/sh'].find((one) => one !== undefined && existsSync(ctx.at(join(root, one))))
  if (shell === undefined) throw new SaltError('execution-failed', `There is no shell below ${root}`)
  return shell
}

export const chrootFunctions = {
  run_chroot: fn({
    doc: 'Run a command line that sees another folder as its root, with /dev, /proc and /sys mounted there meanwhile.',
    args: { root: s.path('The folder'), ...allBut('bg', 'raise_err', 'python_shell', 'redirect_stderr') },
    extra: moreKeywords,
    returns: allResult,
    examples: ["salt '*' cmd.run_chroot /srv/images/web 'apt-get -q update'"],
    async run(ctx, { root, ...args }, { extra }) {
      const shell = shellIn(ctx, root, args.shell)
      // The folder to run in is one of the other root.
      const { cwd, ...others } = args
      const enter = ['chroot', root]
      const within = cwd === undefined ? enter : [...enter, 'env', '--chdir', cwd]
      const result = await withKernelFolders(ctx, root, () =>
        runCommand(ctx, { ...others, cwd: '/', shell, python_shell: true, before: within }, extra),
      )
      return args.hide_output ? { ...result, stdout: '', stderr: '' } : result
    },
  }),
}
