/** `file.managed` */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { asSaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type MoreArguments, type StateContext, state } from '../../../engine/plugin.ts'
import { templateVariables } from '../../../engine/render/text-template.ts'
import { impossible, right, type StatePlan } from '../../../engine/state/plan.ts'
import { chooseSource, type GatheredSource, gatherSource } from '../../modules/file/managing/gathering.ts'
import type { WantedMetadata } from '../../modules/file/managing/metadata.ts'
import type { NewContent } from '../../modules/file/managing/new-content.ts'
import { planFile } from '../../modules/file/managing/plan-file.ts'
import { faultText, reasonOf } from '../../modules/file/managing/plan-words.ts'
import { normalizeMode } from '../../modules/file/owners.ts'
import { expandUser } from '../../modules/file/paths.ts'
import { isFolder, isRegularFile } from '../../modules/file/status.ts'
import { accumulatorsOf } from './accumulators.ts'
import { memoryOf, notAbsolute, ownerOf } from './arguments.ts'
import { checkContent } from './check-command.ts'
import { type ManagedArguments, managedArguments } from './managed-arguments.ts'
import { contentKinds, contentsOf } from './managed-contents.ts'
import { planPermissions } from './permissions-plan.ts'
import { selinuxOf } from './selinux-argument.ts'
import { unknownArguments } from './unknown-arguments.ts'
import { planForOwners } from './unknown-owners.ts'

type Extra = MoreArguments['extra']

export const managedState = {
  managed: state({
    doc: 'Make sure that a file has this content, owner and mode. The content comes from a source, from the state itself, or it stays as it is.',
    args: managedArguments,
    extra: s.any('With `template`: more variables'),
    examples: [
      "/etc/motd:\n  file.managed:\n    - contents: |\n        Be kind to this machine.\n    - mode: '0644'",
      '/etc/nginx/nginx.conf:\n  file.managed:\n    - source: salt://nginx/nginx.conf\n    - template: jinja\n    - user: root\n    - context:\n        workers: 4\n    - check_cmd: nginx -t -c',
    ],
    plan: async (ctx, want, { extra }) => {
      const plan = await planManaged(ctx, want, extra)
      const warnings = unknownArguments('file.managed', managedArguments, extra, want.template !== undefined)
      return warnings.length === 0 ? plan : { ...plan, warnings: [...warnings, ...(plan.warnings ?? [])] }
    },
  }),
}

/** @param want all arguments, with their defaults. */
export async function planManaged(ctx: StateContext, given: ManagedArguments, extra: Extra): Promise<StatePlan> {
  const path = expandUser(given.name)
  if (path === '') return impossible('Destination file name is required')
  const want = { ...given, name: path, user: ownerOf(given) ?? null }
  const kinds = contentKinds(want)
  const keepsMode = typeof want.mode === 'string' && want.mode.toLowerCase() === 'keep'
  const conflict = conflictIn(want, kinds.length, keepsMode)
  if (conflict !== undefined) return impossible(conflict)
  try {
    const contents = await contentsOf(ctx, want, extra)
    if (!want.create && !isRegularFile(path)) {
      return right(`File ${path} is not present and is not set for creation`)
    }
    if (!posix.isAbsolute(path)) return impossible(notAbsolute(path))
    if (isFolder(path)) return impossible(`Specified target ${path} is a directory`)
    templateVariables(want.context, want.defaults)
    const isContentWanted = hasSource(want) || contents !== undefined
    return await planForOwners(ctx, { ...want, mode: keepsMode ? null : want.mode }, async (metadata) => {
      if (!(want.replace && isContentWanted) && fs.existsSync(path)) return await planPermissions(ctx, want, metadata)
      if (!hasSource(want)) return await planContent(ctx, want, contents, metadata)
      return await planSourced(ctx, want, extra, { metadata, keepsMode })
    })
  } catch (error) {
    ctx.signal.throwIfAborted()
    return impossible(managingFault(error, path))
  }
}

/** Sentences of Salt stand for themselves; what else went wrong says of what it did. */
function managingFault(error: unknown, path: string): string {
  const { code, message } = asSaltError(error)
  if (code === 'render-failed' || code === 'bad-arguments') return message
  if (code === 'execution-failed') return reasonOf(error)
  return `Unable to manage file: ${faultText(error, path)}`
}

function hasSource({ source }: ManagedArguments): boolean {
  return Array.isArray(source) ? source.length > 0 : source !== undefined && source !== null && source !== ''
}

function conflictIn(want: ManagedArguments, kinds: number, keepsMode: boolean): string | undefined {
  if (hasSource(want) && kinds > 0) {
    return "'source' cannot be used in combination with 'contents', 'contents_pillar', or 'contents_grains'"
  }
  if (keepsMode && kinds > 0) {
    return "Mode preservation cannot be used in combination with 'contents', 'contents_pillar', or 'contents_grains'"
  }
  return kinds > 1 ? "Only one of 'contents', 'contents_pillar', and 'contents_grains' is permitted" : undefined
}

interface Ownership {
  readonly metadata: WantedMetadata
  readonly keepsMode: boolean
}

async function planSourced(
  ctx: StateContext,
  want: ManagedArguments,
  extra: Extra,
  { metadata, keepsMode }: Ownership,
): Promise<StatePlan> {
  const chosen = await chooseSource(ctx, want.source, want.source_hash, ctx.saltenv).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    return `Unable to manage file: ${reasonOf(error)}`
  })
  if (typeof chosen === 'string') return impossible(chosen)
  const [source, sourceHash] = chosen
  const gathered = await gatherSource(ctx, {
    name: want.name,
    source,
    sourceHash,
    sourceHashName: want.source_hash_name,
    saltenv: ctx.saltenv,
    template: want.template,
    variables: want.template === undefined ? {} : variablesOf(ctx, want, extra),
    skipVerify: want.skip_verify,
    useEtag: want.use_etag,
    verifySsl: want.verify_ssl,
    memory: memoryOf(ctx),
  })
  const mode = keepsMode && gathered.mode !== undefined ? Number.parseInt(gathered.mode, 8) : metadata.mode
  return await planContent(ctx, want, gathered.content, { ...metadata, mode }, gathered)
}

function variablesOf(ctx: StateContext, want: ManagedArguments, extra: Extra): Record<string, unknown> {
  const { user, group, mode, attrs = null, context, defaults, name } = want
  const collected = accumulatorsOf(ctx, name)
  return {
    ...extra,
    user,
    group,
    mode,
    attrs,
    ...templateVariables(context, defaults),
    ...(collected === undefined ? {} : { accumulator: Object.fromEntries(collected) }),
  }
}

async function planContent(
  ctx: StateContext,
  want: ManagedArguments,
  content: NewContent | undefined,
  metadata: WantedMetadata,
  gathered?: GatheredSource,
): Promise<StatePlan> {
  const commands = [want.check_cmd ?? []].flat().map(pythonString)
  const { name: path, tmp_dir: folder, tmp_ext: ending } = want
  return await planFile(ctx, {
    path,
    content,
    isSourced: gathered !== undefined,
    metadata,
    attrs: want.attrs,
    selinux: selinuxOf(want.selinux),
    makedirs: want.makedirs,
    dirMode: normalizeMode(want.dir_mode),
    backup: typeof want.backup === 'string' ? want.backup : undefined,
    showChanges: want.show_changes,
    isTemplate: want.template !== undefined,
    followLinks: want.follow_symlinks,
    ...(commands.length === 0
      ? {}
      : { check: (next) => checkContent(ctx, { commands, path, folder, ending, metadata }, next) }),
    ...(want.keep_source || gathered === undefined ? {} : { cleanUp: () => gathered.forget() }),
  })
}
