/** pip.install and pip.uninstall. */
import { SaltError } from '../../../base/errors.ts'
import type { Schema } from '../../../base/schema.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { runPip, where } from './program.ts'

const list = (description: string) => s.optional(s.union([s.array(s.string()), s.string()], description))
const text = (description: string) => s.optional(s.string(description))
const flag = (description: string) => s.withDefault(s.boolean(description), false)

const runResult = s.object({ pid: s.integer(), retcode: s.integer(), stdout: s.text(), stderr: s.text() })

const pkgs = list('Names of packages, with versions such as flask>=3')
const requirements = list('Files of requirements, by path or URL')
const timeout = s.optional(s.number('Seconds to wait for the other side'))

/** Argument → option with a value; a list gives one option for each item. */
const valueOptions: readonly (readonly [string, string])[] = [
  ['log', '--log'],
  ['proxy', '--proxy'],
  ['timeout', '--timeout'],
  ['find_links', '--find-links'],
  ['index_url', '--index-url'],
  ['extra_index_url', '--extra-index-url'],
  ['build', '--build'],
  ['target', '--target'],
  ['exists_action', '--exists-action'],
  ['cert', '--cert'],
  ['global_options', '--global-option'],
  ['install_options', '--install-option'],
  ['trusted_host', '--trusted-host'],
  ['cache_dir', '--cache-dir'],
]

const flagOptions: readonly (readonly [string, string])[] = [
  ['no_index', '--no-index'],
  ['upgrade', '--upgrade'],
  ['force_reinstall', '--force-reinstall'],
  ['ignore_installed', '--ignore-installed'],
  ['no_deps', '--no-deps'],
  ['pre_releases', '--pre'],
  ['no_cache_dir', '--no-cache-dir'],
  ['disable_version_check', '--disable-pip-version-check'],
]

/** In Salt's order. What newer versions of pip do not know any more is accepted and without effect. */
export const installArguments = {
  pkgs,
  requirements,
  bin_env: where.bin_env,
  use_wheel: flag('Accepted, and without effect here: pip prefers wheels'),
  no_use_wheel: flag('Do not install from wheels'),
  log: text('File to write a log to'),
  proxy: text('Proxy as user:password@host:port'),
  timeout,
  editable: list('Folders or URLs of projects to install in place'),
  find_links: list('Pages or folders to look for packages in'),
  index_url: text('URL of the package index'),
  extra_index_url: list('URLs of further package indexes'),
  no_index: flag('Look into find_links only'),
  mirrors: list('Accepted, and without effect here: pip has no mirrors'),
  build: text('Folder to build in'),
  target: text('Folder to install into'),
  download: text('Fetch into this folder in place of installing'),
  download_cache: text('As cache_dir'),
  source: text('Folder to check editable projects out into'),
  upgrade: flag('Install the newest versions'),
  force_reinstall: flag('Install again what is installed'),
  ignore_installed: flag('Do as if nothing were installed'),
  exists_action: text('What to do about a path that exists: s, i, w, b or a'),
  no_deps: flag('Leave out what the packages need'),
  no_install: flag('Accepted, and without effect here'),
  no_download: flag('Accepted, and without effect here'),
  global_options: list('Options for setup.py before its command'),
  install_options: list('Options for setup.py install'),
  user: where.user,
  cwd: where.cwd,
  pre_releases: flag('Also versions before a release'),
  cert: text('File with certificates of authorities'),
  allow_all_external: flag('Accepted, and without effect here'),
  allow_external: list('Accepted, and without effect here'),
  allow_unverified: list('Accepted, and without effect here'),
  process_dependency_links: flag('Accepted, and without effect here'),
  saltenv: s.withDefault(s.string('Environment of requirements'), 'base'),
  env_vars: s.optional(s.record(s.any(), 'Environment variables for pip')),
  use_vt: flag('Accepted, and without effect here'),
  trusted_host: list('Hosts that need no valid certificate'),
  no_cache_dir: flag('Keep nothing of what was fetched'),
  extra_args: s.optional(s.array(s.any(), 'Further options, or mappings of an option to its value')),
  cache_dir: text('Folder to keep what was fetched in'),
  no_binary: list('Packages to build from source, or :all:'),
  disable_version_check: flag('Do not look for a newer pip'),
} satisfies Record<string, Schema>

function listed(value: unknown): string[] {
  if (value === undefined || value === null || value === '') return []
  const items = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value]
  return items.map((item) => String(item).trim())
}

/** Commas within a version are written as semicolons where they could not stand otherwise. */
function packageWords(value: unknown): string[] {
  return listed(value).map((word) => word.replaceAll(';', ','))
}

async function requirementWords(ctx: FunctionContext, given: unknown, saltenv: string): Promise<string[]> {
  const words: string[] = []
  for (const path of listed(given)) {
    const local = /^[a-z0-9]+:\/\//.test(path) ? await ctx.salt('cp.cache_file', [path, saltenv]) : path
    if (typeof local !== 'string' || local === '') {
      throw new SaltError('execution-failed', `The file of requirements ${path} could not be fetched.`)
    }
    words.push('--requirement', local)
  }
  return words
}

function extraWords(items: readonly unknown[]): string[] {
  return items.flatMap((item) =>
    typeof item === 'object' && item !== null
      ? Object.entries(item).flatMap(([option, value]) => [option, String(value)])
      : [String(item)],
  )
}

function optionWords(args: Readonly<Record<string, unknown>>): string[] {
  const values = valueOptions.flatMap(([name, option]) => {
    const value = args[name]
    const isList =
      Array.isArray(value) || name === 'find_links' || name === 'extra_index_url' || name === 'trusted_host'
    const items = isList ? listed(value) : value === undefined ? [] : [String(value)]
    return items.flatMap((item) => [option, item])
  })
  return [...values, ...flagOptions.flatMap(([name, option]) => (args[name] === true ? [option] : []))]
}

function shownResult(ctx: FunctionContext, result: { pid: number; retcode: number; stdout: string; stderr: string }) {
  if (result.retcode !== 0) ctx.setRetcode(result.retcode)
  const { pid, retcode, stdout, stderr } = result
  return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
}

export const installFunctions = {
  install: fn({
    doc: 'Install Python packages. Gives what pip printed, and its return code.',
    args: installArguments,
    extra: s.any('Further arguments, without effect here'),
    returns: runResult,
    examples: [
      "salt '*' pip.install flask",
      "salt '*' pip.install 'flask>=3,requests' bin_env=/srv/app/venv",
      "salt '*' pip.install requirements=/srv/app/requirements.txt upgrade=true",
    ],
    async run(ctx, args) {
      const editable = listed(args.editable).flatMap((project) => ['--editable', project])
      const binary = args.no_use_wheel ? [':all:'] : listed(args.no_binary)
      const words = [
        ...(args.download === undefined ? ['install'] : ['download', '--dest', args.download]),
        ...(await requirementWords(ctx, args.requirements, args.saltenv)),
        ...optionWords({ ...args, cache_dir: args.cache_dir ?? args.download_cache }),
        ...(args.source === undefined ? [] : ['--src', args.source]),
        ...(binary.length === 0 ? [] : ['--no-binary', binary.join(',')]),
        ...extraWords(args.extra_args ?? []),
        ...editable,
        ...packageWords(args.pkgs),
      ]
      return shownResult(ctx, await runPip(ctx, args, words))
    },
  }),
  uninstall: fn({
    doc: 'Remove Python packages. Gives what pip printed, and its return code.',
    args: {
      pkgs,
      requirements,
      bin_env: where.bin_env,
      log: text('File to write a log to'),
      proxy: text('Proxy as user:password@host:port'),
      timeout,
      user: where.user,
      cwd: where.cwd,
      saltenv: s.withDefault(s.string('Environment of requirements'), 'base'),
      use_vt: flag('Accepted, and without effect here'),
    },
    returns: runResult,
    examples: ["salt '*' pip.uninstall flask", "salt '*' pip.uninstall 'flask,requests' bin_env=/srv/app/venv"],
    async run(ctx, args) {
      const words = [
        'uninstall',
        '--yes',
        ...(await requirementWords(ctx, args.requirements, args.saltenv)),
        ...optionWords(args),
        ...packageWords(args.pkgs),
      ]
      return shownResult(ctx, await runPip(ctx, args, words))
    },
  }),
}
