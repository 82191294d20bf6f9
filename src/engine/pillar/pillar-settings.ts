/** What the configuration says of pillar, for whoever compiles it: a master, or a minion that works alone. */
import { isRecord, textIfAny } from '../../base/narrow.ts'
import type { ConfigView } from '../config-view.ts'
import { topPath } from '../sls/sls-names.ts'

type Roots = Readonly<Record<string, readonly string[]>>

export interface PillarSettings {
  readonly roots: Roots
  /** Path of the top file below the roots. */
  readonly topFile: string
  /** The only environment, unless the question names another. */
  readonly pillarenv: string | undefined
  readonly isEnvironmentOfStates: boolean
  readonly strategy: string
  readonly joinsLists: boolean
  readonly includesWin: boolean
  /** Minions are told that a file could not be rendered, and no more. */
  readonly hidesErrors: boolean
  /** The configuration is put into pillar, under `master`. */
  readonly givesOptions: boolean
  readonly sources: readonly Readonly<Record<string, unknown>>[]
  readonly sourcesFirst: boolean
  readonly sourceTimeoutMs: number
  readonly onDemand: readonly string[]
  readonly nodegroups: Readonly<Record<string, unknown>>
  readonly renderer: string
  readonly allowedRenderers: readonly string[]
  readonly deniedRenderers: readonly string[]
}

export function pillarSettings(config: ConfigView): PillarSettings {
  const text = (name: string): string | undefined => textIfAny(config.get(name))
  return {
    roots: rootsOf(config.get('pillar_roots')),
    topFile: topPath(config.get('state_top')),
    pillarenv: text('pillarenv'),
    isEnvironmentOfStates: config.get('pillarenv_from_saltenv') === true,
    strategy: text('pillar_source_merging_strategy') ?? 'smart',
    joinsLists: config.get('pillar_merge_lists') === true,
    includesWin: config.get('pillar_includes_override_sls') === true,
    hidesErrors: config.get('pillar_safe_render_error') !== false,
    givesOptions: config.get('pillar_opts') === true,
    sources: listOf(config.get('ext_pillar')).filter(isRecord),
    sourcesFirst: config.get('ext_pillar_first') === true,
    sourceTimeoutMs: Number(config.get('ext_pillar_timeout') ?? 30) * 1000,
    onDemand: textsOf(config.get('on_demand_ext_pillar')),
    nodegroups: recordOf(config.get('nodegroups')),
    renderer: text('renderer') ?? 'jinja|yaml',
    allowedRenderers: textsOf(config.get('renderer_whitelist')),
    deniedRenderers: textsOf(config.get('renderer_blacklist')),
  }
}

/** `pillar_roots` with every environment as a list. */
export function rootsOf(value: unknown): Roots {
  return Object.fromEntries(
    Object.entries(recordOf(value)).map(([saltenv, folders]) => [
      saltenv,
      typeof folders === 'string' ? [folders] : textsOf(folders),
    ]),
  )
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return listOf(value).filter((item) => typeof item === 'string')
}
