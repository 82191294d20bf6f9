import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { type GrainSetting, planGrain, planList, sameValue } from '../../engine/functions/grain-change.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StateOutcome, type StatePlan } from '../../engine/state/plan.ts'
import { traverse } from '../../engine/target/traverse.ts'

const name = s.string('Name of the grain; `:` leads into mappings')
const delimiter = s.withDefault(s.string('What leads into mappings, in the name'), ':')
const force = s.withDefault(s.boolean('Put the value in place of a list or a mapping'), false)
const lists = 'A value, or a list of values'

/** As Salt's functions write it. */
function pathOf(given: { readonly name: string; readonly delimiter: string }): string {
  return given.delimiter === '' ? given.name : given.name.replaceAll(given.delimiter, ':')
}

function isIn(list: readonly unknown[], value: unknown): boolean {
  return list.some((item) => sameValue(item, value))
}

/** Whether the grain is there and says anything: Python's truth. */
function isFilled(grain: unknown): boolean {
  if (Array.isArray(grain)) return grain.length > 0
  if (typeof grain === 'object' && grain !== null) return Object.keys(grain).length > 0
  return grain !== undefined && grain !== null && grain !== '' && grain !== false && grain !== 0
}

/** What `grains.set` did not do after all, because the grains have changed since. */
function refusal(answer: unknown): StateOutcome | undefined {
  return isRecord(answer) && answer.result === false ? failed(pythonString(answer.comment)) : undefined
}

function planPresent(ctx: StateContext, path: string, value: unknown, force: boolean): StatePlan {
  const existing = traverse(ctx.grains, path)
  const setting: GrainSetting = { key: path, val: value, force, destructive: false, delimiter: ':' }
  const planned = planGrain(ctx.grains, setting)
  if ('comment' in planned) return planned.result ? right(planned.comment) : impossible(planned.comment)
  const changes = { [planned.key]: planned.val }
  return pending({
    comment: `Grain ${path} is set to be ${existing === undefined ? 'added' : 'changed'}`,
    changes,
    async apply() {
      const refused = refusal(await ctx.salt('grains.set', [path, value], { force }))
      return refused ?? done(`Set grain ${path} to ${pythonString(value)}`, changes)
    },
  })
}

interface Removal {
  readonly destructive: boolean
  readonly force: boolean
}

function planAbsent(ctx: StateContext, path: string, { destructive, force }: Removal): StatePlan {
  const existing = traverse(ctx.grains, path)
  if (existing === undefined) return right(`Grain ${path} does not exist`)
  const planned = planGrain(ctx.grains, { key: path, val: null, force, destructive, delimiter: ':' })
  if ('comment' in planned) return planned.result ? right(planned.comment) : impossible(planned.comment)
  const changes = destructive ? { deleted: path } : { grain: path, value: null }
  return pending({
    comment: destructive ? `Grain ${path} is set to be deleted` : `Value for grain ${path} is set to be deleted (None)`,
    changes,
    async apply() {
      const refused = refusal(await ctx.salt('grains.set', [path, null], { force, destructive }))
      if (refused !== undefined) return refused
      return done(destructive ? `Grain ${path} was deleted` : `Value for grain ${path} was set to None`, changes)
    },
  })
}

function planListPresent(ctx: StateContext, path: string, value: unknown): StatePlan {
  const grain = traverse(ctx.grains, path)
  const isThere = isFilled(grain)
  if (isThere && !Array.isArray(grain)) return impossible(`Grain ${path} is not a valid list`)
  const list: readonly unknown[] = isThere && Array.isArray(grain) ? grain : []
  const wanted: readonly unknown[] = Array.isArray(value) ? value : [value]
  const lacking = wanted.filter((item) => !isIn(list, item))
  if (lacking.length === 0) return right(`Value ${pythonString(value)} is already in grain ${path}`)
  const known = wanted.filter((item) => isIn(list, item))
  const added = Array.isArray(value) ? lacking : value
  const planned = planList(ctx.grains, path, [...list, ...lacking], ':')
  const changes = { new: { [planned.key]: planned.val } }
  const note =
    known.length === 0 ? '' : `Removed value ${pythonString(known)} from update due to value found in "${path}".\n`
  return pending({
    comment: isThere
      ? `Value ${pythonString(added)} is set to be appended to grain ${path}`
      : `Grain ${path} is set to be added`,
    changes,
    async apply() {
      const answer = await ctx.salt('grains.append', [path, added])
      // A text says why nothing was set.
      if (typeof answer === 'string') return failed(`Failed append value ${pythonString(added)} to grain ${path}`)
      return done(`${note}Append value ${pythonString(added)} to grain ${path}`, changes)
    },
  })
}

function planListAbsent(ctx: StateContext, path: string, value: unknown): StatePlan {
  const grain = traverse(ctx.grains, path)
  if (!isFilled(grain)) return right(`Grain ${path} does not exist`)
  if (!Array.isArray(grain)) return impossible(`Grain ${path} is not a valid list`)
  const wanted: readonly unknown[] = Array.isArray(value) ? value : [value]
  const present = wanted.filter((item) => isIn(grain, item))
  const told = (words: (item: string) => string): string =>
    wanted
      .map((item) =>
        isIn(present, item) ? words(pythonString(item)) : `Value ${pythonString(item)} is absent from grain ${path}`,
      )
      .join('\n')
  if (present.length === 0) return right(told(() => ''))
  const changes = { deleted: present }
  return pending({
    comment: told((item) => `Value ${item} in grain ${path} is set to be deleted`),
    changes,
    async apply() {
      const rest = grain.filter((item) => !isIn(present, item))
      await ctx.salt('grains.set', [path, rest], { force: true })
      return done(
        told((item) => `Value ${item} was deleted from grain ${path}`),
        changes,
      )
    },
  })
}

function planAppend(ctx: StateContext, path: string, value: unknown, convert: boolean): StatePlan {
  const grain = traverse(ctx.grains, path)
  if (!isFilled(grain) && !Object.hasOwn(ctx.grains, path)) return impossible(`Grain ${path} does not exist`)
  if (!Array.isArray(grain) && !convert) return impossible(`Grain ${path} is not a valid list`)
  const list: readonly unknown[] = Array.isArray(grain) ? grain : grain === null || grain === undefined ? [] : [grain]
  const shown = pythonString(value)
  if (Array.isArray(grain) && isIn(list, value)) {
    return right(`Value ${shown} is already in the list for grain ${path}`)
  }
  const changes = { added: value }
  return pending({
    comment: Array.isArray(grain)
      ? `Value ${shown} in grain ${path} is set to be added`
      : `Grain ${path} is set to be converted to list and value ${shown} will be added`,
    changes,
    async apply() {
      if (Array.isArray(grain)) await ctx.salt('grains.append', [path, value])
      else await ctx.salt('grains.set', [path, [...list, value]], { force: true })
      return done(`Value ${shown} was added to grain ${path}`, changes)
    },
  })
}

export const grains = defineStates({
  name: 'grains',
  doc: 'Keeps grains in the grains file of the minion, which those of its configuration override.',
  functions: {
    exists: state({
      doc: 'Check that there is such a grain, whatever its value.',
      args: { name, delimiter },
      examples: ['os:\n  grains.exists'],
      plan: (ctx, want) =>
        traverse(ctx.grains, pathOf(want)) === undefined ? impossible('Grain does not exist') : right('Grain exists'),
    }),
    present: state({
      doc: 'Give a grain a value. Lists and mappings are not put in place of others, or by them, without force.',
      args: { name, value: s.any('The value'), delimiter, force },
      examples: [
        'stage:\n  grains.present:\n    - value: production',
        'app:port:\n  grains.present:\n    - value: 8080',
      ],
      plan: (ctx, want) => planPresent(ctx, pathOf(want), want.value, want.force),
    }),
    list_present: state({
      doc: 'Have values in a list; the list is made where there is none.',
      args: { name, value: s.any(lists), delimiter },
      examples: [
        'roles:\n  grains.list_present:\n    - value: mail',
        'roles:\n  grains.list_present:\n    - value: [web, cache]',
      ],
      plan: (ctx, want) => planListPresent(ctx, pathOf(want), want.value),
    }),
    list_absent: state({
      doc: 'Have values not in a list.',
      args: { name, value: s.any(lists), delimiter },
      examples: ['roles:\n  grains.list_absent:\n    - value: [web, db]'],
      plan: (ctx, want) => planListAbsent(ctx, pathOf(want), want.value),
    }),
    absent: state({
      doc: 'Set a grain to null, or remove it. Lists and mappings only go with force.',
      args: {
        name,
        destructive: s.withDefault(s.boolean('Remove it, name and all'), false),
        delimiter,
        force,
      },
      examples: ['stage:\n  grains.absent', 'roles:\n  grains.absent:\n    - destructive: True\n    - force: True'],
      plan: (ctx, want) => planAbsent(ctx, pathOf(want), want),
    }),
    append: state({
      doc: 'Add a value to a list that is there.',
      args: {
        name,
        value: s.any('The value'),
        convert: s.withDefault(s.boolean('Make a list of a single value'), false),
        delimiter,
      },
      examples: ['roles:\n  grains.append:\n    - value: cache'],
      plan: (ctx, want) => planAppend(ctx, pathOf(want), want.value, want.convert),
    }),
  },
})
