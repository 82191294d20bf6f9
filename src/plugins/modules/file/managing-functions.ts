/** Functions of `file` that manage whole files: what the states of files are made of. */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { posix } from 'node:path'
import { asSaltError, SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { type StaticProperties, s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { templateVariables } from '../../../engine/render/text-template.ts'
import type { StatePlan } from '../../../engine/state/plan.ts'
import { encodeContents } from './managing/contents-encoding.ts'
import type { FileRequest } from './managing/file-request.ts'
import { chooseSource, type GatheredSource, gatherSource } from './managing/gathering.ts'
import { wantedMetadata } from './managing/metadata.ts'
import { bytesOf, hashOfFile, type NewContent } from './managing/new-content.ts'
import { planFile } from './managing/plan-file.ts'
import { modeSchema, normalizeMode, ownerSchema } from './owners.ts'
import { expandUser } from './paths.ts'

const name = s.path('The file')
const source = s.any(
  'Where its content comes from: `salt://`, `http(s)://`, `file://` or a path; of a list, the first that exists',
)
const sum = s.any('Checksum of the source: `{hash_type: …, hsum: …}`')
const owners = {
  user: ownerSchema('User that it shall belong to; null: as it is'),
  group: ownerSchema('Group that it shall belong to; null: as it is'),
  mode: modeSchema('Octal digits; null: as it is'),
  attrs: s.union([s.string(), s.null()], 'Letters of the attributes that it shall have'),
}
const hashes = {
  source_hash: s.any('Checksum that the source must have, or where it stands'),
  source_hash_name: s.union([s.string(), s.null()], 'Name of the source in a file of checksums'),
}
const template = s.union([s.string(), s.null()], 'Template engine that the source goes through: jinja')
const variables = {
  context: s.any('Variables of the template'),
  defaults: s.any('Variables where the context has none'),
}
const saltenv = s.string('Environment of salt:// files')
const skipVerify = s.withDefault(s.boolean('Take a source from the web without a checksum'), false)
const contents = s.withDefault(s.union([s.text(), s.null()], 'What it holds, in place of a source'), null)
const part = (what: string) => s.optional(s.string(`${what} of the SELinux context`))
const selinux = { seuser: part('User'), serole: part('Role'), setype: part('Type'), serange: part('Range') }
const verifySsl = s.withDefault(s.boolean('Make sure who answers for https://'), true)
const useEtag = s.withDefault(s.boolean('Ask a web server by ETag whether its file has changed'), false)
const followSymlinks = (otherwise: boolean) =>
  s.withDefault(s.boolean('Where it is a link, look at what that leads to'), otherwise)
const more = s.any('With a template: more variables')

const checkedArguments = {
  name,
  source,
  ...hashes,
  ...owners,
  template,
  ...variables,
  saltenv,
  contents,
  skip_verify: skipVerify,
  keep_mode: s.withDefault(s.boolean('The mode is that of the source'), false),
  ...selinux,
  verify_ssl: verifySsl,
  follow_symlinks: followSymlinks(false),
}

type CheckedArguments = StaticProperties<typeof checkedArguments>
type More = Readonly<Record<string, unknown>>

interface Gathering {
  readonly name: string
  readonly source?: unknown
  readonly source_hash?: unknown
  readonly source_hash_name?: string | null
  readonly template?: string | null
  readonly context?: unknown
  readonly defaults?: unknown
  readonly saltenv: string
  readonly skip_verify?: boolean
  readonly use_etag?: boolean
  readonly verify_ssl?: boolean
}

/** Undefined without a source. */
async function gathered(ctx: FunctionContext, want: Gathering, extra: More): Promise<GatheredSource | undefined> {
  if (want.source === undefined || want.source === null || want.source === '') return undefined
  const [url, sourceHash] = await chooseSource(ctx, want.source, want.source_hash, want.saltenv)
  const engine = want.template ?? undefined
  return await gatherSource(ctx, {
    name: want.name,
    source: url,
    sourceHash,
    sourceHashName: want.source_hash_name ?? undefined,
    saltenv: want.saltenv,
    template: engine,
    variables: engine === undefined ? {} : { ...extra, ...templateVariables(want.context, want.defaults) },
    skipVerify: want.skip_verify === true,
    useEtag: want.use_etag === true,
    verifySsl: want.verify_ssl !== false,
  })
}

interface Wanted {
  readonly user: string | number | null
  readonly group: string | number | null
  readonly mode: string | number | null
  readonly attrs: string | null
  readonly seuser?: string | undefined
  readonly serole?: string | undefined
  readonly setype?: string | undefined
  readonly serange?: string | undefined
  readonly follow_symlinks: boolean
}

function requestOf(path: string, content: NewContent | undefined, want: Wanted, isSourced: boolean): FileRequest {
  const metadata = wantedMetadata(want)
  if (typeof metadata === 'string') throw new SaltError('execution-failed', metadata)
  const { seuser: user, serole: role, setype: type, serange: range } = want
  const hasContext = [user, role, type, range].some((one) => one !== undefined)
  return {
    path,
    content,
    isSourced,
    metadata,
    attrs: want.attrs ?? undefined,
    selinux: hasContext ? { user, role, type, range } : undefined,
    makedirs: false,
    showChanges: true,
    isTemplate: isSourced,
    followLinks: want.follow_symlinks,
  }
}

async function checkedPlan(ctx: FunctionContext, args: CheckedArguments, extra: More): Promise<StatePlan> {
  const path = expandUser(args.name)
  const found = args.contents === null ? await gathered(ctx, { ...args, name: path }, extra) : undefined
  const content = args.contents === null ? found?.content : bytesOf(args.contents)
  const mode = args.keep_mode ? (found?.mode ?? null) : args.mode
  return await planFile(ctx, requestOf(path, content, { ...args, mode }, found !== undefined))
}

/** A plan, or the sentence on why there is none. */
async function planned(ctx: FunctionContext, work: () => Promise<StatePlan>): Promise<StatePlan | string> {
  try {
    return await work()
  } catch (error) {
    ctx.signal.throwIfAborted()
    return asSaltError(error).message
  }
}

async function manage(ctx: FunctionContext, args: StaticProperties<typeof manageArguments>, extra: More) {
  const path = expandUser(args.name)
  const ret = isRecord(args.ret) ? args.ret : {}
  const found =
    args.source === null || args.source === '' || args.sfn !== ''
      ? undefined
      : await gathered(ctx, { ...args, ...sumOf(args.source_sum) }, extra)
  const content = contentOf(args) ?? found?.content
  const mode = args.keep_mode ? (found?.mode ?? args.mode) : args.mode
  const request: FileRequest = {
    ...requestOf(path, content, { ...args, mode }, args.contents === null && content !== undefined),
    makedirs: args.makedirs,
    dirMode: normalizeMode(args.dir_mode),
    backup: typeof args.backup === 'string' ? args.backup : undefined,
    showChanges: args.show_changes,
  }
  const plan = await planned(ctx, () => planFile(ctx, request))
  const report = { name: path, changes: {}, comment: '', result: true, ...ret }
  if (typeof plan === 'string') return { ...report, result: false, comment: plan }
  if (plan.kind === 'settled') return { ...report, result: plan.result, comment: plan.comment }
  const isTest = ctx.config.get('test') === true
  const outcome = isTest
    ? { ...plan, result: plan.testResult === undefined ? null : plan.testResult }
    : await plan.apply()
  const before = isRecord(report.changes) ? report.changes : {}
  return { ...report, result: outcome.result, comment: outcome.comment, changes: { ...before, ...outcome.changes } }
}

interface GivenContent {
  readonly contents: string | null
  readonly sfn: string | null
  readonly encoding?: string | undefined
  readonly encoding_errors?: string
}

function contentOf({
  contents,
  sfn,
  encoding,
  encoding_errors: errors = 'strict',
}: GivenContent): NewContent | undefined {
  if (contents !== null) return { kind: 'bytes', bytes: encodeContents(contents, encoding, errors) }
  if (sfn === '' || sfn === null) return undefined
  return { kind: 'file', hash: undefined, isDoubtful: false, fetch: async () => sfn }
}

/** `{hash_type: …, hsum: …}` as a source hash. */
function sumOf(given: unknown): { source_hash: string } {
  if (!isRecord(given) || given.hsum === undefined) return { source_hash: '' }
  return { source_hash: `${pythonString(given.hash_type ?? 'sha256')}=${pythonString(given.hsum)}` }
}

const manageArguments = {
  name,
  sfn: s.union([s.string(), s.null()], 'Where the content lies on this machine; empty: not yet'),
  ret: s.any('A report to add to; `{}` for a new one'),
  source: s.union([s.string(), s.null()], 'Where the content comes from'),
  source_sum: sum,
  ...owners,
  saltenv,
  backup: s.union([s.string(), s.boolean(), s.null()], '`minion`: keep a copy of the old file'),
  makedirs: s.withDefault(s.boolean('Make the folders that are missing'), false),
  template: s.withDefault(s.union([s.string(), s.null()], 'Template engine that the source goes through'), null),
  show_changes: s.withDefault(s.boolean('Show the difference'), true),
  contents,
  dir_mode: s.withDefault(modeSchema('Mode of the folders that are made'), null),
  follow_symlinks: followSymlinks(true),
  skip_verify: skipVerify,
  keep_mode: s.withDefault(s.boolean('The mode is that of the source'), false),
  encoding: s.optional(s.string('Encoding of the contents')),
  encoding_errors: s.withDefault(s.string('What becomes of characters that it does not have'), 'strict'),
  ...selinux,
  verify_ssl: verifySsl,
  use_etag: useEtag,
}

const changesOf = s.any('What would change; or false and why it cannot be told')

export const managingFunctions = {
  get_managed: fn({
    doc: 'Bring the source of a managed file to this machine, as a template too. Gives its place, its checksum, and what is wrong.',
    args: {
      name,
      template,
      source,
      ...hashes,
      ...owners,
      saltenv,
      ...variables,
      skip_verify: skipVerify,
      verify_ssl: verifySsl,
      use_etag: useEtag,
    },
    extra: more,
    returns: s.array(s.any(), 'Path, checksum and a sentence'),
    examples: [`salt '*' file.get_managed /srv/app/hosts null /etc/hosts '' null root root 644 null base null null`],
    async run(ctx, args, { extra }) {
      try {
        const found = await gathered(ctx, args, extra)
        if (found === undefined) return ['', {}, '']
        const path = found.content.kind === 'file' ? await found.content.fetch() : keepRendered(found.content.bytes)
        const hash = found.content.kind === 'file' ? found.content.hash : undefined
        const [hash_type, hsum] =
          hash === undefined ? ['sha256', await hashOfFile(path, 'sha256')] : [hash.type, hash.sum]
        return [path, { hash_type, hsum }, '']
      } catch (error) {
        ctx.signal.throwIfAborted()
        return ['', {}, asSaltError(error).message]
      }
    },
  }),
  manage_file: fn({
    doc: 'Bring a file to its content, owner and mode, and report it as a state does.',
    args: manageArguments,
    extra: more,
    returns: s.object({ name: s.path(), changes: s.record(s.any()), comment: s.text(), result: s.any() }),
    examples: [`salt '*' file.manage_file /srv/app/hosts /etc/hosts '{}' null '{}' root root 644 null base ''`],
    run: (ctx, args, { extra }) => manage(ctx, args, extra),
  }),
  check_managed: fn({
    doc: 'Tell whether a file is as it shall be: true, or null where it would change, and a sentence.',
    args: checkedArguments,
    extra: more,
    returns: s.array(s.any(), 'Result and sentence'),
    examples: [`salt '*' file.check_managed /srv/docs/a.txt /etc/hosts '' null root root 644 null null null null base`],
    async run(ctx, args, { extra }) {
      const plan = await planned(ctx, () => checkedPlan(ctx, args, extra))
      if (typeof plan === 'string') return [false, plan]
      if (plan.kind === 'settled') return [plan.result, plan.comment]
      const lines = Object.entries(plan.changes).map(([key, value]) => `${key}: ${pythonString(value)}\n`)
      if (lines.length === 0) return [true, plan.comment]
      return [null, `The following values are set to be changed:\n${lines.join('')}`]
    },
  }),
  check_managed_changes: fn({
    doc: 'Tell what would change of a file.',
    args: checkedArguments,
    extra: more,
    returns: changesOf,
    examples: [
      `salt '*' file.check_managed_changes /srv/docs/a.txt /etc/hosts '' null root root 644 null null null null base`,
    ],
    async run(ctx, args, { extra }) {
      const plan = await planned(ctx, () => checkedPlan(ctx, args, extra))
      if (typeof plan === 'string') return [false, plan]
      return plan.kind === 'settled' && !plan.result ? [false, plan.comment] : plan.changes
    },
  }),
  check_file_meta: fn({
    doc: 'Tell what would change of a file whose new content lies on this machine already.',
    args: {
      name,
      sfn: s.union([s.string(), s.null()], 'Where the content lies; empty: ask the source'),
      source,
      source_sum: sum,
      ...owners,
      saltenv,
      contents,
      ...selinux,
      verify_ssl: verifySsl,
      follow_symlinks: followSymlinks(false),
    },
    returns: changesOf,
    examples: [`salt '*' file.check_file_meta /srv/docs/a.txt /etc/hosts null '{}' root root 644 null base`],
    async run(ctx, args) {
      const path = expandUser(args.name)
      const given = contentOf(args)
      const found = given === undefined ? await gathered(ctx, { ...args, ...sumOf(args.source_sum) }, {}) : undefined
      const content = given ?? found?.content
      const plan = await planFile(ctx, requestOf(path, content, args, args.contents === null && content !== undefined))
      return plan.changes
    },
  }),
}

/** A file for what a template has become; whoever asked for it removes it. */
function keepRendered(bytes: Buffer): string {
  const path = posix.join(tmpdir(), `__salt.tmp.${randomBytes(8).toString('hex')}`)
  fs.writeFileSync(path, bytes, { mode: 0o600, flag: 'wx' })
  return path
}
