/** git.config_set and git.config_unset: settings of a repository or of a user. */
import { isRecord } from '../../../base/narrow.ts'
import { pythonRepr, pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf } from '../../../engine/state/wording.ts'
import { credentials } from './arguments.ts'

const repo = s.optional(s.path('The repository; not needed with global: True'))
const isGlobal = s.withDefault(s.boolean('Mean the settings of the user instead of those of a repository'), false)
const tail = {
  user: credentials.user,
  password: credentials.password,
  output_encoding: credentials.output_encoding,
  global: isGlobal,
}

interface Place {
  readonly repo?: string | undefined
  readonly user?: string | undefined
  readonly output_encoding?: string | undefined
  readonly global: boolean
}

export const configStates = {
  config_set: state({
    doc: 'Give a setting of git its value, or its values.',
    args: {
      name: s.string('Name of the setting'),
      value: s.optional(s.any('The value')),
      multivar: s.optional(s.any('Several values in their order: a list, or text with commas')),
      repo,
      ...tail,
    },
    examples: [
      'user.email:\n  git.config_set:\n    - value: ann@example.com\n    - repo: /srv/app',
      'user.name:\n  git.config_set:\n    - value: Ann\n    - user: ann\n    - global: True',
    ],
    plan: (ctx, want) => planSet(ctx, want),
  }),
  config_unset: state({
    doc: 'Remove settings of git.',
    args: {
      name: s.string('Name of the setting, or a regular expression for the whole of it'),
      value_regex: s.optional(s.any('Regular expression for the values to remove; all by default')),
      repo,
      ...tail,
      all: s.withDefault(s.boolean('Remove several values of a setting'), false),
    },
    examples: [
      'foo.bar:\n  git.config_unset:\n    - value_regex: baz\n    - repo: /srv/app',
      "all of foo:\n  git.config_unset:\n    - name: 'foo\\..+'\n    - repo: /srv/app\n    - all: True",
    ],
    plan: (ctx, want) => planUnset(ctx, want),
  }),
}

/** How the functions of the module `git` are to be called. */
function keywords({ repo: cwd, user, output_encoding, global }: Place): Record<string, unknown> {
  return { cwd, user, output_encoding, global }
}

function assertPlace({ repo: place, global }: Place): void {
  if (global || (place !== undefined && place !== '')) return
  throw failure("Non-global config options require the 'repo' argument to be set")
}

interface SetArguments extends Place {
  readonly name: string
  readonly value?: unknown
  readonly multivar?: unknown
}

/** The values that are wanted, and how comments show them. */
function wantedValues({ value, multivar }: SetArguments): { wanted: string[]; shown: string } {
  const [single, several] = [value ?? undefined, multivar ?? undefined]
  if (single !== undefined && several !== undefined) throw failure("Only one of 'value' and 'multivar' is permitted")
  if (single !== undefined) return { wanted: [pythonString(single)], shown: `'${pythonString(single)}'` }
  if (several === undefined) throw failure("One of 'value' and 'multivar' is required")
  const wanted = Array.isArray(several) ? several.map(pythonString) : pythonString(several).split(',')
  return { wanted, shown: pythonRepr(wanted) }
}

async function planSet(ctx: StateContext, want: SetArguments): Promise<StatePlan> {
  const { name } = want
  const { wanted, shown } = wantedValues(want)
  assertPlace(want)
  const key = `${want.global ? 'Global key ' : ''}'${name}'`
  const before = await ctx.salt('git.config_get', [name], { ...keywords(want), all: true })
  if (sameTexts(before, wanted)) return right(`${key} is already set to ${shown}`)
  const how = before === null ? 'added as' : 'set to'
  const changes = { [name]: { old: before, new: wanted } }
  return pending({
    comment: `${key} would be ${how} ${shown}`,
    changes,
    async apply() {
      const values = want.multivar === undefined || want.multivar === null ? { value: wanted[0] } : { multivar: wanted }
      const what = `${want.global ? 'global key ' : ''}'${name}' to ${shown}`
      try {
        const after = await ctx.salt('git.config_set', [name], { ...keywords(want), ...values })
        if (sameTexts(after, wanted)) return done(`${key} was ${how} ${shown}`, changes)
        return failed(`Failed to set ${what}`, { [name]: { old: before, new: after } })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(`Failed to set ${what}: ${reasonOf(error)}`)
      }
    },
  })
}

function sameTexts(found: unknown, wanted: readonly string[]): boolean {
  return Array.isArray(found) && found.length === wanted.length && found.every((one, at) => one === wanted[at])
}

interface UnsetArguments extends Place {
  readonly name: string
  readonly value_regex?: unknown
  readonly all: boolean
}

type Settings = Readonly<Record<string, readonly string[]>>

async function matching(ctx: StateContext, want: UnsetArguments, valueRegex: string | undefined): Promise<Settings> {
  const key = `^${want.name.replace(/^\^+/, '').replace(/\$+$/, '')}$`
  const found = await ctx.salt('git.config_get_regexp', [key, valueRegex], keywords(want))
  if (!isRecord(found)) return {}
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [values].flat().map(String)]))
}

function shownSettings(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, values]) => `${name} (${values.join(', ')})`)
    .join('; ')
}

async function planUnset(ctx: StateContext, want: UnsetArguments): Promise<StatePlan> {
  assertPlace(want)
  const regex = want.value_regex === undefined || want.value_regex === null ? undefined : pythonString(want.value_regex)
  const found = await matching(ctx, want, regex)
  const names = Object.keys(found)
  if (names.length === 0) return right('No matching keys are set')
  const several = Object.fromEntries(Object.entries(found).filter(([, values]) => values.length > 1))
  if (!want.all && Object.keys(several).length > 0) {
    const what =
      regex === undefined
        ? "Multivar(s) matched by the key expression (set 'all' to True to force removal)"
        : "Multiple values are matched by value_regex for the following keys (set 'all' to True to force removal)"
    throw failure(`${what}: ${shownSettings(several)}`)
  }
  return pending({
    comment: `${names.length} key(s) would have value(s) unset`,
    changes: found,
    apply: () => unset(ctx, want, regex, names),
  })
}

async function unset(
  ctx: StateContext,
  want: UnsetArguments,
  regex: string | undefined,
  names: readonly string[],
): Promise<StateOutcome> {
  const before = await matching(ctx, want, undefined)
  const failures: string[] = []
  for (const name of names) {
    try {
      await ctx.salt('git.config_unset', [name, regex], { ...keywords(want), all: want.all })
    } catch (error) {
      ctx.signal.throwIfAborted()
      ctx.log.error('A setting of git could not be removed', { name, reason: reasonOf(error) })
      failures.push(name)
    }
  }
  const after = await matching(ctx, want, undefined)
  const changes = Object.fromEntries(
    Object.entries(before).flatMap(([name, values]) => {
      const gone = values.filter((value) => after[name]?.includes(value) !== true)
      return gone.length === 0 ? [] : [[name, gone]]
    }),
  )
  if (failures.length > 0) {
    const list = failures.join(', ')
    return failed(
      `Error(s) occurred unsetting values for the following keys (see the minion log for details): ${list}`,
      changes,
    )
  }
  const left = await matching(ctx, want, regex)
  if (Object.keys(left).length > 0) return failed(`Failed to unset value(s): ${shownSettings(left)}`, changes)
  return done('Value(s) successfully unset', changes)
}
