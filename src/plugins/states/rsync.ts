import { mkdirSync, statSync } from 'node:fs'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { failure } from '../../engine/state/wording.ts'

interface SynchronizedArguments {
  readonly name: string
  readonly source: string
  readonly delete: boolean
  readonly force: boolean
  readonly update: boolean
  readonly passwordfile?: string | undefined
  readonly exclude?: readonly string[] | string | undefined
  readonly excludefrom?: string | undefined
  readonly prepare: boolean
  readonly dryrun: boolean
  readonly additional_opts?: readonly string[] | undefined
}

interface Run {
  readonly retcode: number
  readonly stdout: string
  readonly stderr: string
}

async function run(ctx: StateContext, want: SynchronizedArguments, dryrun: boolean): Promise<Run> {
  const { name, source, prepare: _prepare, ...options } = want
  const answer = await ctx.salt('rsync.rsync', [source, name], { ...options, dryrun, saltenv: ctx.saltenv })
  const { retcode = 1, stdout = '', stderr = '' } = isRecord(answer) ? answer : {}
  return { retcode: Number(retcode), stdout: String(stdout), stderr: String(stderr) }
}

/** What rsync says at its end, a line for each part. */
function summary(stdout: string): string {
  const parts = (stdout.split('\n\n').at(-1) ?? '').replaceAll('  ', '\n').split('\n')
  return parts
    .filter((part) => part.trim() !== '')
    .map((part) => `- ${part}`)
    .join('\n')
}

/** The list of files, which stands behind a first line and before the summary. */
function changesIn(stdout: string): Record<string, string> {
  const [, ...lines] = (stdout.split('\n\n')[0] ?? '').split('\n')
  // A folder is told when only its time is another.
  const files = lines.filter((line) => line !== '' && line !== './' && !line.startsWith('created directory '))
  const deleted = files.filter((line) => line.startsWith('deleting ')).map((line) => line.slice('deleting '.length))
  const copied = files.filter((line) => !line.startsWith('deleting '))
  if (files.length === 0) return {}
  return { copied: copied.sort().join('\n') || 'N/A', deleted: deleted.sort().join('\n') || 'N/A' }
}

async function planSynchronized(ctx: StateContext, want: SynchronizedArguments): Promise<StatePlan> {
  const exists = statSync(ctx.at(want.name), { throwIfNoEntry: false }) !== undefined
  if (!exists && !want.force && !want.prepare) throw failure(`Destination directory ${want.name} was not found.`)
  const planned = await run(ctx, want, true)
  // Folders above it that are missing, too, are more than a dry run of rsync can do without.
  const isUnknown = planned.retcode !== 0 && !exists && want.prepare
  if (planned.retcode !== 0 && !isUnknown) throw failure(planned.stderr)
  const changes = changesIn(isUnknown ? '' : planned.stdout)
  const comment = isUnknown ? `Destination directory ${want.name} would be created.` : summary(planned.stdout)
  if (exists && Object.keys(changes).length === 0) return right(comment)
  return pending({ comment, changes, apply: () => synchronize(ctx, want, exists, comment) })
}

async function synchronize(
  ctx: StateContext,
  want: SynchronizedArguments,
  exists: boolean,
  comment: string,
): Promise<StateOutcome> {
  if (want.dryrun) return done(comment)
  if (!exists && want.prepare) mkdirSync(ctx.at(want.name), { recursive: true })
  const { retcode, stdout, stderr } = await run(ctx, want, false)
  return retcode === 0 ? done(summary(stdout), changesIn(stdout)) : failed(stderr, changesIn(stdout))
}

const flag = (description: string) => s.withDefault(s.boolean(description), false)

export const rsync = defineStates({
  name: 'rsync',
  doc: 'Folders that are copies of others, made with rsync.',
  functions: {
    synchronized: state({
      doc: 'Have a folder be a copy of another.',
      args: {
        name: s.path('The copy'),
        source: s.string('Where from: a path, host:path or a folder of the file server'),
        delete: flag('Remove what is not where it comes from'),
        force: flag('Remove folders that are in the way, though they are not empty'),
        update: flag('Leave newer files as they are'),
        passwordfile: s.optional(s.path('File with the password of a daemon of rsync')),
        exclude: s.optional(s.union([s.array(s.string()), s.string()], 'Patterns of what is not to be copied')),
        excludefrom: s.optional(s.path('File with such patterns')),
        prepare: flag('Make the folder where it is missing'),
        dryrun: flag('Only tell what would be done'),
        additional_opts: s.optional(s.array(s.string(), 'Further options of rsync')),
      },
      examples: ['/srv/copy:\n  rsync.synchronized:\n    - source: /srv/app\n    - delete: True\n    - prepare: True'],
      plan: (ctx, want) => planSynchronized(ctx, want),
    }),
  },
})
