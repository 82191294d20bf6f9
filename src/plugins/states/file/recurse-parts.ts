/** The files, folders and links of `file.recurse`, each with a plan of its own, and the report that they come to. */
import * as fs from 'node:fs'
import type { StateContext } from '../../../engine/plugin.ts'
import { type Changes, failed, pending, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { isFolder } from '../../modules/file/status.ts'
import { planDirectory } from './directory-plan.ts'
import { plainDirectory } from './directory-request.ts'
import { planManaged } from './managed.ts'
import { withManagedDefaults } from './managed-arguments.ts'
import { ownersOrUsual } from './owners-of-links.ts'
import type { RecursedFiles } from './recurse-files.ts'
import { planSymlink } from './symlink.ts'

export interface RecurseRequest {
  readonly path: string
  readonly user: string | number | null
  readonly group: string | number | null
  readonly fileMode: string | null
  readonly dirMode: string | null
  readonly template?: string | undefined
  readonly context?: unknown
  readonly defaults?: unknown
  readonly keep_source: boolean
  readonly clean: boolean
  readonly replace: boolean
  readonly backup: string | boolean | null
  readonly exclude_pat?: unknown
  readonly force_symlinks: boolean
  readonly show_changes: boolean
  readonly follow_symlinks: boolean
  readonly variables: Readonly<Record<string, unknown>>
}

export interface RecursedPart {
  readonly path: string
  readonly plan: StatePlan
}

/** Links first, then folders, then files, as they are made. */
export async function planParts(
  ctx: StateContext,
  request: RecurseRequest,
  wanted: RecursedFiles,
): Promise<RecursedPart[]> {
  const parts: RecursedPart[] = []
  const named = ownersOrUsual(ctx, request.user, request.group)
  for (const [path, target] of wanted.links) {
    const link = {
      path,
      target,
      force: request.force_symlinks,
      backupname: undefined,
      makedirs: true,
      mode: null,
      owners: named,
    }
    parts.push({ path, plan: planSymlink(ctx, link) })
  }
  for (const path of wanted.folders) parts.push({ path, plan: await planFolder(ctx, request, path) })
  for (const [path, source] of wanted.files) {
    ctx.signal.throwIfAborted()
    parts.push({ path, plan: await planRecursedFile(ctx, request, path, source) })
  }
  return parts
}

async function planFolder(ctx: StateContext, request: RecurseRequest, path: string): Promise<StatePlan> {
  const { user, group, dirMode } = request
  const wanted = plainDirectory(path, { user, group }, dirMode)
  if (!request.clean || !fs.existsSync(path) || isFolder(path)) return await planDirectory(ctx, wanted)
  return planExchange(ctx, path, `Replacing ${path} with a directory`, 'Replaced file with a directory', () =>
    planDirectory(ctx, wanted),
  )
}

async function planRecursedFile(
  ctx: StateContext,
  request: RecurseRequest,
  path: string,
  source: string,
): Promise<StatePlan> {
  const { user, group, fileMode, template, context, defaults } = request
  const want = withManagedDefaults({
    name: path,
    source,
    user,
    group,
    mode: fileMode,
    template,
    context,
    defaults,
    makedirs: true,
    keep_source: request.keep_source,
    replace: request.replace,
    backup: request.backup,
    show_changes: request.show_changes,
    follow_symlinks: request.follow_symlinks,
  })
  const plan = (): Promise<StatePlan> => planManaged(ctx, want, request.variables)
  if (!request.clean || !request.replace || !isFolder(path)) return await plan()
  return planExchange(ctx, path, `Replacing directory ${path} with a file`, 'Replaced directory with a new file', plan)
}

/** Something of another kind makes way: what comes then can be planned only when it is gone. */
function planExchange(
  ctx: StateContext,
  path: string,
  comment: string,
  diff: string,
  plan: () => Promise<StatePlan>,
): StatePlan {
  return pending({
    comment,
    changes: { diff },
    async apply() {
      try {
        await ctx.salt('file.remove', [path])
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(reasonOf(error))
      }
      const next = await plan()
      const outcome = next.kind === 'settled' ? next : await next.apply()
      return { ...outcome, changes: { ...outcome.changes, diff } }
    },
  })
}

/** Of all parts together. */
export async function fingerprintOfParts(parts: readonly RecursedPart[]): Promise<string> {
  const all: string[] = []
  for (const { path, plan } of parts) {
    if (plan.kind === 'pending' && plan.fingerprint !== undefined) all.push(`${path}\0${await plan.fingerprint()}`)
  }
  return all.join('\n')
}

/** What Salt tells of all parts together: comments of those that did not simply succeed, and all changes by path. */
export class RecurseReport {
  readonly #path: string
  readonly #comments = new Map<string, string[]>()
  readonly #changes: Record<string, unknown> = {}
  /** The most negative one of all. */
  result: boolean | null = true

  constructor(path: string) {
    this.#path = path
  }

  get isUnchanged(): boolean {
    return this.result === true && Object.keys(this.#changes).length === 0
  }

  /** What a dry run says of a part. */
  plan(path: string, plan: StatePlan): void {
    const result = plan.kind === 'settled' ? plan.result : plan.testResult === undefined ? null : plan.testResult
    this.#add(path, result, plan.comment, plan.changes)
  }

  outcome(path: string, { result, comment, changes }: StateOutcome): void {
    this.#add(path, result, comment, changes)
  }

  /** What a dry run says of what is cleaned away. */
  cleaning(paths: readonly string[]): void {
    if (this.result === true) this.result = null
    this.#comments.set('removed', [...paths])
    this.#changes.removed = paths
  }

  removed(paths: readonly string[]): void {
    this.#changes.removed = paths
  }

  #add(path: string, result: boolean | null, comment: string, changes: Changes): void {
    if (result === false || this.result === true) this.result = result
    if (result !== true && comment !== '') this.#comments.set(path, [...(this.#comments.get(path) ?? []), comment])
    if (Object.keys(changes).length > 0) this.#changes[path] = changes
  }

  words(): { comment: string; changes: Changes } {
    const shown = Array.from(this.#comments, ([path, lines]) => `\n#### ${path} ####\n${lines.join('\n')}`)
    const comment = shown.join('\n').trim()
    if (this.isUnchanged) return { comment: `The directory ${this.#path} is in the correct state`, changes: {} }
    return { comment: comment === '' ? `Recursively updated ${this.#path}` : comment, changes: this.#changes }
  }
}
