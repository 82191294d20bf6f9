/** cron.file: a crontab as a whole. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { resolveInside, writeFileAtomic } from '../../../base/files.ts'
import { isRecord } from '../../../base/narrow.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import type { FileWishes } from './arguments.ts'

export async function planFile(ctx: StateContext, want: FileWishes): Promise<StatePlan> {
  const { user } = want
  const info = await ctx.salt('user.info', [user])
  const isThere = isRecord(info) && Object.keys(info).length > 0
  const now = isThere ? String(await ctx.salt('cron.raw_cron', [user])) : ''
  if (!want.replace && now.trim() !== '') return right(`User ${user} already has a crontab. No changes made`)
  const text = await wantedText(ctx, want)
  if (text === undefined) return impossible(`Unable to manage file: Source file ${want.name} not found`)
  if (now === text) return right(`Crontab for user ${user} is in the correct state`)
  const diff = unifiedDiff(linesOf(now), linesOf(text))
  return pending({
    comment: `The following values are set to be changed:\ndiff: ${diff}`,
    changes: { diff },
    apply: () => write(ctx, user, text, diff),
  })
}

/** With their line ends. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/)
}

async function wantedText(ctx: StateContext, want: FileWishes): Promise<string | undefined> {
  const { name, source_hash, template, context, defaults } = want
  const keywords = source_hash === undefined ? {} : { source_hash }
  const path = isAbsolute(name) ? name : await ctx.salt('cp.cache_file', [name, ctx.saltenv], keywords)
  if (typeof path !== 'string' || path === '') return undefined
  const text = readFileSync(path, 'utf8')
  if (template === undefined) return text
  const { renderIfAsked } = await import('../../modules/cmd/template.ts')
  return renderIfAsked(ctx, template, { text, file: name, saltenv: ctx.saltenv, context: { ...defaults, ...context } })
}

/** The program takes it from a file, which others must not read: crontabs may hold passwords. */
async function write(ctx: StateContext, user: string, text: string, diff: string): Promise<StateOutcome> {
  const folder = join(String(ctx.config.get('cachedir') ?? '/var/cache/salt/minion'), 'crontabs')
  const path = resolveInside(folder, user)
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
  await writeFileAtomic(path, text, 0o600)
  try {
    const answer = await ctx.salt('cron.write_cron_file_verbose', [user, path])
    if (isRecord(answer) && answer.retcode === 0) return done(`Crontab for user ${user} was updated`, { diff })
    const reason = isRecord(answer) ? String(answer.stderr) : String(answer)
    return failed(`Unable to update user ${user} crontab ${path}. Error: ${reason}`)
  } finally {
    rmSync(path, { force: true })
  }
}
