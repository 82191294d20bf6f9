/** Texts without anything of a template in them: what they render to is known without the engine. */
import { isRecord } from '../../../base/narrow.ts'
import { type RenderedTemplate, RenderedText } from './rendered-text.ts'
import { SourceMap } from './source-map.ts'

const opening = /\{[{%#]/

/** @param environment Options that may say how templates are written. Undefined where the engine has to look. */
export function plainTemplate(text: string, file: string, environment: unknown): RenderedTemplate | undefined {
  if (!isUsualSyntax(environment) || opening.test(text)) return undefined
  const source = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
  const map = new SourceMap()
  map.add(source, { name: file, location: file, source }, 0, true)
  return new RenderedText(source, map)
}

/** Whether options leave the tags of templates as they are in Jinja. */
export function isUsualSyntax(environment: unknown): boolean {
  if (environment === undefined || environment === null) return true
  return isRecord(environment) && Object.keys(environment).length === 0
}
