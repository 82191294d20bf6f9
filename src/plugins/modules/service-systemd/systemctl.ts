/** Runs systemctl. */
import { SaltError } from '../../../base/errors.ts'
import { complaintOf, linesOf, wordsOf } from '../../../engine/functions/host-programs.ts'
import type { ExecResult, FunctionContext, Grains } from '../../../engine/plugin.ts'
import { isMasked, unitName } from './units.ts'

export interface Systemctl {
  readonly name?: string
  readonly root?: string | undefined
  readonly noBlock?: boolean
  /** Run it apart from the minion, so that it goes on when it stops or restarts the minion itself. */
  readonly apart?: boolean
}

/** Whether systemd is used on files only (`SYSTEMD_OFFLINE`), as in a chroot or an image that is being built. */
export function isOffline(grains: Grains): boolean {
  return grains.init !== 'systemd'
}

export function systemctl(
  ctx: FunctionContext,
  words: readonly string[],
  { name, root, noBlock = false, apart = false }: Systemctl = {},
): Promise<ExecResult> {
  const scope = apart && ctx.config.get('systemd.scope') !== false && !isOffline(ctx.grains)
  return ctx.exec([
    ...(scope ? ['systemd-run', '--scope'] : []),
    'systemctl',
    ...(noBlock ? ['--no-block'] : []),
    ...(root === undefined ? [] : ['--root', root]),
    ...words,
    ...(name === undefined ? [] : [unitName(name)]),
  ])
}

/** As `systemctl`, but what fails is an error; `failure` stands in place of the program's words. */
export async function mustSystemctl(
  ctx: FunctionContext,
  words: readonly string[],
  options: Systemctl,
  failure?: string,
): Promise<ExecResult> {
  const result = await systemctl(ctx, words, options)
  if (result.retcode === 0) return result
  const stderr = linesOf(result.stderr).filter((line) => !/^Running (?:scope )?as unit:/.test(line))
  const reason = complaintOf(['systemctl', ...words, options.name ?? ''], { ...result, stderr: stderr.join('\n') })
  throw new SaltError('execution-failed', failure === undefined ? reason : `${failure}: ${reason}`)
}

/** Throws where there is no systemd that could start or stop anything. */
export function assertBooted(ctx: FunctionContext, what: string): void {
  if (!isOffline(ctx.grains)) return
  throw new SaltError(
    'execution-failed',
    `systemd is offline here: it cannot ${what} anything, only change what happens at boot.`,
  )
}

/** Lets systemd read unit files again where the one of this unit was changed. */
export async function takeUpChanges(ctx: FunctionContext, name: string): Promise<void> {
  if (isOffline(ctx.grains)) return
  const { stdout } = await systemctl(ctx, ['show', '--property=NeedDaemonReload'], { name })
  if (stdout.trim() === 'NeedDaemonReload=yes') await reloadDaemon(ctx)
}

export async function reloadDaemon(ctx: FunctionContext): Promise<void> {
  await mustSystemctl(ctx, ['--system', 'daemon-reload'], {}, 'Problem performing systemctl daemon-reload')
}

/** Full names of units with their states, from the first columns of a list. */
export async function unitFileStates(
  ctx: FunctionContext,
  root: string | undefined,
): Promise<readonly (readonly [unit: string, state: string])[]> {
  const { stdout } = await systemctl(ctx, ['--full', '--no-legend', '--no-pager', 'list-unit-files'], { root })
  return linesOf(stdout).map((line) => {
    const [unit = '', state = ''] = wordsOf(line)
    return [unit, state]
  })
}

export async function setMask(
  ctx: FunctionContext,
  name: string,
  masked: boolean,
  { runtime, root }: { readonly runtime: boolean; readonly root?: string | undefined },
): Promise<true> {
  await takeUpChanges(ctx, name)
  if (!masked && !isMasked(ctx, name, runtime, root)) return true
  const word = masked ? 'mask' : 'unmask'
  const words = runtime ? [word, '--runtime'] : [word]
  await mustSystemctl(ctx, words, { name, root }, `Failed to ${word} service '${name}'`)
  return true
}
