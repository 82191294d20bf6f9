import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { faultText } from '../../engine/functions/packages/package-table.ts'
import { defineModule, type ExecResult, type FunctionContext, fn } from '../../engine/plugin.ts'

const dir = s.optional(s.path('Folder of the project; without it packages are installed for the whole system'))
const runas = s.optional(s.string('User to run npm as'))
const env = s.optional(s.union([s.record(s.any()), s.array(s.record(s.any()))], 'Environment variables'))
const path = s.optional(s.string('Package whose entries are meant'))

interface Place {
  readonly dir?: string | undefined
  readonly runas?: string | undefined
  readonly env?: Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[] | undefined
}

function run(ctx: FunctionContext, place: Place, words: readonly string[]): Promise<ExecResult> {
  const given = place.env === undefined ? [] : [place.env].flat()
  const variables = given.flatMap((one) => Object.entries(one)).map(([key, value]) => [key, String(value)] as const)
  return ctx.exec(['npm', ...words], {
    ...(place.dir === undefined ? {} : { cwd: place.dir }),
    ...(place.runas === undefined ? {} : { runas: place.runas }),
    env: Object.fromEntries(variables),
  })
}

async function output(ctx: FunctionContext, place: Place, words: readonly string[]): Promise<string> {
  const result = await run(ctx, place, words)
  if (result.retcode !== 0) throw new SaltError('execution-failed', faultText(result))
  return result.stdout
}

/** Packages are for the whole system where no folder is given. */
function scope(place: Place): string[] {
  return place.dir === undefined ? ['--global'] : []
}

/** The JSON value within a text that may have lines of others around it. */
function parseAnswer(text: string): unknown {
  const start = text.search(/^[[{]/m)
  if (start < 0) return undefined
  try {
    return JSON.parse(text.slice(start))
  } catch {
    return undefined
  }
}

export const npm = defineModule({
  name: 'npm',
  doc: 'Installs, removes and lists Node.js packages with npm.',
  functions: {
    install: fn({
      doc: 'Install packages, or all that the project in a folder needs. Gives what npm tells.',
      args: {
        pkg: s.optional(s.string('Name of the package, with a version as name@1.2')),
        pkgs: s.optional(s.array(s.string(), 'Names of packages; pkg is then ignored')),
        dir,
        runas,
        registry: s.optional(s.string('URL of the registry')),
        env,
        dry_run: s.withDefault(s.boolean('Only find out what would be done'), false),
        silent: s.withDefault(s.boolean('Keep npm from telling how it goes'), true),
      },
      returns: s.any('What npm printed, as JSON where it is'),
      examples: [
        "salt '*' npm.install coffee-script",
        "salt '*' npm.install dir=/srv/node-app",
        "salt '*' npm.install pkgs='[gulp, esbuild@0.25]'",
      ],
      async run(ctx, args) {
        const packages = args.pkgs ?? (args.pkg === undefined ? [] : [args.pkg])
        const text = await output(ctx, args, [
          'install',
          '--json',
          ...(args.silent ? ['--silent'] : []),
          ...scope(args),
          ...(args.registry === undefined ? [] : [`--registry=${args.registry}`]),
          ...(args.dry_run ? ['--dry-run'] : []),
          ...packages,
        ])
        return parseAnswer(text) ?? text.trim()
      },
    }),
    uninstall: fn({
      doc: 'Remove a package.',
      args: { pkg: s.string('Name of the package'), dir, runas, env },
      returns: s.boolean(),
      examples: ["salt '*' npm.uninstall coffee-script", "salt '*' npm.uninstall esbuild dir=/srv/node-app"],
      async run(ctx, args) {
        const result = await run(ctx, args, ['uninstall', ...scope(args), args.pkg])
        if (result.retcode !== 0)
          ctx.log.error('npm could not remove a package', { pkg: args.pkg, reason: faultText(result) })
        ctx.setRetcode(result.retcode)
        return result.retcode === 0
      },
    }),
    list: fn({
      doc: 'List the installed packages with what npm knows about each.',
      args: {
        pkg: s.optional(s.string('Only this package')),
        dir,
        runas,
        env,
        depth: s.optional(s.integer('How deep to go into what packages need', { minimum: 0 })),
      },
      returns: s.record(s.any(), 'Name → what is known'),
      examples: ["salt '*' npm.list", "salt '*' npm.list dir=/srv/node-app depth=0"],
      async run(ctx, args) {
        const depth = args.depth === undefined ? [] : [`--depth=${args.depth}`]
        const pkg = args.pkg === undefined ? [] : [args.pkg]
        const result = await run(ctx, args, ['list', '--json', '--silent', ...scope(args), ...depth, ...pkg])
        const answer = parseAnswer(result.stdout)
        // npm calls it a failure where nothing fits, or where something is missing.
        if (!isRecord(answer)) throw new SaltError('execution-failed', faultText(result) || 'npm told nothing.')
        return isRecord(answer.dependencies) ? answer.dependencies : {}
      },
    }),
    cache_clean: fn({
      doc: 'Remove what npm keeps of fetched packages: all, or the entries of one package.',
      args: { path, runas, env, force: s.withDefault(s.boolean('Needed to remove all'), false) },
      returns: s.boolean(),
      examples: ["salt '*' npm.cache_clean force=true"],
      async run(ctx, args) {
        const words = [
          'cache',
          'clean',
          ...(args.path === undefined ? [] : [args.path]),
          ...(args.force ? ['--force'] : []),
        ]
        return (await run(ctx, args, words)).retcode === 0
      },
    }),
    cache_list: fn({
      doc: 'List what npm keeps of fetched packages.',
      args: { path, runas, env },
      returns: s.text(),
      examples: ["salt '*' npm.cache_list"],
      run: async (ctx, args) =>
        (await output(ctx, args, ['cache', 'ls', ...(args.path === undefined ? [] : [args.path])])).trimEnd(),
    }),
    cache_path: fn({
      doc: 'Tell where npm keeps fetched packages.',
      args: { runas, env },
      returns: s.path(),
      examples: ["salt '*' npm.cache_path"],
      run: async (ctx, args) => (await output(ctx, args, ['config', 'get', 'cache'])).trim(),
    }),
  },
})
