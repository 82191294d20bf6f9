/** Runs the recorded cases of templates and YAML: `render.json` and `yaml.json` below test/cases/render. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isRecord } from '../../src/base/narrow.ts'
import { dumpYaml } from '../../src/engine/render/data/yaml-dump.ts'
import { loadYaml } from '../../src/engine/render/data/yaml-load.ts'
import { RenderError } from '../../src/engine/render/render-error.ts'
import { Dict } from '../../src/engine/render/values/dict.ts'
import type { Value } from '../../src/engine/render/values/kinds.ts'
import { PyError } from '../../src/engine/render/values/py-error.ts'
import { type Mocks, minionOptions, renderInWorld } from './render-world.ts'
import { canonicalValue, taggedValue } from './tagged-render-values.ts'

interface RecordedError {
  readonly stage?: 'jinja' | 'yaml'
  readonly type: string
  readonly line: number | null
  readonly where?: { readonly file: string; readonly line: number }
  /** Bad data inside a template, at which the reference breaks itself. */
  readonly cause?: { readonly type: string; readonly line: number }
}

export interface RecordedCase {
  readonly name: string
  readonly error?: RecordedError
  /** Of templates. */
  readonly template?: string
  readonly files?: Readonly<Record<string, string>>
  readonly main?: string
  readonly sls?: string
  readonly context?: Readonly<Record<string, unknown>>
  readonly mocks?: Mocks
  readonly yaml?: boolean
  readonly output?: string
  readonly data?: unknown
  /** Of YAML. */
  readonly op?: 'load' | 'dump'
  readonly input?: unknown
  readonly expect?: unknown
}

export interface CaseFailure {
  readonly name: string
  readonly wanted: string
  readonly got: string
}

export async function readCases(file: string): Promise<readonly RecordedCase[]> {
  return JSON.parse(await readFile(file, 'utf8'))
}

/** Undefined where the result is the recorded one. */
export async function runCase(one: RecordedCase): Promise<CaseFailure | undefined> {
  const wanted = one.op === undefined ? wantedOfTemplate(one) : wantedOfYaml(one)
  const got = one.op === undefined ? await renderCase(one) : yamlResult(one)
  return wanted === got ? undefined : { name: one.name, wanted, got }
}

/** Outcomes as texts that are equal when what counts is. */
function failed(stage: string, type: string, file: string, line: number | null | undefined): string {
  // How an endless recursion ends differs; that it ends is what counts.
  return type === 'RecursionError' ? `${stage} ${type}` : `${stage} ${type} at ${file}:${line ?? 'no line'}`
}

function wantedOfTemplate({ error, output, data, yaml }: RecordedCase): string {
  if (error?.stage === 'yaml') return `${JSON.stringify(output)}\n${failed('yaml', error.type, '', error.line)}`
  if (error?.cause !== undefined) {
    const { type, line } = error.cause
    return `${failed('jinja', 'TemplateRuntimeError', error.where?.file ?? '', error.where?.line)}: ${type} at ${line}`
  }
  if (error !== undefined) return failed('jinja', error.type, error.where?.file ?? '', error.where?.line)
  return JSON.stringify(output) + (yaml === true ? `\n${canonicalValue(taggedValue(data))}` : '')
}

const defaultMain = 't/main.sls'
/** In the recorded texts it stands for the folder of the case; only few cases need a real one. */
const recordedRoot = '/srv/salt'

async function renderCase(one: RecordedCase): Promise<string> {
  const main = one.main ?? defaultMain
  const files = one.files ?? { [main]: one.template ?? '' }
  const usesFolder = Object.values(files).some((text) => /tplpath|list_files/.test(text))
  const root = usesFolder ? await mkdtemp(join(tmpdir(), 'render-case-')) : recordedRoot
  try {
    if (usesFolder) await writeFiles(root, files)
    const world = { ...worldOf(one, root), ...(usesFolder ? {} : { files }) }
    const output = await renderInWorld(world, main, one.sls ?? 't.main')
    const shown = JSON.stringify(output.replaceAll(root, recordedRoot))
    return one.yaml === true ? `${shown}\n${yamlOutcome(output)}` : shown
  } catch (error) {
    return failureOf(error, one.error?.cause !== undefined)
  } finally {
    if (usesFolder) await rm(root, { recursive: true })
  }
}

async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

function worldOf({ context = {}, mocks = {} }: RecordedCase, root: string) {
  const dict = (name: string, fallback: Dict): Dict => {
    const value = context[name] === undefined ? fallback : taggedValue(context[name])
    return value instanceof Dict ? value : fallback
  }
  const grains = dict('grains', new Dict([['id', 'minion1']]))
  const pillar = dict('pillar', new Dict())
  const saltenv = typeof context.saltenv === 'string' ? context.saltenv : 'base'
  const world = { root, grains, pillar, mocks, saltenv }
  return { ...world, opts: minionOptions(world, dict('opts', new Dict())) }
}

function failureOf(error: unknown, withCause: boolean): string {
  if (!(error instanceof RenderError)) return `unexpected ${error instanceof Error ? error.stack : String(error)}`
  const place = error.places.at(-1)
  const cause = error.problem === undefined || !withCause ? '' : `: ${error.problem.type} at ${error.problem.line}`
  return failed(error.stage, error.type, place?.file ?? '', place?.line) + cause
}

/** An empty document is an empty mapping for the renderer. */
function yamlOutcome(text: string): string {
  try {
    return canonicalValue(loadYaml(text) ?? new Dict())
  } catch (error) {
    return yamlFailure(error)
  }
}

function yamlFailure(error: unknown): string {
  if (!(error instanceof PyError)) return `unexpected ${error instanceof Error ? error.stack : String(error)}`
  const line = error.problem?.column === undefined ? null : error.problem.line
  return failed('yaml', error.type, '', line)
}

const flowStyles: readonly (readonly [name: string, style: boolean | null])[] = [
  ['false', false],
  ['true', true],
  ['null', null],
]

function wantedOfYaml({ op, expect, error }: RecordedCase): string {
  const recorded =
    error ?? (isRecord(expect) && isRecord(expect.error) ? (expect.error as unknown as RecordedError) : undefined)
  if (recorded !== undefined) return failed('yaml', recorded.type, '', recorded.line)
  if (op === 'load') return canonicalValue(taggedValue(expect))
  return JSON.stringify(flowStyles.map(([name]) => (isRecord(expect) ? expect[name] : undefined)))
}

function yamlResult({ op, input }: RecordedCase): string {
  try {
    if (op === 'load') return canonicalValue(loadYaml(String(input)))
    const value: Value = taggedValue(input)
    return JSON.stringify(flowStyles.map(([, style]) => dumpYaml(value, style)))
  } catch (error) {
    return yamlFailure(error)
  }
}
