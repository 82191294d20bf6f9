/** What a dry run says of packages that nobody offers. */
import type { StateContext } from '../../../engine/plugin.ts'
import { runApt } from '../../modules/pkg-apt/dpkg.ts'

/** A pattern, or a name with an architecture, is left to apt. */
const plainName = /^[a-z0-9][a-z0-9+.-]+$/

/**
 * Names that apt has never heard of, with its lists as they are: an update, or a repository that is added before, may still bring
 * them. Only a dry run asks; a real one hears it from apt itself. Salt says nothing of them.
 */
export async function unknownNames(ctx: StateContext, names: readonly string[]): Promise<readonly string[]> {
  const asked = names.filter((name) => plainName.test(name))
  if (!ctx.run.isTest || ctx.grains.os_family !== 'Debian' || asked.length === 0) return []
  try {
    const { retcode, stdout } = await runApt(ctx, ['apt-cache', '-q', 'policy', ...asked])
    if (retcode !== 0) return []
    const known = new Set(stdout.split('\n').map((line) => /^([^\s:]+)(?::\S+)?:$/.exec(line)?.[1]))
    return asked.filter((name) => !known.has(name))
  } catch {
    // What cannot be asked is not known to be missing.
    ctx.signal.throwIfAborted()
    return []
  }
}
