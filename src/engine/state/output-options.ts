/** How results of states are shown: Salt's options of the configuration, over which the command line wins. */
import { isRecord } from '../../base/narrow.ts'
import type { ConfigView } from '../config-view.ts'

export type StateOutputStyle = 'full' | 'terse' | 'mixed' | 'changes' | 'filter'

export interface StateOutputOptions {
  readonly style: StateOutputStyle
  /** `terse_id` and the like: the id stands in the place of the name. */
  readonly byId: boolean
  /** Whether states that are right and have changed nothing are shown. */
  readonly isVerbose: boolean
  /** Only states that changed something or failed. */
  readonly isDiff: boolean
  /** Columns for the short form: Salt's own, or a Python format with fields from 0 to 6. */
  readonly tabular: boolean | string
  /** Shares of success and failure in the summary. */
  readonly hasPercent: boolean
  /** When each state began, and how long it took. */
  readonly hasProfile: boolean
  /** States of one id with several names are one. */
  readonly compressesIds: boolean
  /** Results (`True`, `False`, `None`) that `filter` leaves out. */
  readonly exclude: readonly string[]
  /** Results that `filter` shows in the short form. */
  readonly terse: readonly string[]
  /** Whether colors in the texts of minions are taken out. */
  readonly stripsColors: boolean
}

/** What was said on the command line: `undefined` where nothing was. */
export interface GivenStateOutput {
  readonly style?: string | undefined
  readonly verbose?: string | undefined
  readonly diff?: boolean
  /** Arguments of the job, whose keywords `exclude` and `terse` are meant for `filter`, too. */
  readonly arg?: readonly unknown[] | undefined
}

const styles: readonly StateOutputStyle[] = ['full', 'terse', 'mixed', 'changes', 'filter']

/** `full`, `full_id` … */
export const stateOutputNames: readonly string[] = styles.flatMap((style) => [style, `${style}_id`])

export function stateOutputOptions(config: ConfigView | undefined, given: GivenStateOutput = {}): StateOutputOptions {
  const get = (name: string): unknown => config?.get(name)
  const wanted = String(given.style ?? get('state_output') ?? 'full').toLowerCase()
  const byId = wanted.endsWith('_id')
  const style = byId ? wanted.slice(0, -'_id'.length) : wanted
  const keywords = keywordsOf(given.arg ?? [])
  const tabular = get('state_tabular')
  return {
    style: styles.find((known) => known === style) ?? 'full',
    byId,
    isVerbose: given.verbose === undefined ? get('state_verbose') !== false : isTrue(given.verbose),
    isDiff: given.diff === true || get('state_output_diff') === true,
    tabular: typeof tabular === 'string' ? tabular : tabular === true,
    hasPercent: get('state_output_pct') === true,
    hasProfile: get('state_output_profile') !== false,
    compressesIds: get('state_compress_ids') === true,
    exclude: results(keywords.exclude ?? get('state_output_exclude')),
    terse: results(keywords.terse ?? get('state_output_terse')),
    stripsColors: get('strip_colors') !== false,
  }
}

function isTrue(text: string): boolean {
  return !['false', 'no', 'off', '0', 'none', ''].includes(text.toLowerCase())
}

function keywordsOf(arg: readonly unknown[]): Record<string, unknown> {
  const keywords = arg.findLast((item) => isRecord(item) && item.__kwarg__ === true)
  return isRecord(keywords) ? keywords : {}
}

/** `True,None`, as a text or as a list of texts or values. */
function results(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(',').map((part) => part.trim())
  if (!Array.isArray(value)) return []
  return value.map((item) => {
    if (item === true) return 'True'
    if (item === false) return 'False'
    return item === null ? 'None' : String(item)
  })
}
