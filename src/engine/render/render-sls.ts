/** SLS files: the renderers that the first line or the options name, one after the other, from text to data. */
import { setImmediate } from 'node:timers/promises'
import { SaltError } from '../../base/errors.ts'
import { LineIndex } from '../../base/line-index.ts'
import type { SourcePlace } from '../state/low-chunk.ts'
import { JsonFault, readJson } from './data/json-read.ts'
import { loadPlacedYaml, YamlError } from './data/yaml-load.ts'
import type { ValuePath, YamlPlaces } from './data/yaml-places.ts'
import type { RenderedTemplate } from './jinja.ts'
import { insteadOfRenderer } from './missing-renderers.ts'
import { RenderError } from './render-error.ts'
import { type RendererCall, rendererPipe } from './renderer-pipe.ts'
import type { TemplateRequest, TemplateWorld } from './template-world.ts'
import { Dict } from './values/dict.ts'
import type { Value } from './values/kinds.ts'

export interface SlsRequest extends TemplateRequest {
  readonly sls: string
  /** Renderers of a file whose first line names none: `jinja|yaml`. */
  readonly renderer?: string
  /** Renderers that may be used, where not all may (`renderer_whitelist`), and those that may not (`renderer_blacklist`). */
  readonly allowed?: readonly string[]
  readonly denied?: readonly string[]
}

export interface RenderedSls {
  /** An empty file is an empty mapping. */
  readonly value: Value
  /** Where a value stands, or the nearest one around it whose place is known; the beginning of the file where none is. */
  placeOf(path: ValuePath): RenderedPlace
}

export interface RenderedPlace extends SourcePlace {
  /** From 1 on. */
  readonly column: number
}

/** What goes from one renderer to the next. */
interface Stage {
  readonly data: Value
  readonly template: RenderedTemplate | undefined
  /** Where the data stand in the text that they were read from. */
  readonly places?: YamlPlaces
}

type Renderer = (world: TemplateWorld, request: SlsRequest, before: Stage) => Promise<Stage> | Stage

const renderers: ReadonlyMap<string, Renderer> = new Map<string, Renderer>([
  ['jinja', renderJinjaStage],
  ['yaml', (_world, request, before) => yamlOf(request, before)],
  ['gpg', async (world, _request, before) => ({ ...before, data: await world.decrypt(before.data) })],
  ['json', (_world, request, before) => ({ ...before, data: jsonOf(request, before) })],
  ['ts', renderScriptStage],
])

export const rendererNames: readonly string[] = [...renderers.keys()]

/** Characters. */
const largeText = 256 * 1024

const defaultRenderer = 'jinja|yaml'

/** Throws RenderError; `render-failed` for a renderer that is unknown, `denied` for one that is not allowed. */
export async function renderSls(world: TemplateWorld, request: SlsRequest): Promise<RenderedSls> {
  const { calls, text } = rendererPipe(request.text, request.renderer ?? defaultRenderer)
  let stage: Stage = { data: text, template: undefined }
  for (const call of calls) {
    stage = await rendererOf(call, request)(world, request, stage)
    // Each step of a large file takes a while, and whoever waits for this process has a turn before the next.
    if (text.length > largeText) await setImmediate()
  }
  const { data, template, places } = stage
  let lines: LineIndex | undefined
  const isEmpty = data === null || data === '' || (typeof data === 'string' && data.trim() === '')
  return {
    value: isEmpty ? new Dict() : data,
    placeOf(path) {
      const offset = places?.offsetOf(path) ?? 0
      lines ??= template === undefined ? new LineIndex(text) : undefined
      const place = template === undefined ? lines?.positionOf(offset) : template.placeAt(offset)
      return { file: request.file, line: 1, column: 1, ...place }
    },
  }
}

function rendererOf({ name, options }: RendererCall, { file, allowed = [], denied = [] }: SlsRequest): Renderer {
  const refuse = (why: string, hint?: string, code: 'render-failed' | 'denied' = 'render-failed'): SaltError =>
    new SaltError(code, `The renderer ${name} ${why}`, {
      where: `${file}:1`,
      ...(hint === undefined ? {} : { hint }),
    })
  if (denied.includes(name)) throw refuse('is forbidden by renderer_blacklist', undefined, 'denied')
  if (allowed.length > 0 && !allowed.includes(name)) throw refuse('is not in renderer_whitelist', undefined, 'denied')
  const renderer = renderers.get(name)
  if (renderer !== undefined) {
    // As in Salt: the others leave options alone.
    if (name === 'jinja' && options !== '' && options !== '-s') throw refuse(`has no option ${options}`)
    return renderer
  }
  const instead = insteadOfRenderer(name)
  if (instead !== undefined) throw refuse('is not supported', `Instead, ${instead}.`)
  throw refuse(`is not known; there are ${[...renderers.keys()].join(', ')}`)
}

async function renderJinjaStage(world: TemplateWorld, request: SlsRequest, before: Stage): Promise<Stage> {
  const template = await world.render({ ...request, text: textOf(request, before) })
  return { data: template.text, template }
}

/** The thread and what it needs are loaded for files that are programs only. */
async function renderScriptStage(world: TemplateWorld, request: SlsRequest, before: Stage): Promise<Stage> {
  const { renderScript } = await import('./script-renderer.ts')
  const { file, hostPath = file, saltenv, sls } = request
  const data = await renderScript(world.ctx, { text: textOf(request, before), file, hostPath, saltenv, sls })
  return { ...before, data }
}

function textOf({ file }: SlsRequest, { data }: Stage): string {
  if (typeof data === 'string') return data
  throw new SaltError('render-failed', 'A renderer needs text, and got data of the one before', { where: file })
}

function yamlOf(request: SlsRequest, before: Stage): Stage {
  const text = textOf(request, before)
  try {
    const { value, places } = loadPlacedYaml(text)
    return { ...before, data: value, places }
  } catch (error) {
    if (error instanceof YamlError) throw dataError(request, before, 'yaml', error)
    throw error
  }
}

function jsonOf(request: SlsRequest, before: Stage): Value {
  const text = textOf(request, before)
  try {
    return readJson(text)
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    const { message, line, column } = error
    throw dataError(request, before, 'json', {
      problem: { type: 'JSONDecodeError', message, line, column },
      cause: error,
    })
  }
}

interface DataFault {
  readonly problem: YamlError['problem'] | { type: string; message: string; line: number; column: number }
  readonly cause?: unknown
}

/** A fault of the rendered text, at the place of the template that made it. */
function dataError({ file, text }: SlsRequest, before: Stage, stage: 'yaml' | 'json', fault: DataFault): RenderError {
  const { type, message, line = 1, column = 1 } = fault.problem
  const place = before.template?.placeOf(line, column) ?? { file, line, column }
  const source = place.file === file ? text : undefined
  return new RenderError(
    { stage, type, reason: message, places: [place], problem: undefined },
    headlineOf(fault.problem),
    source,
    fault.cause ?? fault,
  )
}

/** As PyYAML prints the exceptions that Salt shows whole; line and column are those of the rendered text. */
function headlineOf(problem: DataFault['problem']): string {
  if (!('context' in problem) || !wholeTypes.has(problem.type)) return problem.message
  const { context, contextLine, contextColumn, message, line, column } = problem
  const isSamePlace = contextLine === line && contextColumn === column
  return [
    ...(context === undefined ? [] : [context]),
    ...(contextLine === undefined || isSamePlace ? [] : [markText(contextLine, contextColumn)]),
    message,
    ...(line === undefined ? [] : [markText(line, column)]),
  ].join('\n')
}

const wholeTypes: ReadonlySet<string> = new Set(['ParserError', 'ConstructorError', 'ComposerError'])

function markText(line: number, column = 1): string {
  return `  in "<unicode string>", line ${line}, column ${column}`
}
