/** What is configured of one beacon, in the forms that Salt knows, and what is wrong with it. */
import { isRecord } from '../../base/narrow.ts'
import { type Schema, s } from '../../base/schema.ts'
import { didYouMean, nearest } from '../../base/text.ts'
import { coerceArgument, describeIssues, isMapping, type ValuePath } from '../../base/validate.ts'
import type { BeaconDefinition, ChangeRules } from '../beacon.ts'

/** Options that every beacon has. */
export const commonOptions = {
  enabled: s.withDefault(s.boolean('Whether the beacon is used'), true),
  beacon_module: s.optional(s.string('Which beacon it is, where the name of the entry is one of your own')),
  interval: s.optional(s.seconds('Time between two reads; then also one that watches is read no sooner')),
  onchangeonly: s.withDefault(s.boolean('Tell only what is different from the time before'), false),
  emitatstartup: s.withDefault(s.boolean('With onchangeonly: tell what is there when the beacon begins, too'), true),
  delay: s.withDefault(s.seconds('With onchangeonly: how long a change must last before it is told'), 0),
  disable_during_state_run: s.withDefault(s.boolean('Tell nothing of what happens while states are applied'), false),
  run_once: s.withDefault(s.boolean('Read it once, and then no more'), false),
}

export interface BeaconConfig {
  /** Name of the entry: part of the tags of its events. */
  readonly name: string
  /** Name of the beacon that it is for. */
  readonly module: string
  readonly isEnabled: boolean
  /** Undefined where none is configured. */
  readonly intervalMs: number | undefined
  readonly rules: ChangeRules
  readonly pausesForStates: boolean
  readonly runsOnce: boolean
  /** Its own options, checked; for `open`. */
  readonly options: Readonly<Record<string, unknown>>
  readonly extra: Readonly<Record<string, unknown>>
}

export interface BeaconProblem {
  /** Path below `beacons`. */
  readonly path: ValuePath
  /** A predicate with its subject: `beacons.load.interval must be …`. */
  readonly message: string
}

interface Given {
  readonly value: unknown
  readonly path: ValuePath
}

/** Which beacon an entry is for, whether the rest of it is right or not. */
export function moduleOf(name: string, raw: unknown): string {
  const module = givenOptions(name, raw).entries.get('beacon_module')?.value
  return typeof module === 'string' && module !== '' ? module : name
}

/** The value of one option of an entry, unchecked. */
export function rawOption(raw: unknown, option: string): unknown {
  return givenOptions('', raw).entries.get(option)?.value
}

/** The configuration with defaults filled in; not to be used where there are problems. */
export function readBeacon(
  name: string,
  raw: unknown,
  definition: BeaconDefinition,
): { readonly config: BeaconConfig; readonly problems: readonly BeaconProblem[] } {
  const { entries, problems } = givenOptions(name, raw)
  const checked = (schemas: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(
      Object.entries(schemas).map(([key, schema]) => [key, checkOption(name, key, schema, entries.get(key), problems)]),
    )
  const common = checked(commonOptions)
  const options = checked(definition.options)
  const extra: Record<string, unknown> = {}
  for (const [key, given] of entries) {
    if (Object.hasOwn(commonOptions, key) || Object.hasOwn(definition.options, key)) continue
    if (definition.extra !== undefined) extra[key] = checkOption(name, key, definition.extra, given, problems)
    else problems.push(unknownOption(name, key, given, definition))
  }
  const config: BeaconConfig = {
    name,
    module: moduleOf(name, raw),
    isEnabled: common.enabled === true,
    intervalMs: typeof common.interval === 'number' && common.interval > 0 ? common.interval * 1000 : undefined,
    rules: {
      onchangeonly: common.onchangeonly === true,
      emitatstartup: common.emitatstartup !== false,
      delayMs: Number(common.delay) * 1000,
    },
    pausesForStates: common.disable_during_state_run === true,
    runsOnce: common.run_once === true,
    options,
    extra,
  }
  if (problems.length === 0) {
    // Both were just checked against the schemas that their types come from.
    const faults = definition.faults?.(options as never, extra as never) ?? []
    for (const fault of faults) problems.push({ path: [name], message: `beacons.${name}: ${fault}` })
  }
  return { config, problems }
}

/** A mapping, a list of mappings, or nothing. */
function givenOptions(
  name: string,
  raw: unknown,
): { readonly entries: ReadonlyMap<string, Given>; readonly problems: BeaconProblem[] } {
  const entries = new Map<string, Given>()
  const problems: BeaconProblem[] = []
  const take = (value: unknown, path: ValuePath): void => {
    if (isMapping(value)) {
      for (const [key, option] of Object.entries(value)) entries.set(key, { value: option, path: [...path, key] })
    } else if (value !== null && value !== undefined) {
      problems.push({ path, message: `${describeIssues([{ path, message: 'must be a mapping' }], 'beacons')}` })
    }
  }
  if (Array.isArray(raw)) for (const [index, item] of raw.entries()) take(item, [name, index])
  else take(raw, [name])
  return { entries, problems }
}

function checkOption(
  name: string,
  key: string,
  schema: Schema,
  given: Given | undefined,
  problems: BeaconProblem[],
): unknown {
  const { value, issues } = coerceArgument(schema, merged(schema, given?.value))
  for (const { path, message } of issues) {
    const where = [...(given?.path ?? [name]), ...path]
    problems.push({ path: where, message: describeIssues([{ path: [name, key, ...path], message }], 'beacons') })
  }
  return value
}

/** Where a mapping is wanted, a list of mappings is as good, in Salt's older form. */
function merged(schema: Schema, value: unknown): unknown {
  const wantsList = schema.type === 'array' || schema.anyOf?.some(({ type }) => type === 'array') === true
  const isList = Array.isArray(value) && value.length > 0 && value.every((item) => isRecord(item))
  return isList && !wantsList && schema.type === 'object' ? Object.assign({}, ...value) : value
}

function unknownOption(name: string, key: string, { path }: Given, { options }: BeaconDefinition): BeaconProblem {
  const words = nearest(key, [...Object.keys(options), ...Object.keys(commonOptions)])
  return { path, message: `beacons.${name}.${key} is not an option of this beacon.${didYouMean(words)}` }
}
