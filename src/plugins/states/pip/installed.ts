/** pip.installed: packages, files of requirements, and projects to work on. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import {
  canonicalName,
  comparePythonVersions,
  meetsConditions,
  type PythonRequirement,
  parseRequirement,
} from '../../../engine/functions/packages/python-version.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf } from '../../../engine/state/wording.ts'
import { installArguments } from '../../modules/pip/install.ts'

const { pkgs: _pkgs, saltenv: _saltenv, ...options } = installArguments

export const installedState = state({
  doc: 'Install Python packages, in a virtual environment or for the whole system.',
  args: {
    name: s.string('Name of the package, with versions such as flask>=3; a path or an address'),
    pkgs: s.optional(
      s.any('Several packages instead: a list of what name can be, or of mappings of a name to versions'),
    ),
    ...options,
    pip_bin: s.optional(s.path('As bin_env')),
    env: s.optional(s.path('As bin_env')),
  },
  ignored: {
    no_chown: 'files of requirements are not copied',
    activate: 'bin_env says which environment is meant',
    repo: 'name may be an address',
  },
  examples: [
    'flask:\n  pip.installed:\n    - bin_env: /srv/app/venv',
    'the packages of the app:\n  pip.installed:\n    - pkgs:\n      - flask >= 3, < 4\n      - requests\n    - bin_env: /srv/app/venv',
    'what the app needs:\n  pip.installed:\n    - requirements: /srv/app/requirements.txt\n    - bin_env: /srv/app/venv',
  ],
  plan: (ctx, want) => planInstalled(ctx, want),
})

interface InstalledArguments {
  readonly name: string
  readonly pkgs?: unknown
  readonly requirements?: unknown
  readonly editable?: unknown
  readonly pip_bin?: string | undefined
  readonly env?: string | undefined
  readonly bin_env?: string | undefined
  readonly user?: string | undefined
  readonly cwd?: string | undefined
  readonly env_vars?: unknown
  readonly upgrade: boolean
  readonly force_reinstall: boolean
  readonly ignore_installed: boolean
  readonly pre_releases: boolean
  readonly index_url?: string | undefined
  readonly extra_index_url?: unknown
}

/** What is asked for, and what of it there is to do. */
interface Wish {
  readonly word: string
  readonly requirement: PythonRequirement
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false
}

async function planInstalled(ctx: StateContext, given: InstalledArguments): Promise<StatePlan> {
  const want = { ...given, bin_env: given.bin_env ?? given.pip_bin ?? given.env }
  if (isGiven(want.requirements) || isGiven(want.editable)) return planFiles(ctx, want)
  const wishes = wordsOf(want).map((word) => ({ word, requirement: requirementOf(word) }))
  const now = await versionsNow(ctx, want).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    throw failure(`Error installing '${wishes.map(({ word }) => word).join(', ')}': ${reasonOf(error)}`)
  })
  const there: Wish[] = []
  const missing: Wish[] = []
  for (const wish of wishes) ((await isSettled(ctx, want, wish, now)) ? there : missing).push(wish)
  const thereLines = there.map(({ word }) => `Python package ${word} was already installed`)
  if (missing.length === 0) {
    const last = `All specified packages are already installed${want.upgrade ? ' and up-to-date' : ''}`
    return right([...thereLines, last].join('\n'))
  }
  return pending({
    comment: ['Python package(s) set to be installed:', ...missing.map(({ word }) => word)].join('\n'),
    changes: Object.fromEntries(missing.map(({ word }) => [word, 'Installed'])),
    apply: () => install(ctx, want, missing, thereLines),
  })
}

/** The packages as pip takes them: `{flask: '>=3'}` is `flask >=3`. */
function wordsOf({ name, pkgs }: InstalledArguments): string[] {
  if (!isGiven(pkgs) || (Array.isArray(pkgs) && pkgs.length === 0)) return [name]
  if (!Array.isArray(pkgs)) throw failure('pkgs argument must be formatted as a list')
  return pkgs.map((one) => (isRecord(one) ? Object.entries(one).flat().map(pythonString).join(' ') : pythonString(one)))
}

function requirementOf(word: string): PythonRequirement {
  const requirement = parseRequirement(word)
  if (requirement !== undefined) return requirement
  if (/[^=!<>~]=[^=]/.test(word)) {
    throw failure(`Invalid version specification in package ${word}. '=' is not supported, use '==' instead.`)
  }
  throw failure(`'${word}' is no name of a package, no path and no address that pip would take`)
}

/** Canonical name → version. */
async function versionsNow(ctx: StateContext, want: InstalledArguments): Promise<ReadonlyMap<string, string>> {
  const { bin_env, user, cwd, env_vars } = want
  const found = await ctx.salt('pip.list', [], { bin_env, user, cwd, env_vars })
  return new Map(
    Object.entries(isRecord(found) ? found : {}).map(([name, version]) => [canonicalName(name), String(version)]),
  )
}

/** Whether nothing is to be done about a package. */
async function isSettled(
  ctx: StateContext,
  want: InstalledArguments,
  { requirement }: Wish,
  now: ReadonlyMap<string, string>,
): Promise<boolean> {
  if (requirement.name === undefined || want.ignore_installed || want.force_reinstall) return false
  const version = now.get(canonicalName(requirement.name))
  if (version === undefined || !meetsConditions(version, requirement.conditions)) return false
  return !want.upgrade || (await isNewest(ctx, want, requirement, version))
}

async function isNewest(
  ctx: StateContext,
  want: InstalledArguments,
  { name, conditions }: PythonRequirement,
  version: string,
): Promise<boolean> {
  const { bin_env, user, cwd, index_url, extra_index_url, pre_releases: early } = want
  const extra = Array.isArray(extra_index_url) ? extra_index_url[0] : extra_index_url
  const kinds = { include_alpha: early, include_beta: early, include_rc: early }
  const found = await ctx.salt('pip.list_all_versions', [name], {
    ...{ bin_env, user, cwd, index_url, extra_index_url: extra },
    ...kinds,
  })
  const offered = Array.isArray(found) ? found.map(String) : []
  return !offered.some((one) => meetsConditions(one, conditions) && comparePythonVersions(one, version) > 0)
}

/** The arguments that go on to pip.install. */
function installKeywords(ctx: StateContext, want: InstalledArguments): Record<string, unknown> {
  const { name: _name, pkgs: _own, pip_bin: _bin, env: _env, ...rest } = want
  return { ...rest, saltenv: ctx.saltenv }
}

interface Run {
  readonly retcode: number
  readonly stdout: string
  readonly stderr: string
}

async function runInstall(ctx: StateContext, want: InstalledArguments, words: readonly string[]): Promise<Run> {
  const keywords = installKeywords(ctx, want)
  const answer = await ctx.salt('pip.install', words.length === 0 ? [] : [words], keywords)
  const { retcode = 1, stdout = '', stderr = '' } = isRecord(answer) ? answer : {}
  return { retcode: Number(retcode), stdout: String(stdout), stderr: String(stderr) }
}

async function install(
  ctx: StateContext,
  want: InstalledArguments,
  missing: readonly Wish[],
  thereLines: readonly string[],
): Promise<StateOutcome> {
  const words = missing.map(({ word }) => word)
  const run = await runInstall(ctx, want, words)
  if (run.retcode !== 0) {
    const fault = `Failed to install packages: ${words.join(', ')}. Error: ${run.stdout} ${run.stderr}`
    return failed([...thereLines, fault].join('\n'))
  }
  const now = await versionsNow(ctx, want)
  const changes: Record<string, string> = {}
  const lost: string[] = []
  const kept = new Set([...run.stdout.matchAll(/^Requirement already up-to-date: (\S+)/gm)].map(([, name]) => name))
  for (const { word, requirement } of missing) {
    const version = now.get(canonicalName(requirement.name ?? ''))
    if (requirement.name === undefined) changes[`${word}==???`] = 'Installed'
    else if (version === undefined) lost.push(word)
    else if (!kept.has(requirement.name)) changes[`${requirement.name}==${version}`] = 'Installed'
  }
  const lines = lost.map(
    (word) => `There was no error installing package '${word}' although it does not show when calling 'pip.freeze'.`,
  )
  const last = lines.length === 0 ? ['All packages were successfully installed'] : lines
  return done([...thereLines, ...last].join('\n'), changes)
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(', ') : String(value)
}

/** What a file of requirements comes to, only pip knows. */
function planFiles(ctx: StateContext, want: InstalledArguments): StatePlan {
  const { requirements, editable } = want
  const comments = [
    ...(isGiven(requirements) ? [`Requirements file '${shown(requirements)}' will be processed.`] : []),
    ...(isGiven(editable)
      ? [`Package will be installed in editable mode (i.e. setuptools "develop mode") from ${shown(editable)}.`]
      : []),
  ]
  return pending({ comment: comments.join(' '), changes: {}, apply: () => installFiles(ctx, want) })
}

async function installFiles(ctx: StateContext, want: InstalledArguments): Promise<StateOutcome> {
  const { requirements, editable } = want
  const run = await runInstall(ctx, want, []).catch((error: unknown): Run => {
    ctx.signal.throwIfAborted()
    if (!(error instanceof SaltError)) throw error
    return { retcode: 1, stdout: '', stderr: error.message }
  })
  if (run.retcode !== 0) {
    const faults = [
      ...(isGiven(requirements) ? [`Unable to process requirements file "${shown(requirements)}".`] : []),
      ...(isGiven(editable) ? [`Unable to install from VCS checkout ${shown(editable)}.`] : []),
    ]
    return failed([...faults, `Error: ${run.stdout} ${run.stderr}`].join(' '))
  }
  const isNews = (line: string): boolean => !/^Requirement already satisfied|^Cleaning up\.\.\.$|^\s*$/.test(line)
  const hasNews = isGiven(requirements) && run.stdout.split('\n').some(isNews)
  const comments = [
    ...(!isGiven(requirements)
      ? []
      : hasNews
        ? [`Successfully processed requirements file ${shown(requirements)}.`]
        : ['Requirements were already installed.']),
    ...(isGiven(editable) ? [`Package successfully installed from VCS checkout ${shown(editable)}.`] : []),
  ]
  return done(comments.join(' '), {
    ...(hasNews ? { requirements: true } : {}),
    ...(isGiven(editable) ? { editable: true } : {}),
  })
}
