/** The keys of a job of a schedule. */
import { didYouMean, nearest } from '../../base/text.ts'

export const spanKeys = ['seconds', 'minutes', 'hours', 'days']
/** Taken as they are, in this order. */
export const plainJobKeys = [
  'range',
  'when',
  'once',
  'once_fmt',
  'cron',
  'returner',
  'after',
  'return_config',
  'return_kwargs',
  'until',
  'run_on_start',
  'skip_during_range',
  'run_after_skip_range',
  'skip_explicit',
  'run_explicit',
  'jitter',
  'dry_run',
]
/** What a job may have; Salt's list shows nothing else. */
export const jobKeys: ReadonlySet<string> = new Set([
  ...['name', 'maxrunning', 'function', 'splay', 'jid_include', 'args', 'kwargs', 'enabled', 'return_job', 'metadata'],
  ...spanKeys,
  ...plainJobKeys,
])
/** What a configuration may say instead. */
const otherNames = ['func', 'fun', 'job_args', 'job_kwargs', 'persist']
const times = [...spanKeys, 'when', 'once', 'cron', 'run_explicit', 'run_on_start']

/** What of a job that can be understood is probably not meant so, in sentences without a full stop. */
export function doubtsAbout(raw: Readonly<Record<string, unknown>>): readonly string[] {
  const known = [...jobKeys, ...otherNames]
  const doubts = Object.keys(raw)
    .filter((key) => !known.includes(key) && !key.startsWith('_'))
    .map((key) => `'${key}' is no key of a job, and does nothing.${didYouMean(nearest(key, known))}`)
  if (!times.some((key) => Boolean(raw[key]))) doubts.push('it has no time, and runs only when it is asked for')
  return doubts
}
