import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { failure } from '../../engine/state/wording.ts'

const list = (description: string) => s.optional(s.union([s.array(s.string()), s.string()], description))
const flag = (description: string) => s.withDefault(s.boolean(description), false)

const managedArguments = {
  name: s.path('Folder of the environment'),
  venv_bin: s.optional(
    s.string('Program to make it with, venv for that of Python; virtualenv by default, or else venv'),
  ),
  requirements: list('Files of requirements to install, by path or URL'),
  system_site_packages: flag('Let it see the packages of the system'),
  distribute: flag('Accepted, and without effect here'),
  use_wheel: flag('Accepted, and without effect here: pip prefers wheels'),
  clear: flag('Make it anew each time'),
  python: s.optional(s.string('The Python to make it for')),
  extra_search_dir: list('More folders to look for wheels in'),
  never_download: s.optional(s.boolean('Do not fetch anything to make it')),
  prompt: s.optional(s.string('What the shell shows when the environment is active')),
  user: s.optional(s.string('User to make it as')),
  cwd: s.optional(s.path('Folder to run pip in')),
  index_url: s.optional(s.string('URL of the package index')),
  extra_index_url: list('URLs of further package indexes'),
  pre_releases: flag('Also versions before a release'),
  no_deps: flag('Leave out what the packages need'),
  pip_download: s.optional(s.string('Fetch into this folder in place of installing')),
  pip_download_cache: s.optional(s.string('As pip_cache_dir')),
  pip_exists_action: s.optional(s.string('What to do about a path that exists: s, i, w, b or a')),
  pip_ignore_installed: flag('Do as if nothing were installed'),
  proxy: s.optional(s.string('Proxy as user:password@host:port')),
  use_vt: flag('Accepted, and without effect here'),
  env_vars: s.optional(s.record(s.any(), 'Environment variables for pip')),
  no_use_wheel: flag('Do not install from wheels'),
  pip_upgrade: flag('Install the newest versions'),
  pip_pkgs: list('Packages to install'),
  pip_no_cache_dir: flag('Keep nothing of what was fetched'),
  pip_cache_dir: s.optional(s.string('Folder to keep what was fetched in')),
  process_dependency_links: flag('Accepted, and without effect here'),
}

interface ManagedArguments {
  readonly name: string
  readonly venv_bin?: string | undefined
  readonly requirements?: readonly string[] | string | undefined
  readonly system_site_packages: boolean
  readonly clear: boolean
  readonly python?: string | undefined
  readonly extra_search_dir?: readonly string[] | string | undefined
  readonly never_download?: boolean | undefined
  readonly prompt?: string | undefined
  readonly user?: string | undefined
  readonly cwd?: string | undefined
  readonly index_url?: string | undefined
  readonly extra_index_url?: readonly string[] | string | undefined
  readonly pre_releases: boolean
  readonly no_deps: boolean
  readonly pip_download?: string | undefined
  readonly pip_download_cache?: string | undefined
  readonly pip_exists_action?: string | undefined
  readonly pip_ignore_installed: boolean
  readonly proxy?: string | undefined
  readonly env_vars?: Readonly<Record<string, unknown>> | undefined
  readonly no_use_wheel: boolean
  readonly pip_upgrade: boolean
  readonly pip_pkgs?: readonly string[] | string | undefined
  readonly pip_no_cache_dir: boolean
  readonly pip_cache_dir?: string | undefined
}

function isGiven(value: readonly string[] | string | undefined): boolean {
  return value !== undefined && value.length > 0
}

async function planManaged(ctx: StateContext, want: ManagedArguments): Promise<StatePlan> {
  const { name, clear } = want
  await assertRequirements(ctx, want)
  const exists = statSync(ctx.at(join(name, 'bin/python')), { throwIfNoEntry: false }) !== undefined
  const installs = isGiven(want.requirements) || isGiven(want.pip_pkgs)
  if (exists && !clear) {
    if (!installs) return right('virtualenv exists')
    // What pip would do, only pip knows.
    return pending({
      comment: `Virtualenv ${name} is already created`,
      changes: {},
      apply: () => install(ctx, want, 'virtualenv exists', {}),
    })
  }
  const cleared = exists ? { cleared_packages: await frozen(ctx, want), old: await versionOf(ctx, want) } : {}
  return pending({
    comment: `Virtualenv ${name} is set to be ${exists ? 'cleared' : 'created'}`,
    changes: cleared,
    apply: () => create(ctx, want, cleared),
  })
}

/** Throws `execution-failed` where the file server does not have a file of requirements. */
async function assertRequirements(ctx: StateContext, { requirements }: ManagedArguments): Promise<void> {
  for (const path of typeof requirements === 'string' ? requirements.split(',') : (requirements ?? [])) {
    if (!path.startsWith('salt://')) continue
    const text = await ctx.salt('cp.get_file_str', [path, ctx.saltenv])
    if (typeof text !== 'string') throw failure(`pip requirements file '${path}' not found`)
  }
}

async function versionOf(ctx: StateContext, { name, user }: ManagedArguments): Promise<string> {
  const options = user === undefined ? {} : { runas: user }
  const { stdout, stderr } = await ctx.exec([join(name, 'bin/python'), '-V'], options)
  return (stdout || stderr).trim()
}

async function frozen(ctx: StateContext, { name, user, env_vars }: ManagedArguments): Promise<readonly string[]> {
  const found = await ctx.salt('pip.freeze', [], { bin_env: name, user, env_vars })
  return Array.isArray(found) ? found.map(String) : []
}

async function create(
  ctx: StateContext,
  want: ManagedArguments,
  cleared: Readonly<Record<string, unknown>>,
): Promise<StateOutcome> {
  const { venv_bin, system_site_packages, clear, python, extra_search_dir, never_download, prompt, user } = want
  const keywords = { venv_bin, system_site_packages, clear, python, extra_search_dir, never_download, prompt, user }
  const made = await ctx.salt('virtualenv.create', [want.name], keywords)
  if (!isRecord(made) || made.retcode !== 0) {
    const reason = isRecord(made) ? `${made.stdout}${made.stderr}` : ''
    return failed(`Failed to create virtualenv: ${reason}`)
  }
  const changes = { ...cleared, new: await versionOf(ctx, want) }
  return install(ctx, want, clear ? 'Cleared existing virtualenv' : 'Created new virtualenv', changes)
}

/** Installs what is asked for, and tells what that has changed. */
async function install(
  ctx: StateContext,
  want: ManagedArguments,
  comment: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<StateOutcome> {
  if (!isGiven(want.requirements) && !isGiven(want.pip_pkgs)) return done(comment, changes)
  const before = await frozen(ctx, want)
  const run = await ctx.salt('pip.install', [], { ...installKeywords(want), saltenv: ctx.saltenv })
  const after = await frozen(ctx, want)
  const [added, removed] = [without(after, before), without(before, after)]
  const packages =
    added.length + removed.length === 0
      ? {}
      : { packages: { new: added.length === 0 ? '' : added, old: removed.length === 0 ? '' : removed } }
  const all = { ...changes, ...packages }
  if (isRecord(run) && run.retcode === 0) return done(comment, all)
  return failed(isRecord(run) ? [comment, run.stdout, run.stderr].join('\n') : comment, all)
}

function without(items: readonly string[], others: readonly string[]): string[] {
  return items.filter((item) => !others.includes(item))
}

function installKeywords(want: ManagedArguments): Record<string, unknown> {
  const { pip_pkgs, requirements, name, no_use_wheel, user, cwd, index_url, extra_index_url, env_vars } = want
  return {
    ...{ pkgs: pip_pkgs, requirements, bin_env: name, no_use_wheel, user, cwd, index_url, extra_index_url, env_vars },
    download: want.pip_download,
    cache_dir: want.pip_cache_dir ?? want.pip_download_cache,
    pre_releases: want.pre_releases,
    exists_action: want.pip_exists_action,
    ignore_installed: want.pip_ignore_installed,
    upgrade: want.pip_upgrade,
    no_deps: want.no_deps,
    proxy: want.proxy,
    no_cache_dir: want.pip_no_cache_dir,
  }
}

const managed = state({
  doc: 'Make a virtual environment of Python, and install packages into it.',
  args: managedArguments,
  ignored: { no_chown: 'files of requirements are not copied' },
  examples: [
    '/srv/app/venv:\n  virtualenv.managed:\n    - requirements: salt://app/requirements.txt\n    - user: app',
    '/srv/tools:\n  virtualenv.managed:\n    - pip_pkgs:\n      - flask\n      - requests>=2.30',
  ],
  plan: (ctx, want) => planManaged(ctx, want),
})

export const virtualenv = defineStates({
  name: 'virtualenv',
  doc: 'Virtual environments of Python.',
  functions: {
    managed,
    manage: {
      ...managed,
      doc: 'The same as managed.',
      examples: [managed.examples[0] ?? ''].map((one) => one.replace('.managed', '.manage')),
    },
  },
})
