/** Configuration files of masters and minions: which of their options work here. */

import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { nearest } from '../../base/text.ts'
import { coerceArgument, describeIssues } from '../../base/validate.ts'
import { parseYamlWithMarks } from '../../base/yaml.ts'
import { isAcceptedSaltKey } from '../options/accepted-salt-keys.ts'
import type { OptionTable } from '../options/option.ts'
import type { ScanContext } from './scan-sls.ts'
import { leftOutOptions } from './substitutes.ts'

export interface ScannedConfig {
  readonly values: Readonly<Record<string, unknown>>
}

/** Undefined where the file cannot be read as YAML. */
export function scanConfig(
  file: string,
  text: string,
  role: 'master' | 'minion',
  context: ScanContext,
): ScannedConfig | undefined {
  const { findings, inventory } = context
  const parsed = parse(file, text, context)
  if (parsed === undefined) return undefined
  const { values, lineOf } = parsed
  const table = inventory.options[role]
  const other = inventory.options[role === 'master' ? 'minion' : 'master']
  const custom = Array.isArray(values.custom_options) ? values.custom_options.map(String) : []
  for (const [key, value] of Object.entries(values)) {
    const line = lineOf(key)
    const finding = { file, line, kind: 'option', name: key } as const
    const option = Object.hasOwn(table, key) ? table[key] : undefined
    if (option === undefined) {
      if (Object.hasOwn(other, key) || custom.includes(key)) findings.works('option')
      else findings.add({ ...finding, ...unknownOption(key, table) })
      continue
    }
    const faults = value === null ? [] : faultsOf(option, value, key)
    if (faults.length === 0) findings.works('option')
    for (const { path, ...fault } of faults)
      findings.add({ ...finding, line: lineOf(key, ...path), level: 'unsupported', ...fault })
  }
  return { values }
}

interface OptionFault {
  readonly what: string
  readonly instead?: string
}

/** Of a list each item that is wrong by itself: a start would stop at the first. */
function faultsOf(
  option: OptionTable[string],
  value: unknown,
  key: string,
): readonly (OptionFault & { readonly path: readonly number[] })[] {
  const whole = faultOf(option, value, key)
  if (whole === undefined) return []
  const items = Array.isArray(value) ? value : []
  const single = items.flatMap((item, index) => {
    const fault = faultOf(option, [item], key)
    return fault === undefined ? [] : [{ path: [index], ...fault }]
  })
  return single.length > 0 ? single : [{ path: [], ...whole }]
}

function faultOf(option: OptionTable[string], value: unknown, key: string): OptionFault | undefined {
  const { issues, value: fitted } = coerceArgument(option.schema, value)
  if (issues.length > 0) return { what: describeIssues(issues, key) }
  const refusal = option.refuse?.(fitted)
  return refusal === undefined ? undefined : { what: `${key} ${refusal.reason}`, instead: refusal.hint }
}

function unknownOption(
  key: string,
  table: OptionTable,
): { level: 'unsupported' | 'ineffective'; what: string; instead?: string } {
  const instead = Object.hasOwn(leftOutOptions, key) ? leftOutOptions[key] : undefined
  const way = instead === undefined ? {} : { instead }
  if (instead !== undefined) return { level: 'unsupported', what: `${key} has no effect here`, ...way }
  if (isAcceptedSaltKey(key)) return { level: 'ineffective', what: `${key} has no effect here` }
  const [best] = nearest(key, Object.keys(table))
  return {
    level: 'unsupported',
    what: `${key} is an unknown option: the daemon would not start`,
    instead:
      best === undefined ? 'name it in custom_options if only your own modules read it' : `did you mean ${best}?`,
  }
}

function parse(
  file: string,
  text: string,
  { findings }: ScanContext,
): { values: Record<string, unknown>; lineOf(...path: readonly (string | number)[]): number } | undefined {
  try {
    const { value, marks } = parseYamlWithMarks(text, { file })
    if (value === null) return { values: {}, lineOf: () => 1 }
    if (isRecord(value)) return { values: value, lineOf: (...path) => marks.line(path) ?? 1 }
    findings.add({
      file,
      line: 1,
      level: 'unsupported',
      kind: 'file',
      name: file,
      what: 'the file is no mapping of options',
    })
  } catch (error) {
    if (!(error instanceof SaltError)) throw error
    const line = Number(/:(\d+)(?::\d+)?$/.exec(error.where ?? '')?.[1] ?? 1)
    const [what = ''] = error.message.split('\n')
    findings.add({ file, line, level: 'unsupported', kind: 'file', name: file, what })
  }
  return undefined
}
