/** `file.patch` */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { readWhole } from '../../../base/read-whole.ts'
import { type StaticProperties, s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { templateVariables } from '../../../engine/render/text-template.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { splitShellWords } from '../../modules/cmd/shell-words.ts'
import { chooseSource, gatherSource } from '../../modules/file/managing/gathering.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { expandUser } from '../../modules/file/paths.ts'
import type { ProgramResult } from '../../modules/file/program.ts'
import { isFolder } from '../../modules/file/status.ts'
import { memoryOf, sourceHashes, templateArguments } from './arguments.ts'

const patchArguments = {
  name: s.path('The file or folder'),
  source: s.optional(
    s.any('The patch: `salt://`, `http(s)://`, `file://` or a path; of a list, the first that exists'),
  ),
  ...sourceHashes,
  ...templateArguments,
  options: s.withDefault(s.string('Options of patch'), ''),
  reject_file: s.optional(s.path('File for what could not be applied')),
  strip: s.optional(s.integer('How many folders to take from the paths in the patch')),
  saltenv: s.optional(s.string('Environment of a salt:// patch')),
  hash: s.optional(s.any('No longer used')),
  dry_run_first: s.optional(s.any('No longer used')),
}

type PatchArguments = StaticProperties<typeof patchArguments>

export const patchState = {
  patch: state({
    doc: 'Make sure that a patch is applied to a file or a folder.',
    args: patchArguments,
    examples: ['/opt/app/app.py:\n  file.patch:\n    - source: salt://app/fix.patch'],
    async plan(ctx, want) {
      const plan = await planPatch(ctx, want)
      const old = (['hash', 'dry_run_first'] as const).filter((name) => want[name] !== undefined)
      const warnings = old.map((name) => `The '${name}' argument is no longer used and has been ignored.`)
      return warnings.length === 0 ? plan : { ...plan, warnings }
    },
  }),
}

async function planPatch(ctx: StateContext, want: PatchArguments): Promise<StatePlan> {
  const path = expandUser(want.name)
  if (path === '') return impossible('A file/directory to be patched is required')
  if (!posix.isAbsolute(path)) return impossible(`${path} is not an absolute path`)
  if (!fs.existsSync(path)) return impossible(`${path} does not exist`)
  const rejects = rejectFault(want.reject_file)
  if (rejects !== undefined) return impossible(rejects)
  const options = optionsOf(want)
  if (typeof options === 'string') return impossible(options)
  const work = fs.mkdtempSync(posix.join(tmpdir(), 'patch-'))
  try {
    const patch = await patchText(ctx, want)
    const file = posix.join(work, 'patch')
    fs.writeFileSync(file, patch, { mode: 0o600 })
    return await tryPatch(ctx, { path, file, work, patch, rejectFile: want.reject_file, ...options })
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (error instanceof SaltError && error.code === 'missing-program')
      return impossible('patch executable not found on minion')
    return impossible(reasonOf(error))
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

function rejectFault(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  if (!posix.isAbsolute(file)) return `'${file}' is not an absolute path`
  if (isFolder(posix.dirname(file))) return undefined
  return `Parent directory for reject_file '${file}' either does not exist, or is not a directory`
}

interface PatchOptions {
  readonly words: readonly string[]
  readonly strip: number | undefined
}

const refused = ['-N', '--forward', '-r', '--reject-file', '-o', '--output']

/** Options without those for the depth of paths, which has an argument of its own; or what is wrong with them. */
function optionsOf({ options, strip }: PatchArguments): PatchOptions | string {
  const given = splitShellWords(options)
  const wrong = given.filter((word) => refused.some((option) => word.startsWith(option)))
  if (wrong.length > 0) return `The following CLI options are not allowed: ${wrong.join(', ')}`
  const words: string[] = []
  let depth = strip
  for (let index = 0; index < given.length; index += 1) {
    const word = given[index] ?? ''
    const isShort = word.startsWith('-p')
    if (!isShort && !word.startsWith('--strip')) {
      words.push(word)
      continue
    }
    const text = isShort ? word.slice(2) : word.includes('=') ? word.slice(word.lastIndexOf('=') + 1) : given[++index]
    if (text === undefined || !/^-?\d+$/.test(text)) {
      return isShort
        ? "Invalid format for '-p' CLI option. Consider using the 'strip' option for this state."
        : "Invalid format for '-strip' CLI option. Consider using the 'strip' option for this state."
    }
    depth = Number(text)
  }
  return { words, strip: depth }
}

async function patchText(ctx: StateContext, want: PatchArguments): Promise<Buffer> {
  const saltenv = want.saltenv ?? ctx.saltenv
  const [source, sourceHash] = await chooseSource(ctx, want.source, want.source_hash, saltenv)
  const { content } = await gatherSource(ctx, {
    name: want.name,
    source,
    sourceHash,
    sourceHashName: want.source_hash_name,
    saltenv,
    template: want.template,
    variables: templateVariables(want.context, want.defaults),
    skipVerify: want.skip_verify,
    memory: memoryOf(ctx),
  })
  return content.kind === 'bytes' ? content.bytes : readWhole(await content.fetch())
}

interface PatchWork extends PatchOptions {
  readonly path: string
  /** The patch, and a folder for what the trial writes. */
  readonly file: string
  readonly work: string
  readonly patch: Buffer
  readonly rejectFile: string | undefined
}

/** Applies it to a copy, and tells by the way what to do. */
async function tryPatch(ctx: StateContext, request: PatchWork): Promise<StatePlan> {
  const { path, file, work, rejectFile, patch } = request
  const rejects = posix.join(work, 'rejects')
  const output = posix.join(work, 'output')
  const before = await runPatch(ctx, request, file, ['-N', '-r', rejects, '-o', output])
  if (before.retcode === 0) {
    return pending({
      comment: 'The patch would be applied',
      changes: { ...before },
      apply: () => applyPatch(ctx, request, patch),
    })
  }
  if (before.retcode === 2 && before.stderr !== '') return impossible(before.stderr)
  // What was rejected is written with the paths that were left of it.
  const reversed = fs.existsSync(rejects) ? ([{ ...request, strip: 0 }, rejects] as const) : ([request, file] as const)
  const reverse = await runPatch(ctx, ...reversed, ['-R', '-f', '--dry-run'])
  if (reverse.retcode === 0) return right('Patch was already applied')
  const advice =
    rejectFile === undefined
      ? ' Run state again using the reject_file option to save rejects to a persistent file.'
      : ''
  const comment = `Patch would not apply cleanly, no changes made. Results of dry-run are below.${advice}\n\n${told(before)}`
  if (rejectFile === undefined || !fs.existsSync(rejects)) return impossible(comment)
  const kept = fs.readFileSync(rejects)
  return pending({
    comment,
    changes: {},
    testResult: false,
    apply() {
      fs.writeFileSync(rejectFile, kept)
      return failed(comment)
    },
  })

  function told({ retcode, stdout, stderr }: ProgramResult): string {
    return [`retcode: ${retcode}`, stdout, stderr]
      .filter((text) => text !== '')
      .join('\n')
      .replaceAll(output, path)
  }
}

async function applyPatch(ctx: StateContext, request: PatchWork, patch: Buffer) {
  const work = fs.mkdtempSync(posix.join(tmpdir(), 'patch-'))
  try {
    const file = posix.join(work, 'patch')
    fs.writeFileSync(file, patch, { mode: 0o600 })
    const result = await runPatch(ctx, request, file, ['-N', '-r', request.rejectFile ?? posix.join(work, 'rejects')])
    const changes = { ...result }
    return result.retcode === 0 ? done('Patch successfully applied', changes) : failed('Failed to apply patch', changes)
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

async function runPatch(
  ctx: StateContext,
  { path, words, strip }: PatchWork,
  file: string,
  options: readonly string[],
): Promise<ProgramResult> {
  const isTree = isFolder(path)
  const target = isTree ? ['-d', path, `--strip=${strip ?? 0}`] : [path]
  const argv = [
    'patch',
    ...words,
    ...options,
    ...(options.includes('-r') ? [] : ['--reject-file=-']),
    '-i',
    file,
    ...target,
  ]
  const { pid, retcode, stdout, stderr } = await ctx.exec(argv)
  return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
}
