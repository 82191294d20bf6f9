/** Files and texts that are templates: what states and functions mean by `template: jinja`. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { FunctionContext } from '../plugin.ts'
import type { TemplateWorld } from './template-world.ts'

export interface TextTemplate {
  readonly text: string
  /** Where the text comes from, for messages and for imports beside it. */
  readonly file: string
  readonly saltenv: string
  /** `jinja` */
  readonly engine: string
  readonly variables?: Readonly<Record<string, unknown>>
}

/** What states of one run keep for each other: the world of the templates is among it, so that it is made once. */
export type SharedMemory = Map<string, unknown>

const worldKey = 'template-world'

/** Throws RenderError; `execution-failed` for an engine that is not here. */
export async function renderText(
  ctx: FunctionContext,
  { text, file, saltenv, engine, variables }: TextTemplate,
  memory?: SharedMemory,
): Promise<string> {
  assertEngine(engine)
  const world = await worldOf(ctx, memory)
  return (await world.render({ text, file, saltenv, ...(variables === undefined ? {} : { variables }) })).text
}

/** Throws `execution-failed` for a template engine that is not here. */
function assertEngine(engine: string): void {
  if (engine === 'jinja') return
  const known = others.includes(engine)
  throw new SaltError('execution-failed', `Specified template format ${engine} is not supported`, {
    hint: known
      ? 'Only jinja is here. Rewrite the template for it, or let a program write the file (cmd.run).'
      : 'The one that is here is jinja.',
  })
}

/** The engines that Salt has besides. */
const others = ['cheetah', 'genshi', 'mako', 'py', 'wempy']

/** Variables of a template: `context` over `defaults`. Throws `bad-arguments` for what is no mapping. */
export function templateVariables(context: unknown, defaults: unknown): Record<string, unknown> {
  return { ...mapping(defaults, 'Defaults'), ...mapping(context, 'Context') }
}

function mapping(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null || value === '') return {}
  if (isRecord(value)) return value
  throw new SaltError('bad-arguments', `${name} must be formed as a dict`)
}

async function worldOf(ctx: FunctionContext, memory: SharedMemory | undefined): Promise<TemplateWorld> {
  const { TemplateWorld } = await import('./template-world.ts')
  const known = memory?.get(worldKey)
  if (known instanceof TemplateWorld) return known
  const world = new TemplateWorld(ctx)
  memory?.set(worldKey, world)
  return world
}
