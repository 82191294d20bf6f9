import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { rawOption } from '../../engine/beacons/beacon-config.ts'
import { defineStates, type StateContext, type StateDefinition, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../engine/state/plan.ts'

const name = s.string('Name of the beacon')
const save = s.withDefault(s.boolean('Keep the change in beacons.conf, for the next start of the minion'), false)

type Given = Readonly<Record<string, unknown>>

async function currentBeacons(ctx: StateContext): Promise<Given> {
  const found = await ctx.salt('beacons.list', [], { return_yaml: false })
  if (!isRecord(found)) return {}
  // With none configured the function gives `beacons: {}`.
  return isDeepStrictEqual(found, { beacons: {} }) ? {} : found
}

interface Step {
  readonly fun: string
  readonly positional: readonly unknown[]
  readonly saves: boolean
  /** When it is done. */
  readonly comment: string
  /** Where the function does not tell them beforehand. */
  readonly changes?: Given
}

async function planStep(ctx: StateContext, beacon: string, step: Step): Promise<StatePlan> {
  const { fun, positional, saves } = step
  const call = async (isTest: boolean) => {
    const answer = await ctx.salt(`beacons.${fun}`, positional, { test: isTest, persist: saves })
    const { result, comment, changes } = isRecord(answer) ? answer : {}
    return { isDone: result === true, comment: pythonString(comment ?? ''), changes: isRecord(changes) ? changes : {} }
  }
  const preview = await call(true)
  if (!preview.isDone) return impossible(preview.comment)
  return pending({
    comment: withSaving(preview.comment, saves && `Beacon ${beacon} would be saved`),
    changes: step.changes ?? preview.changes,
    async apply() {
      const made = await call(false)
      if (!made.isDone) return failed(made.comment)
      return done(withSaving(step.comment, saves && `Beacon ${beacon} saved`), made.changes)
    },
  })
}

function withSaving(comment: string, saving: string | false): string {
  return saving === false ? comment : `${comment}\n${saving}`
}

/** Nothing changes, but what is there may have to be kept. */
function planKept(ctx: StateContext, beacon: string, comment: string, saves: boolean): StatePlan {
  if (!saves) return right(comment)
  return pending({
    comment: `${comment}\nBeacon ${beacon} would be saved`,
    changes: {},
    testResult: true,
    async apply() {
      const answer = await ctx.salt('beacons.save')
      const isSaved = isRecord(answer) && answer.result === true
      return isSaved
        ? done(`${comment}\nBeacon ${beacon} saved`)
        : failed(pythonString(isRecord(answer) ? answer.comment : answer))
    },
  })
}

async function planPresent(ctx: StateContext, beacon: string, saves: boolean, options: Given): Promise<StatePlan> {
  const current = await currentBeacons(ctx)
  const data = Object.entries(options).map(([key, value]) => ({ [key]: value }))
  const isThere = Object.hasOwn(current, beacon)
  if (isThere && isDeepStrictEqual(current[beacon], data)) {
    return planKept(ctx, beacon, `Job ${beacon} in correct state`, saves)
  }
  const positional = [beacon, data]
  return await planStep(
    ctx,
    beacon,
    isThere
      ? { fun: 'modify', positional, saves, comment: `Modifying ${beacon} in beacons` }
      : { fun: 'add', positional, saves, comment: `Adding ${beacon} to beacons`, changes: { [beacon]: 'added' } },
  )
}

async function planAbsent(ctx: StateContext, beacon: string, saves: boolean): Promise<StatePlan> {
  if (!Object.hasOwn(await currentBeacons(ctx), beacon)) {
    return planKept(ctx, beacon, `${beacon} not configured in beacons`, saves)
  }
  const changes = { [beacon]: 'removed' }
  const comment = `Removed ${beacon} from beacons`
  return await planStep(ctx, beacon, { fun: 'delete', positional: [beacon], saves, comment, changes })
}

function switching(on: boolean): StateDefinition {
  const verb = on ? 'enable' : 'disable'
  return state({
    doc: on ? 'Let a beacon work.' : 'Let a beacon not work.',
    args: { name, save },
    examples: [`ps:\n  beacon.${verb}d`],
    async plan(ctx, { name: beacon, save: saves }) {
      const current = await currentBeacons(ctx)
      if (!Object.hasOwn(current, beacon)) {
        return right(on ? `${beacon} not a configured beacon` : `Job ${beacon} is not configured.`)
      }
      if ((rawOption(current[beacon], 'enabled') !== false) === on) return right(`Beacon ${beacon} is ${verb}d already`)
      const comment = on ? `Enabled ${beacon} from beacons` : `Disabled beacon ${beacon}.`
      const changes = { [beacon]: `${verb}d` }
      return await planStep(ctx, beacon, { fun: `${verb}_beacon`, positional: [beacon], saves, comment, changes })
    },
  })
}

export const beacon = defineStates({
  name: 'beacon',
  doc: 'Keeps what a minion watches on its host.',
  functions: {
    present: state({
      doc: 'Have a beacon with these options and no others.',
      args: { name, save },
      extra: s.any('Options of the beacon'),
      examples: [
        'ps:\n  beacon.present:\n    - save: True\n    - processes:\n        salt-master: stopped\n        apache2: stopped',
        'load of the last minute:\n  beacon.present:\n    - beacon_module: load\n    - averages:\n        1m: [0.0, 2.0]\n    - interval: 10',
      ],
      plan: (ctx, want, { extra }) => planPresent(ctx, want.name, want.save, extra),
    }),
    absent: state({
      doc: 'Have no such beacon.',
      args: { name, save },
      extra: s.any('Accepted, and without effect: so that options need not be removed with the beacon'),
      examples: ['ps:\n  beacon.absent:\n    - save: True'],
      plan: (ctx, want) => planAbsent(ctx, want.name, want.save),
    }),
    enabled: switching(true),
    disabled: switching(false),
  },
})
