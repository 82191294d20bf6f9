/** Salt's Jinja: renders a template with the variables, functions and filters that Salt gives it. */
import { builtinListFilters } from './filters/builtin-lists.ts'
import { builtinMarkupFilters } from './filters/builtin-markup.ts'
import { builtinNumberFilters } from './filters/builtin-numbers.ts'
import { builtinSelectionFilters } from './filters/builtin-selection.ts'
import { builtinTests, nameTests } from './filters/builtin-tests.ts'
import { builtinTextFilters } from './filters/builtin-texts.ts'
import type { FilterTable, TestTable } from './filters/filter.ts'
import { saltFilters, saltTests } from './filters/salt-filters.ts'
import { type FunctionSource, SaltFunctions } from './functions/salt-functions.ts'
import { templateError } from './render-error.ts'
import type { RenderLimits } from './template/budget.ts'
import { TemplateCompiler } from './template/compile.ts'
import { contextGlobals } from './template/context-globals.ts'
import { templateGlobals } from './template/globals.ts'
import type { TemplateLoader } from './template/loader.ts'
import { type Finalize, Render } from './template/render.ts'
import { type RenderedTemplate, RenderedText } from './template/rendered-text.ts'
import { readSyntaxOptions } from './template/syntax-options.ts'
import type { Value } from './values/kinds.ts'
import { PyError } from './values/py-error.ts'

const filters: FilterTable = new Map([
  ...builtinTextFilters,
  ...builtinMarkupFilters,
  ...builtinSelectionFilters,
  ...builtinListFilters,
  ...builtinNumberFilters,
  ...saltFilters,
])
const plainTests: TestTable = new Map([...builtinTests, ...saltTests])
const tests: TestTable = new Map([...plainTests, ...nameTests(filters, plainTests)])

/** Names that templates may use. */
export const templateNames = {
  hasFilter: (name: string) => filters.has(name),
  hasTest: (name: string) => tests.has(name),
  filters: (): readonly string[] => [...filters.keys()],
  tests: (): readonly string[] => [...tests.keys()],
}

const compiler = new TemplateCompiler(templateNames)

export interface JinjaRequest {
  readonly text: string
  /** Path below the file roots, for messages. */
  readonly file: string
  readonly loader: TemplateLoader
  /** Variables besides `salt`: grains, opts, pillar, saltenv, sls and those of `slsVariables`. */
  readonly variables: ReadonlyMap<string, Value>
  readonly functions: FunctionSource
  /** Options of the minion. */
  readonly opts: ReadonlyMap<Value, Value>
  /** Whether this is an SLS file: those have white space options of their own. */
  readonly isSls?: boolean
  readonly limits?: RenderLimits
  /** Filters in place of those of their names. */
  readonly filters?: FilterTable
  /** What is written in place of the value of an expression. */
  readonly finalize?: Finalize
}

export type { RenderedTemplate } from './template/rendered-text.ts'

/** Older options of Salt that count for all templates. */
const flags = ['trim_blocks', 'lstrip_blocks']

function environmentOf(opts: JinjaRequest['opts'], isSls: boolean): ReadonlyMap<Value, Value> | undefined {
  const environment = opts.get(isSls ? 'jinja_sls_env' : 'jinja_env')
  const named = environment instanceof Map ? environment : undefined
  const set = flags.filter((flag) => opts.get(`jinja_${flag}`) === true)
  return set.length === 0
    ? named
    : new Map<Value, Value>([...(named ?? []), ...set.map((flag) => [flag, true] as const)])
}

/** The rendered text. Throws RenderError. */
export async function renderJinja(request: JinjaRequest): Promise<RenderedTemplate> {
  const { text, file, opts } = request
  const variables = new Map<string, Value>([...request.variables, ['salt', new SaltFunctions(request.functions)]])
  const render = new Render({
    compiler,
    syntax: readSyntaxOptions(environmentOf(opts, request.isSls !== false)),
    loader: request.loader,
    filters: request.filters === undefined ? filters : new Map([...filters, ...request.filters]),
    tests,
    finalize: request.finalize,
    variables: new Map([...templateGlobals, ...contextGlobals(variables, request.functions), ...variables]),
    opts,
    ...(request.limits === undefined ? {} : { limits: request.limits }),
  })
  try {
    const rendered = await render.main({ text, location: file }, file)
    // Jinja drops the last line break; Salt puts it back.
    const output = text.endsWith('\n') ? `${rendered}\n` : rendered
    return new RenderedText(output, render.sourceMap)
  } catch (error) {
    if (error instanceof PyError) throw templateError(error, (file) => render.identity(file)?.source)
    throw error
  }
}
