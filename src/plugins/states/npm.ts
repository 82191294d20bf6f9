import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, pending, right, type StatePlan } from '../../engine/state/plan.ts'
import { failure, reasonOf } from '../../engine/state/wording.ts'

const dir = s.optional(s.path('Folder of the project; without it packages are meant for the whole system'))
const user = s.optional(s.string('User to run npm as'))
const env = s.optional(s.union([s.record(s.any()), s.array(s.record(s.any()))], 'Environment variables'))

interface Place {
  readonly dir?: string | undefined
  readonly user?: string | undefined
  readonly env?: unknown
}

interface InstalledArguments extends Place {
  readonly name: string
  readonly pkgs?: readonly string[] | undefined
  readonly force_reinstall: boolean
  readonly registry?: string | undefined
}

type Packages = Readonly<Record<string, unknown>>

async function listed(ctx: StateContext, { dir: folder, user: runas, env: variables }: Place): Promise<Packages> {
  const found = await ctx.salt('npm.list', [], { dir: folder, runas, env: variables, depth: 0 })
  return isRecord(found) ? found : {}
}

function fieldOf(entry: unknown, field: string): string | undefined {
  return isRecord(entry) && typeof entry[field] === 'string' ? entry[field] : undefined
}

/** `name@version` of what is installed and fits, or undefined. */
function satisfying(pkg: string, installed: Packages): string | undefined {
  const [, name = pkg, wanted] = /^(@?[^@\s]+)(?:@(\S+))?/.exec(pkg) ?? []
  const version = fieldOf(installed[name], 'version')
  if (version !== undefined) return wanted === undefined || wanted === version ? `${name}@${version}` : undefined
  if (!pkg.includes('://')) return undefined
  // One that was installed from an address goes by the name that it has itself.
  const address = withoutScheme(pkg)
  const found = Object.entries(installed).find(([, entry]) =>
    ['from', 'resolved'].some((field) => withoutScheme(fieldOf(entry, field) ?? '') === address),
  )
  return found && `${found[0]}@${fieldOf(found[1], 'version')}`
}

function withoutScheme(address: string): string {
  const at = address.indexOf('://')
  return at < 0 ? address : address.slice(at + 3).replace(/\.git$/, '')
}

async function planInstalled(ctx: StateContext, want: InstalledArguments): Promise<StatePlan> {
  const wanted = want.pkgs === undefined || want.pkgs.length === 0 ? [want.name] : want.pkgs
  const installed = await listed(ctx, want).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    throw failure(`Error looking up '${want.name}': ${reasonOf(error)}`)
  })
  const there = wanted.map((pkg) => (want.force_reinstall ? undefined : satisfying(pkg, installed)))
  const missing = wanted.filter((_, index) => there[index] === undefined)
  const satisfied = there.filter((one) => one !== undefined)
  const satisfiedWords = `Package(s) '${wanted.join(', ')}' satisfied by ${satisfied.join(', ')}`
  if (missing.length === 0) return right(satisfiedWords)
  const changes = { old: [], new: missing }
  return pending({
    comment: [
      `NPM package(s) '${missing.join(', ')}' are set to be installed`,
      ...(satisfied.length === 0 ? [] : [satisfiedWords]),
    ].join('. '),
    changes,
    async apply() {
      const { dir: folder, user: runas, registry, env: variables } = want
      try {
        await ctx.salt('npm.install', [], { dir: folder, runas, registry, env: variables, pkgs: missing })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Error installing '${missing.join(', ')}': ${reasonOf(error)}`)
      }
      return done(`Package(s) '${missing.join(', ')}' successfully installed`, changes)
    },
  })
}

async function planRemoved(ctx: StateContext, want: Place & { readonly name: string }): Promise<StatePlan> {
  const { name } = want
  const installed = await listed(ctx, want).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    throw failure(`Error uninstalling '${name}': ${reasonOf(error)}`)
  })
  if (!Object.hasOwn(installed, name)) return right(`Package '${name}' is not installed`)
  const changes = { [name]: 'Removed' }
  return pending({
    comment: `Package '${name}' is set to be removed`,
    changes,
    async apply() {
      const isGone = await ctx.salt('npm.uninstall', [name], { dir: want.dir, runas: want.user })
      if (isGone === true) return done(`Package '${name}' was successfully removed`, changes)
      return failed(`Error removing package '${name}'`)
    },
  })
}

interface BootstrapArguments {
  readonly name: string
  readonly user?: string | undefined
  readonly silent: boolean
}

/** Whether npm tells of something that it would do. */
function isWork(answer: unknown): boolean {
  if (Array.isArray(answer)) return answer.length > 0
  if (!isRecord(answer)) return Boolean(answer)
  const counts = ['added', 'removed', 'changed'].map((field) => answer[field])
  return (
    counts.every((count) => typeof count !== 'number') || counts.some((count) => typeof count === 'number' && count > 0)
  )
}

async function planBootstrap(ctx: StateContext, { name, user: runas, silent }: BootstrapArguments): Promise<StatePlan> {
  const keywords = { dir: name, runas, silent }
  const planned = await ctx.salt('npm.install', [], { ...keywords, dry_run: true }).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    throw failure(`Error Bootstrapping '${name}': ${reasonOf(error)}`)
  })
  if (!isWork(planned)) return right('Directory is already bootstrapped')
  return pending({
    comment: `${name} is set to be bootstrapped`,
    changes: { old: [], new: planned },
    async apply() {
      try {
        const answer = await ctx.salt('npm.install', [], keywords)
        if (typeof answer === 'string' && answer !== '')
          return failed('Could not bootstrap directory', { [name]: answer })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Error Bootstrapping '${name}': ${reasonOf(error)}`)
      }
      return done('Directory was successfully bootstrapped', { [name]: 'Bootstrapped' })
    },
  })
}

interface CacheArguments {
  readonly name?: string | undefined
  readonly user?: string | undefined
  readonly force: boolean
}

async function planCacheCleaned(ctx: StateContext, { name, user: runas, force }: CacheArguments): Promise<StatePlan> {
  const path = name === '' ? undefined : name
  const cached = await ctx.salt('npm.cache_list', [], { path, runas }).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    throw failure(`Error looking up cached ${path ?? 'packages'}: ${reasonOf(error)}`)
  })
  if (path !== undefined && (typeof cached !== 'string' || cached.trim() === '')) {
    return right(`Package ${path} is not in the cache`)
  }
  const changes = { [path ?? 'cache']: 'Removed' }
  return pending({
    comment: `Cached ${path ?? 'packages'} set to be removed`,
    changes,
    async apply() {
      // Newer versions of npm clean entries by the keys that they list.
      const keys = path === undefined ? [undefined] : String(cached).trim().split('\n')
      for (const key of keys) {
        const isClean = await ctx.salt('npm.cache_clean', [], { path: key, runas, force })
        if (isClean !== true) return failed(`Error cleaning cached ${path ?? 'packages'}`)
      }
      return done(`Cached ${path ?? 'packages'} successfully removed`, changes)
    },
  })
}

export const npm = defineStates({
  name: 'npm',
  doc: 'Node.js packages, in a project or for the whole system.',
  functions: {
    installed: state({
      doc: 'Install packages with npm.',
      args: {
        name: s.string('Name of the package, with a version as name@1.2'),
        pkgs: s.optional(s.array(s.string(), 'Names of several packages instead')),
        dir,
        user,
        force_reinstall: s.withDefault(s.boolean('Install what is installed, too'), false),
        registry: s.optional(s.string('URL of the registry')),
        env,
      },
      examples: [
        'esbuild:\n  npm.installed',
        'tools of the app:\n  npm.installed:\n    - pkgs:\n      - gulp\n      - esbuild@0.25.0\n    - dir: /srv/app\n    - user: app',
      ],
      plan: (ctx, want) => planInstalled(ctx, want),
    }),
    removed: state({
      doc: 'Remove a package with npm.',
      args: { name: s.string('Name of the package'), dir, user },
      examples: ['gulp:\n  npm.removed:\n    - dir: /srv/app'],
      plan: (ctx, want) => planRemoved(ctx, want),
    }),
    bootstrap: state({
      doc: 'Install what the project in a folder needs.',
      args: {
        name: s.path('Folder of the project'),
        user,
        silent: s.withDefault(s.boolean('Keep npm from telling how it goes'), true),
      },
      examples: ['/srv/app:\n  npm.bootstrap:\n    - user: app'],
      plan: (ctx, want) => planBootstrap(ctx, want),
    }),
    cache_cleaned: state({
      doc: 'Remove what npm keeps of a package that it has fetched, or of all of them.',
      args: {
        name: s.optional(s.string('Name of the package; empty: all of them')),
        user,
        force: s.withDefault(s.boolean('Needed to remove all'), false),
      },
      examples: ["clean cache:\n  npm.cache_cleaned:\n    - name: ''\n    - force: True"],
      plan: (ctx, want) => planCacheCleaned(ctx, want),
    }),
  },
})
