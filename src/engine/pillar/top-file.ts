/** The top file of pillar: which files a minion gets of which environment. */
import { asSaltError, type SaltError } from '../../base/errors.ts'
import { isInteger } from '../render/values/arithmetic.ts'
import { Dict } from '../render/values/dict.ts'
import { isTrue } from '../render/values/iterate.ts'
import type { Value } from '../render/values/kinds.ts'
import { str } from '../render/values/print.ts'
import { meantTargets, type TopTarget } from '../sls/top-target.ts'
import type { PillarRun } from './pillar-run.ts'

/** What a top file gives to one target, in the order in which it counts. */
export interface TopEntry extends TopTarget {
  readonly names: readonly string[]
  readonly order: number
}

/** By environment. */
export type Top = ReadonlyMap<string, readonly TopEntry[]>

/** Reads the top files of all environments that count, with what they include. */
export async function readTop(run: PillarRun): Promise<Top> {
  const found = new Map<string, Map<string, TopEntry>>()
  for (const saltenv of topEnvironments(run)) {
    for (const text of await topFilesOf(run, saltenv)) collect(run, text, found)
  }
  return new Map(
    Array.from(found, ([saltenv, entries]) => [
      saltenv,
      [...entries.values()].sort((left, right) => left.order - right.order),
    ]),
  )
}

/** Environment → names of files for this minion, each once. */
export function matchTop(run: PillarRun, top: Top): ReadonlyMap<string, readonly string[]> {
  const { id, grains, pillar, settings, environments, log } = run.parts
  const only = environments.pillarenv
  const counting = [...top].filter(([saltenv]) => only === undefined || saltenv === only)
  const fail = ({ message }: SaltError, target: TopTarget | undefined): void =>
    run.fail(
      target === undefined
        ? `The pillar top file cannot be used: ${message}`
        : `The target '${target.tgt}' of the pillar top file cannot be understood: ${message}`,
    )
  const entries = counting.flatMap(([, list]) => list)
  const meant = new Set(meantTargets(entries, { id, grains, pillar }, { nodegroups: settings.nodegroups, log, fail }))
  const matches = new Map<string, readonly string[]>()
  for (const [saltenv, list] of counting) {
    const names = list.filter((entry) => meant.has(entry)).flatMap((entry) => entry.names)
    if (names.length > 0) matches.set(saltenv, [...new Set(names)])
  }
  return matches
}

function topEnvironments({ parts: { environments, settings } }: PillarRun): readonly string[] {
  const { names, pillarenv, saltenv } = environments
  if (pillarenv !== undefined) return names.filter((name) => name === pillarenv)
  return settings.strategy === 'none' ? names.filter((name) => name === saltenv) : names
}

/** The rendered top file of an environment, and those that it includes. */
async function topFilesOf(run: PillarRun, saltenv: string): Promise<readonly Dict[]> {
  const { topFile } = run.parts.settings
  const text = await run.files.read(saltenv, topFile)
  if (text === undefined) return []
  const first = await renderTop(run, saltenv, { sls: '', path: topFile, text, isInit: false }, 'Primary Top file')
  const files = first === undefined ? [] : [first]
  const seen = new Set<string>()
  for (const file of files) {
    for (const name of namesIn(file.get('include'))) {
      if (seen.has(name)) continue
      seen.add(name)
      const found = await run.files.find(saltenv, name)
      if (found === undefined)
        run.fail(`Rendering Top file ${name} failed, render error:\nthere is no such file in environment '${saltenv}'`)
      const more = found && (await renderTop(run, saltenv, found, `Top file ${name}`))
      if (more !== undefined) files.push(more)
    }
  }
  return files
}

async function renderTop(
  run: PillarRun,
  saltenv: string,
  file: Parameters<PillarRun['render']>[0],
  what: string,
): Promise<Dict | undefined> {
  try {
    const value = await run.render(file, saltenv)
    if (value instanceof Dict) return value
    run.fail(
      `Error encountered while rendering pillar top file. ${file.path} of environment '${saltenv}' is no mapping`,
    )
  } catch (error) {
    run.fail(`Rendering ${what} failed, render error:\n${asSaltError(error).message}`)
  }
  return undefined
}

function collect(run: PillarRun, file: Dict, into: Map<string, Map<string, TopEntry>>): void {
  for (const [environment, targets] of file) {
    const saltenv = str(environment)
    if (saltenv === 'include') continue
    if (!(targets instanceof Map)) {
      run.fail(
        `Error encountered while rendering pillar top file. What stands under '${saltenv}' is no mapping of targets`,
      )
      continue
    }
    const entries = into.get(saltenv) ?? new Map<string, TopEntry>()
    into.set(saltenv, entries)
    for (const [target, parts] of targets) addEntry(run, entries, { saltenv, target: str(target), parts })
  }
}

function addEntry(
  run: PillarRun,
  entries: Map<string, TopEntry>,
  { saltenv, target, parts }: { saltenv: string; target: string; parts: Value },
): void {
  const list = typeof parts === 'string' ? [parts] : parts
  if (!Array.isArray(list)) {
    run.fail(`Error encountered while rendering pillar top file. What the target '${target}' gets is no list`)
    return
  }
  const names = [...new Set(namesIn(list))]
  const settings = list.filter((part) => part instanceof Map)
  const matches = settings.filter((part) => part.has('match'))
  if (settings.some((part) => isTrue(part.get('ignore_missing')))) ignore(run, saltenv, names)
  // The last of two entries for one target counts, at the place of the first.
  entries.set(target, {
    tgt: target,
    items: [...matches, ...names],
    names,
    order: orderOf(settings.findLast((part) => part.has('order'))?.get('order')),
  })
}

function orderOf(value: Value): number {
  const number = isInteger(value) ? Number(value) : Number.parseInt(typeof value === 'string' ? value : '', 10)
  return Number.isSafeInteger(number) ? number : 0
}

function ignore(run: PillarRun, saltenv: string, names: readonly string[]): void {
  const known = run.ignored.get(saltenv) ?? new Set()
  run.ignored.set(saltenv, known)
  for (const name of names) known.add(name)
}

function namesIn(list: Value): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []
}
