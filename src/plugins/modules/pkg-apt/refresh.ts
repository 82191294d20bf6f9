/** Fetches the lists of packages. */
import { statSync } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { otherArguments } from '../../../engine/functions/packages/answers.ts'
import { faultText } from '../../../engine/functions/packages/package-table.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { runApt } from './dpkg.ts'

/** Source → true where it was fetched, null where it is as before, false where that failed. */
export type RefreshReport = Record<string, boolean | null>

const meanings: Readonly<Record<string, boolean | null>> = { Get: true, Hit: null, Ign: false, Err: false }

export async function refreshIndexes(
  ctx: FunctionContext,
  options: { readonly cacheSeconds?: number; readonly failHard?: boolean } = {},
): Promise<RefreshReport> {
  const { cacheSeconds = 0 } = options
  if (cacheSeconds > 0) {
    const lists = statSync(ctx.at('/var/lib/apt/lists'), { throwIfNoEntry: false })
    if (lists !== undefined && Date.now() < lists.mtimeMs + cacheSeconds * 1000) return {}
  }
  const result = await runApt(ctx, ['apt-get', '-q', 'update'])
  if (result.retcode !== 0) throw new SaltError('execution-failed', faultText(result))
  const report: RefreshReport = {}
  const broken: string[] = []
  for (const line of result.stdout.split('\n')) {
    const [, word = '', rest = ''] = /^(Get|Hit|Ign|Err):?\d*\s+(.*)$/.exec(line) ?? []
    const meaning = meanings[word]
    if (meaning === undefined) continue
    const source = rest.trim().replace(/ \[[^\]]+B\]$/, '')
    report[source] = meaning
    if (word === 'Err') broken.push(source)
  }
  if (options.failHard === true && broken.length > 0) {
    throw new SaltError('execution-failed', `Error getting repos: ${broken.join(', ')}`)
  }
  return report
}

export const refreshFunctions = {
  refresh_db: fn({
    doc: 'Fetch the lists of packages. Each source comes with true (fetched), null (as before) or false (failed).',
    args: {
      cache_valid_time: s.withDefault(s.seconds('Do nothing where the lists are younger than this'), 0),
      failhard: s.withDefault(s.boolean('Fail where one of the sources failed'), false),
    },
    extra: otherArguments,
    returns: s.record(s.any()),
    examples: ["salt '*' pkg.refresh_db", "salt '*' pkg.refresh_db cache_valid_time=3600"],
    run: (ctx, { cache_valid_time, failhard }) =>
      refreshIndexes(ctx, { cacheSeconds: cache_valid_time, failHard: failhard }),
  }),
}
