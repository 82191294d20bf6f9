/** Functions of `pip` that tell what is installed, and what could be. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { changesBetween, packageTable } from '../../../engine/functions/packages/package-table.ts'
import { canonicalName } from '../../../engine/functions/packages/python-version.ts'
import { fn } from '../../../engine/plugin.ts'
import { parseFrozen, pipOutput, pipRecords, pipTable, runPip, where } from './program.ts'

const { bin_env, user, cwd } = where
const prefix = s.optional(s.string('Only packages whose names begin with this'))
const envVars = s.optional(s.record(s.any(), 'Environment variables for pip'))
const useVt = s.withDefault(s.boolean('Accepted, and without effect here'), false)
const others = s.any('Further arguments, without effect here')
const include = (kind: string) => s.withDefault(s.boolean(`Also ${kind}`), false)

/** Marks of versions that come before a release (PEP 440). */
const preReleases: readonly (readonly [string, RegExp])[] = [
  ['include_alpha', /\da\d*|alpha/],
  ['include_beta', /\db\d*|beta/],
  ['include_rc', /rc/],
]

/** Name → version with the kind of file that would be fetched. */
async function upgrades(...[ctx, place]: Parameters<typeof pipTable>): Promise<Record<string, string>> {
  const found = await pipRecords(ctx, place, ['list', '--outdated'])
  return Object.fromEntries(
    found.map((one) => [String(one.name), `${String(one.latest_version)} [${String(one.latest_filetype)}]`]),
  )
}

async function frozen(...[ctx, place]: Parameters<typeof pipTable>): Promise<string[]> {
  const output = await pipOutput(ctx, place, ['freeze', '--all'])
  return output.split('\n').filter((line) => line !== '')
}

export const queryFunctions = {
  version: fn({
    doc: 'Tell the version of pip.',
    args: { bin_env, cwd, user },
    returns: s.string(),
    examples: ["salt '*' pip.version"],
    run: async (ctx, args) => /^pip (\S+)/m.exec(await pipOutput(ctx, args, ['--version']))?.[1] ?? '',
  }),
  list: fn({
    doc: 'List the installed packages with their versions.',
    args: { prefix, bin_env, user, cwd, env_vars: envVars },
    extra: others,
    returns: s.record(s.string(), 'Name → version'),
    examples: ["salt '*' pip.list", "salt '*' pip.list pi"],
    async run(ctx, args) {
      const start = args.prefix?.toLowerCase() ?? ''
      return Object.fromEntries(
        Object.entries(await pipTable(ctx, args)).filter(([name]) => name.toLowerCase().startsWith(start)),
      )
    },
  }),
  freeze: fn({
    doc: 'List the installed packages as a file of requirements has them.',
    args: { bin_env, user, cwd, use_vt: useVt, env_vars: envVars },
    extra: others,
    returns: s.array(s.string()),
    examples: ["salt '*' pip.freeze"],
    run: (ctx, args) => frozen(ctx, args),
  }),
  list_freeze_parse: fn({
    doc: 'List the installed packages with their versions, from what freeze tells.',
    args: { prefix, bin_env, user, cwd, env_vars: envVars },
    extra: others,
    returns: s.record(s.string(), 'Name → version'),
    examples: ["salt '*' pip.list_freeze_parse"],
    async run(ctx, args) {
      const start = args.prefix?.toLowerCase() ?? ''
      const lines = await frozen(ctx, args)
      return Object.fromEntries(
        lines.flatMap((line) => {
          const found = parseFrozen(line)
          return found === undefined || !found[0].toLowerCase().startsWith(start) ? [] : [found]
        }),
      )
    },
  }),
  is_installed: fn({
    doc: 'Tell whether a package is installed.',
    args: { pkgname: s.string('Name of the package'), bin_env, user, cwd },
    returns: s.boolean(),
    examples: ["salt '*' pip.is_installed pip"],
    async run(ctx, args) {
      const wanted = canonicalName(args.pkgname)
      return Object.keys(await pipTable(ctx, args)).some((name) => canonicalName(name) === wanted)
    },
  }),
  list_upgrades: fn({
    doc: 'List the packages of which there is a newer version.',
    args: where,
    returns: s.record(s.string(), 'Name → newer version'),
    examples: ["salt '*' pip.list_upgrades"],
    run: (ctx, args) => upgrades(ctx, args),
  }),
  upgrade_available: fn({
    doc: 'Tell whether there is a newer version of a package.',
    args: { pkg: s.string('Name of the package'), ...where },
    returns: s.boolean(),
    examples: ["salt '*' pip.upgrade_available flask"],
    async run(ctx, args) {
      const wanted = canonicalName(args.pkg)
      return Object.keys(await upgrades(ctx, args)).some((name) => canonicalName(name) === wanted)
    },
  }),
  upgrade: fn({
    doc: 'Upgrade all packages.',
    args: { ...where, use_vt: useVt },
    returns: s.object({ changes: s.record(s.any()), result: s.boolean(), comment: s.string() }),
    examples: ["salt '*' pip.upgrade bin_env=/srv/app/venv"],
    async run(ctx, args) {
      const names = Object.keys(await upgrades(ctx, args))
      const before = packageTable(Object.entries(await pipTable(ctx, args)))
      const errors: string[] = []
      for (const name of names) {
        const result = await runPip(ctx, args, ['install', '--upgrade', name])
        if (result.retcode !== 0) errors.push(result.stderr.trim())
      }
      const after = packageTable(Object.entries(await pipTable(ctx, args)))
      return { changes: changesBetween(before, after), result: errors.length === 0, comment: errors.join('\n') }
    },
  }),
  list_all_versions: fn({
    doc: 'List the versions that the package index offers, the oldest first; null where it knows none.',
    args: {
      pkg: s.string('Name of the package'),
      bin_env,
      include_alpha: include('alpha versions'),
      include_beta: include('beta versions'),
      include_rc: include('release candidates'),
      user,
      cwd,
      index_url: s.optional(s.string('URL of the package index')),
      extra_index_url: s.optional(s.string('URL of a further package index')),
    },
    returns: s.union([s.array(s.string()), s.null()]),
    examples: ["salt '*' pip.list_all_versions flask"],
    async run(ctx, args) {
      const early = args.include_alpha || args.include_beta || args.include_rc
      const result = await runPip(ctx, args, [
        'index',
        'versions',
        ...(early ? ['--pre'] : []),
        ...(args.index_url === undefined ? [] : ['--index-url', args.index_url]),
        ...(args.extra_index_url === undefined ? [] : ['--extra-index-url', args.extra_index_url]),
        args.pkg,
      ])
      // pip says the same of an index that it cannot reach, after warnings about the connection.
      const unknown = /No matching distribution found/.test(result.stderr) && !/connection broken/.test(result.stderr)
      if (result.retcode !== 0 && !unknown) {
        throw new SaltError('execution-failed', result.stderr.trim())
      }
      const versions = /^Available versions: (.*)$/m.exec(result.stdout)?.[1]?.split(', ').reverse()
      const given: Readonly<Record<string, unknown>> = args
      return (
        versions?.filter((version) =>
          preReleases.every(([argument, mark]) => given[argument] === true || !mark.test(version)),
        ) ?? null
      )
    },
  }),
}
