/** Functions of `pkg` that tell what could be installed, and what may not change. */

import { readFileIfExists } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { texts } from '../../../engine/functions/packages/answers.ts'
import { latestFunctions } from '../../../engine/functions/packages/common-functions.ts'
import { holdFunctions } from '../../../engine/functions/packages/holds.ts'
import { packageFault } from '../../../engine/functions/packages/package-table.ts'
import { normalizeRpmName } from '../../../engine/functions/packages/rpm.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { packageInfo, parseUpdates, refreshRepositories, runZypper, runZypperChange, zypper } from './program.ts'

/** Name → fields of each lock, as libzypp keeps them. */
function locks(ctx: FunctionContext): Record<string, Record<string, string>> {
  const found: Record<string, Record<string, string>> = {}
  for (const part of (readFileIfExists(ctx.at('/etc/zypp/locks')) ?? '').split(/\n\s*\n/)) {
    const fields = Object.fromEntries(
      [...part.matchAll(/^([a-z_]+):\s*(.*?)\s*$/gm)].map(([, field = '', value = '']) => [field, value]),
    )
    if (fields.solvable_name !== undefined) found[fields.solvable_name] = fields
  }
  return found
}

const listHolds = fn({
  doc: 'List the packages that are held.',
  args: {
    pattern: s.optional(s.string('Regular expression that a name must match')),
    full: s.withDefault(s.boolean('Accepted, and without effect here: locks have no versions'), true),
  },
  returns: s.array(s.string()),
  examples: ["salt '*' pkg.list_holds"],
  run(ctx, { pattern }) {
    const held = Object.keys(locks(ctx))
    const isMatched = new PythonRegex(pattern ?? '').searchEach(held)
    return held.filter((_, index) => isMatched[index])
  },
})

export const queryFunctions = {
  ...latestFunctions(zypper),
  list_upgrades: fn({
    doc: 'List what an upgrade would install.',
    args: { refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true) },
    extra: s.any('fromrepo'),
    returns: s.record(s.string(), 'Name → new version'),
    examples: ["salt '*' pkg.list_upgrades refresh=false"],
    async run(ctx, { refresh }, { extra }) {
      if (refresh) await refreshRepositories(ctx, false)
      const repository = typeof extra.fromrepo === 'string' ? ['--repo', extra.fromrepo] : []
      const result = await runZypperChange(ctx, ['--no-refresh', '--xmlout', 'list-updates', ...repository])
      if (result.retcode !== 0)
        throw packageFault('Problem encountered listing upgrades', [result.stderr || result.stdout])
      const updates = parseUpdates(result.stdout).filter(({ kind }) => kind === 'package')
      return Object.fromEntries(updates.map(({ name, edition }) => [name, edition]))
    },
  }),
  refresh_db: fn({
    doc: 'Fetch the lists of packages. Each repository comes with true (fetched) or false (was up to date).',
    args: { force: s.withDefault(s.boolean('Fetch them in any case'), false) },
    extra: s.any('Further arguments of other package managers, without effect here'),
    returns: s.record(s.boolean()),
    examples: ["salt '*' pkg.refresh_db", "salt '*' pkg.refresh_db force=true"],
    run: (ctx, { force }) => refreshRepositories(ctx, force),
  }),
  info_available: fn({
    doc: 'Tell what the repositories say about packages.',
    rest: s.string('Names of packages'),
    extra: s.any('refresh (true): fetch the lists of packages first'),
    returns: s.record(s.record(s.string())),
    examples: ["salt '*' pkg.info_available bash"],
    async run(ctx, _args, { rest, extra }) {
      if (rest.length === 0) return {}
      if (extra.refresh !== false) await refreshRepositories(ctx, false)
      return Object.fromEntries(await packageInfo(ctx, texts(rest)))
    },
  }),
  ...holdFunctions({
    normalize: normalizeRpmName,
    states: async (ctx) => {
      const held = locks(ctx)
      return (name) => (Object.hasOwn(held, name) ? 'hold' : '')
    },
    set: (ctx, name, hold) => runZypper(ctx, [hold ? 'addlock' : 'removelock', name]),
    released: '',
  }),
  list_holds: listHolds,
  get_locked_packages: { ...listHolds, examples: ["salt '*' pkg.get_locked_packages"] },
  list_locks: fn({
    doc: 'Show the locks of zypper with all that they say.',
    returns: s.record(s.record(s.string())),
    examples: ["salt '*' pkg.list_locks"],
    run: (ctx) => locks(ctx),
  }),
}
