/**
 * Reactions as templates: Salt's Jinja with `data` and `tag` of the event, and all that templates on the master see. What
 * expressions give is put in once the text has become data (see `EventValues`).
 */
import { isRecord } from '../../base/narrow.ts'
import type { EventData } from '../../bus/event.ts'
import { renderSls } from '../render/render-sls.ts'
import type { TemplateWorld } from '../render/template-world.ts'
import { toPlain } from '../render/values/plain.ts'
import { EventValues, eventFilters } from './event-values.ts'

export interface TemplateEvent {
  readonly tag: string
  readonly data: EventData
}

export interface FilledFile {
  readonly value: unknown
  /** Where the key or item at a path stands. */
  where(path: readonly (string | number)[]): string
}

const saltenv = 'base'

/** A reaction file. Throws RenderError with file and line, also for an event that lacks a value. */
export async function fillFile(
  world: TemplateWorld,
  text: string,
  file: string,
  event: TemplateEvent,
): Promise<FilledFile> {
  const values = new EventValues()
  const { value, placeOf } = await renderSls(world, {
    ...{ text, file, saltenv, sls: '' },
    allowed: ['jinja', 'yaml', 'json'],
    variables: { tag: event.tag, data: event.data },
    filters: eventFilters,
    finalize: values.mark,
  })
  return { value: values.fill(toPlain(value)), where: (path) => `${file}:${placeOf(path).line}` }
}

/** Reactions that stand in the configuration: each of their texts is a template. Throws RenderError. */
export async function fillInline(
  world: TemplateWorld,
  source: unknown,
  file: string,
  event: TemplateEvent,
): Promise<unknown> {
  if (typeof source === 'string') return /\{[{%#]/.test(source) ? await fillText(world, source, file, event) : source
  if (Array.isArray(source)) return await Promise.all(source.map((item) => fillInline(world, item, file, event)))
  if (!isRecord(source) || Object.getPrototypeOf(source) !== Object.prototype) return source
  const entries = Object.entries(source).map(async ([key, item]) => [
    String(await fillInline(world, key, file, event)),
    await fillInline(world, item, file, event),
  ])
  return Object.fromEntries(await Promise.all(entries))
}

async function fillText(world: TemplateWorld, text: string, file: string, event: TemplateEvent): Promise<unknown> {
  const values = new EventValues()
  const rendered = await world.render({
    ...{ text, file, saltenv },
    variables: { tag: event.tag, data: event.data },
    filters: eventFilters,
    finalize: values.mark,
  })
  return values.fillText(rendered.text)
}
