/** Renders a template of a test by itself. */
import assert from 'node:assert/strict'
import { type RenderedTemplate, renderJinja } from '../../src/engine/render/jinja.ts'
import { RenderError } from '../../src/engine/render/render-error.ts'
import type { RenderLimits } from '../../src/engine/render/template/budget.ts'
import { Dict } from '../../src/engine/render/values/dict.ts'
import type { Eventual, Value } from '../../src/engine/render/values/kinds.ts'

export interface RenderTextOptions {
  readonly variables?: Readonly<Record<string, Value>>
  /** Other templates by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly functions?: Readonly<Record<string, (...args: readonly Value[]) => Eventual>>
  readonly limits?: RenderLimits
}

export async function renderText(text: string, options: RenderTextOptions = {}): Promise<string> {
  return (await renderTemplate(text, options)).text
}

/** As `renderText`, with the places of the lines. */
export function renderTemplate(text: string, options: RenderTextOptions = {}): Promise<RenderedTemplate> {
  const { variables = {}, files = {}, functions = {}, limits } = options
  return renderJinja({
    text,
    file: 'main.sls',
    loader: {
      load: async (path) => {
        const found = files[path]
        return found === undefined ? undefined : { text: found, location: path }
      },
    },
    variables: new Map(Object.entries(variables)),
    functions: {
      has: (name) => Object.hasOwn(functions, name),
      hasModule: (module) => Object.keys(functions).some((name) => name.startsWith(`${module}.`)),
      names: () => Object.keys(functions),
      call: (name, args) => functions[name]?.(...args) ?? null,
    },
    opts: new Dict(),
    ...(limits === undefined ? {} : { limits }),
  })
}

/** The error of a template that must not render. */
export async function renderFault(text: string, options: RenderTextOptions = {}): Promise<RenderError> {
  const result = await renderText(text, options).catch((error: unknown) => error)
  assert.ok(result instanceof RenderError, `no RenderError but ${String(result)}`)
  return result
}
