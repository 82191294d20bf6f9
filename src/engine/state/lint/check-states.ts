/** States of one file against the descriptions of all states: functions, arguments, types. */
import { didYouMean, nearest } from '../../../base/text.ts'
import { coerceArgument, describeIssues } from '../../../base/validate.ts'
import type { Catalogue, FunctionDoc, StateDefinition } from '../../plugin.ts'
import type { ValuePath } from '../../render/data/yaml-places.ts'
import type { Value } from '../../render/values/kinds.ts'
import { toPlain } from '../../render/values/plain.ts'
import type { DeclaredFile } from '../gather.ts'
import { bodiesOf, isMapping, statesOf } from '../high-data.ts'
import { globalOptions } from '../low-chunk.ts'
import { consumedWords, requisiteWords } from '../requisite-words.ts'
import type { FindingCode, Severity } from './finding.ts'
import { statePath } from './state-path.ts'

export interface StateChecks {
  readonly states: Catalogue<StateDefinition>
  /** Families of states that the tree brings itself: of those nothing is known. */
  readonly own: ReadonlySet<string>
  report(severity: Severity, code: FindingCode, message: string, path: ValuePath): void
}

/** Keys of a state that are no arguments of it. */
const ownKeys: ReadonlySet<string> = new Set([
  ...globalOptions,
  ...requisiteWords,
  ...consumedWords,
  ...['name', 'names', 'order', 'saltenv', 'state', 'fun', 'cmd_opts_exclude', 'provider'],
])

interface Call {
  readonly full: string
  readonly doc: FunctionDoc
  /** What has no effect, with the reason. */
  readonly ignored: Readonly<Record<string, string>>
  readonly path: ValuePath
}

export async function checkStates(file: DeclaredFile, checks: StateChecks): Promise<void> {
  for (const [id, body] of bodiesOf(file.declarations.high)) {
    for (const [state, args] of statesOf(body)) {
      const [fun, ...others] = args.filter((arg) => typeof arg === 'string')
      if (typeof fun !== 'string' || others.length > 0 || checks.own.has(state)) continue
      const path = statePath(file, id, state, fun)
      const full = `${state}.${fun}`
      const doc = await checks.states.describe(full)
      if (doc === undefined) reportUnknown(full, path, checks)
      else await checkArguments({ full, doc, path, ignored: await ignoredBy(full, checks) }, args, checks)
    }
  }
}

function reportUnknown(full: string, path: ValuePath, { states, report }: StateChecks): void {
  const [family = ''] = full.split('.')
  const names = states.names()
  const beside = names.filter((name) => name.startsWith(`${family}.`))
  const near = didYouMean(nearest(full, beside.length > 0 ? beside : names))
  report('error', 'unknown-state', `There is no state ${full}${near === '' ? '' : `.${near}`}`, path)
}

/** Only a loaded definition knows them. */
async function ignoredBy(full: string, { states }: StateChecks): Promise<Readonly<Record<string, string>>> {
  const found = await states.load(full)
  return found.kind === 'loaded' ? (found.definition.ignored ?? {}) : {}
}

async function checkArguments(call: Call, args: readonly Value[], checks: StateChecks): Promise<void> {
  const { doc, full, path } = call
  const given = new Set<string>()
  for (const [index, arg] of args.entries()) {
    if (!isMapping(arg)) continue
    for (const [key, value] of arg) {
      if (typeof key !== 'string') continue
      given.add(key)
      for (const own of key === 'names' ? namesWithArguments(value) : []) given.add(own)
      checkArgument(call, key, value, [...path, index, key], checks)
    }
  }
  for (const [name, schema] of Object.entries(doc.args)) {
    if (name === 'name' || given.has(name) || schema['x-optional'] === true) continue
    checks.report('error', 'missing-argument', `${full} needs the argument ${name}`, path)
  }
}

function checkArgument(
  { full, doc, ignored }: Call,
  key: string,
  value: Value,
  path: ValuePath,
  checks: StateChecks,
): void {
  const schema = Object.hasOwn(doc.args, key) ? doc.args[key] : undefined
  if (schema !== undefined) {
    const { issues } = coerceArgument(schema, toPlain(value))
    if (issues.length > 0) checks.report('error', 'wrong-type', `${full}: ${describeIssues(issues, key)}`, path)
    return
  }
  if (ownKeys.has(key) || key.startsWith('__') || doc.extra !== undefined) return
  const reason = Object.hasOwn(ignored, key) ? ignored[key] : undefined
  if (reason !== undefined) {
    checks.report('warning', 'ignored-argument', `${key} of ${full} has no effect: ${reason}`, path)
    return
  }
  const near = didYouMean(nearest(key, [...Object.keys(doc.args), ...ownKeys]))
  checks.report('error', 'unknown-argument', `${full} has no argument ${key}${near === '' ? '' : `.${near}`}`, path)
}

/** `names: [{x: [{mode: 1}]}]`: what a name brings itself. */
function namesWithArguments(names: Value): string[] {
  if (!Array.isArray(names)) return []
  return names
    .filter(isMapping)
    .flatMap((entry) => [...entry.values()].flat())
    .filter(isMapping)
    .flatMap((args) => [...args.keys()].map(String))
}
