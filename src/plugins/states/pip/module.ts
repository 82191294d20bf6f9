import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { canonicalName } from '../../../engine/functions/packages/python-version.ts'
import { defineStates, type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf } from '../../../engine/state/wording.ts'
import { installedState } from './installed.ts'

const where = {
  bin_env: s.optional(s.path('Virtual environment, or path of a pip or python')),
  user: s.optional(s.string('User to run pip as')),
  cwd: s.optional(s.path('Folder to run it in')),
  use_vt: s.withDefault(s.boolean('Accepted, and without effect here'), false),
}

interface Place {
  readonly bin_env?: string | undefined
  readonly user?: string | undefined
  readonly cwd?: string | undefined
}

interface RemovedArguments extends Place {
  readonly name: string
  readonly requirements?: unknown
  readonly log?: string | undefined
  readonly proxy?: string | undefined
  readonly timeout?: number | undefined
}

async function planRemoved(ctx: StateContext, want: RemovedArguments): Promise<StatePlan> {
  const { name, bin_env, user, cwd, requirements, log, proxy, timeout } = want
  const place = { bin_env, user, cwd }
  const found = await ctx.salt('pip.list', [], place).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    throw failure(`Error uninstalling '${name}': ${reasonOf(error)}`)
  })
  const names = Object.keys(isRecord(found) ? found : {}).map(canonicalName)
  if (!names.includes(canonicalName(name))) return right('Package is not installed.')
  const changes = { [name]: 'Removed' }
  return pending({
    comment: `Package ${name} is set to be removed`,
    changes,
    async apply() {
      const run = await ctx.salt('pip.uninstall', [name], { ...place, requirements, log, proxy, timeout })
      if (isRecord(run) && run.retcode === 0) return done('Package was successfully removed.', changes)
      const reason = isRecord(run) ? `${run.stdout}${run.stderr}`.trim() : ''
      return failed(`Could not remove package.${reason === '' ? '' : ` ${reason}`}`)
    },
  })
}

async function planUptodate(ctx: StateContext, { bin_env, user, cwd }: Place): Promise<StatePlan> {
  const place = { bin_env, user, cwd }
  const found = await ctx.salt('pip.list_upgrades', [], place)
  const newer = isRecord(found) ? found : {}
  if (Object.keys(newer).length === 0) return right('System is already up-to-date.')
  return pending({
    comment: 'System update will be performed',
    changes: newer,
    async apply() {
      const outcome = await ctx.salt('pip.upgrade', [], place)
      if (!isRecord(outcome)) return failed('Upgrade failed.')
      const changes = isRecord(outcome.changes) ? outcome.changes : {}
      return outcome.result === true ? done('Upgrade successful.', changes) : failed(String(outcome.comment), changes)
    },
  })
}

export const pip = defineStates({
  name: 'pip',
  doc: 'Python packages, in a virtual environment or for the whole system.',
  functions: {
    installed: installedState,
    removed: state({
      doc: 'Remove a Python package.',
      args: {
        name: s.string('Name of the package'),
        requirements: s.optional(s.any('Files of requirements whose packages go, too')),
        ...where,
        log: s.optional(s.string('File to write a log to')),
        proxy: s.optional(s.string('Proxy as user:password@host:port')),
        timeout: s.optional(s.number('Seconds to wait for the other side')),
      },
      examples: ['flask:\n  pip.removed:\n    - bin_env: /srv/app/venv'],
      plan: (ctx, want) => planRemoved(ctx, want),
    }),
    uptodate: state({
      doc: 'Upgrade all Python packages.',
      args: { name: s.string('Any text'), ...where },
      examples: ['python packages:\n  pip.uptodate:\n    - bin_env: /srv/app/venv'],
      plan: (ctx, want) => planUptodate(ctx, want),
    }),
  },
})
