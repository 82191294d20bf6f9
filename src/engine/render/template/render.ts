/** One render: what the code of templates calls as `r`, and what filters see. */
import type { FilterContext, FilterTable, TestTable } from '../filters/filter.ts'
import { expectText, textOf } from '../values/arguments.ts'
import { iterate } from '../values/iterate.ts'
import { type Eventual, type Kwargs, Markup, Undefined, type Value } from '../values/kinds.ts'
import { expectCallable } from '../values/lookup.ts'
import { printed, str } from '../values/print.ts'
import { PyError } from '../values/py-error.ts'
import { checkLength, escapeHtml } from '../values/text.ts'
import { typeName } from '../values/type-name.ts'
import { BlockReference, SelfReference } from './block-reference.ts'
import { Budget, type RenderLimits } from './budget.ts'
import type { TemplateCompiler } from './compile.ts'
import { type Frame, Frames, positionOf } from './frames.ts'
import { resolveTemplateName, type TemplateLoader, type TemplateSource } from './loader.ts'
import { Macro, type MacroExtras } from './macro.ts'
import { operators } from './operators.ts'
import type { BlockFunction, TemplateContext, TemplateIdentity, TemplateProgram } from './program.ts'
import type { Scope } from './scope.ts'
import { SourceMap } from './source-map.ts'
import { TemplateSyntaxError } from './syntax-error.ts'
import type { SyntaxOptions } from './syntax-options.ts'
import { TemplateModule } from './template-module.ts'

/** @param before What was written last. */
export type Finalize = (value: Value, before: string) => Value

export interface RenderParts {
  readonly compiler: TemplateCompiler
  readonly syntax: SyntaxOptions
  readonly loader: TemplateLoader
  readonly filters: FilterTable
  readonly tests: TestTable
  /** Jinja's and Salt's globals together with the variables of the context. */
  readonly variables: ReadonlyMap<string, Value>
  readonly opts: ReadonlyMap<Value, Value>
  readonly limits?: RenderLimits
  /** What is written in place of the value of an expression (Jinja's `finalize`); texts that the template put together itself are not asked about. */
  readonly finalize?: Finalize | undefined
}

interface Loaded {
  readonly identity: TemplateIdentity
  readonly program: TemplateProgram
}

export class Render implements FilterContext {
  autoescape = false
  readonly opts: ReadonlyMap<Value, Value>
  readonly #parts: RenderParts
  readonly #globals: Scope
  readonly #frames = new Frames()
  readonly #budget: Budget
  /** By the name that was asked for, as Jinja keeps them: a relative name means the same file throughout a render. */
  readonly #loaded = new Map<string, Loaded>()
  readonly #modules = new Map<string, TemplateModule>()
  readonly #sources = new Map<string, TemplateIdentity>()
  readonly #mainOut: string[] = []
  /** What macros and blocks have written, where `finalize` must leave it alone. */
  readonly #written = new Set<string>()
  #last = ''
  /** Of the text of the main template. */
  readonly sourceMap = new SourceMap()

  constructor(parts: RenderParts) {
    this.#parts = parts
    this.opts = parts.opts
    this.#budget = new Budget(parts.limits)
    this.#globals = Object.assign(newScope(), Object.fromEntries(parts.variables))
  }

  /** Renders the main template. Throws PyError with its places. */
  async main(source: TemplateSource, name: string): Promise<string> {
    const out = this.#mainOut
    await this.#run(this.#compile(name, source), Object.create(this.#snapshot()), out)
    return out.join('')
  }

  /** The template of that path as far as it was loaded, for excerpts. */
  identity(location: string): TemplateIdentity | undefined {
    return this.#sources.get(location)
  }

  /** A copy: a template keeps the variables that were there when its run began. */
  #snapshot(): Scope {
    return Object.assign(newScope(), this.#globals)
  }

  async #run({ program }: Loaded, scope: Scope, out: string[]): Promise<TemplateContext> {
    if (this.tick()) await this.breathe()
    const blocks = new Map(Array.from(program.blocks, ([name, block]): [string, BlockFunction[]] => [name, [block]]))
    const context: TemplateContext = { blocks, exports: new Set(), scope }
    await program.root(scope, out, context)
    return context
  }

  // Places and limits.

  enter(template: TemplateIdentity): Frame {
    return this.#frames.enter(template)
  }

  leave(): void {
    this.#frames.leave()
  }

  failed(error: unknown): PyError {
    return this.#frames.located(error)
  }

  tick(): boolean {
    return this.#budget.tick()
  }

  breathe(): Promise<void> {
    return this.#budget.breathe()
  }

  // Output.

  /** @param offset Where the text stands in the source; left out for what an expression gave. */
  write(out: string[], text: string, offset?: number): void {
    this.#budget.spend(text.length)
    out.push(text)
    this.#last = text
    const frame = out === this.#mainOut ? this.#frames.current : undefined
    if (frame !== undefined) this.sourceMap.add(text, frame.template, offset ?? frame.at, offset !== undefined)
  }

  /** What `{{ value }}` writes. */
  text(given: Value): string {
    const { finalize } = this.#parts
    const value =
      finalize === undefined || this.#written.has(String(textOf(given))) ? given : finalize(given, this.#last)
    if (typeof value === 'string' && !this.autoescape) return value
    if (!this.autoescape) return printed(value)
    return value instanceof Markup ? value.text : escapeHtml(printed(value))
  }

  /** What a filter or call made of a block's body, which has to be a text. */
  bodyText(value: Value): string {
    const text = textOf(value)
    if (text !== undefined) return text
    if (value instanceof Undefined) value.fail()
    throw new PyError('TypeError', `sequence item 0: expected str instance, ${typeName(value)} found`)
  }

  captured(out: readonly string[]): Value {
    const text = out.join('')
    if (this.#parts.finalize !== undefined) this.#written.add(text)
    return this.autoescape ? new Markup(text) : text
  }

  // Calls.

  call(target: Value, args: readonly Value[], kwargs: Kwargs): Eventual {
    return expectCallable(target).call(args, kwargs)
  }

  filter(name: string, value: Value, args: readonly Value[], kwargs: Kwargs): Eventual {
    const filter = this.#parts.filters.get(name)
    if (filter === undefined) throw new PyError('TemplateRuntimeError', `No filter named '${name}'.`)
    const result = filter.call(this, value, args, kwargs)
    if (typeof result === 'string') checkLength(result.length)
    return result
  }

  test(name: string, value: Value, args: readonly Value[], kwargs: Kwargs): boolean {
    const test = this.#parts.tests.get(name)
    if (test === undefined) throw new PyError('TemplateRuntimeError', `No test named '${name}'.`)
    return test.call(this, value, args, kwargs)
  }

  variable(name: string): Value | undefined {
    return this.#globals[name]
  }

  macro(
    name: string | null,
    parameters: readonly string[],
    extras: MacroExtras,
    around: Scope,
    run: (scope: Scope, out: string[]) => Promise<void>,
  ): Macro {
    return new Macro(name, parameters, extras, around, async (scope) => {
      if (this.tick()) await this.breathe()
      const out: string[] = []
      await run(scope, out)
      return this.captured(out)
    })
  }

  // Blocks.

  block(context: TemplateContext, name: string, scope: Scope, out: string[], isRequired: boolean): Promise<void> {
    const stack = context.blocks.get(name) ?? []
    const [block] = stack
    if (block === undefined || (isRequired && stack.length <= 1)) {
      throw new PyError('TemplateRuntimeError', `Required block '${name}' not found`)
    }
    return block(Object.create(scope), out, context, 0)
  }

  async extend(context: TemplateContext, parent: TemplateProgram | null, name: Value): Promise<TemplateProgram> {
    if (parent !== null) throw new PyError('TemplateRuntimeError', 'extended multiple times')
    const { program } = await this.#load(expectText(name))
    for (const [block, run] of program.blocks) {
      const stack = context.blocks.get(block)
      if (stack === undefined) context.blocks.set(block, [run])
      else stack.push(run)
    }
    return program
  }

  self(context: TemplateContext): SelfReference {
    return new SelfReference((name) => (context.blocks.has(name) ? this.#reference(context, name, 0) : undefined))
  }

  super(context: TemplateContext, name: string, depth: number): Value {
    return context.blocks.get(name)?.[depth + 1] === undefined
      ? new Undefined(`there is no parent block called '${name}'.`)
      : this.#reference(context, name, depth + 1)
  }

  #reference(context: TemplateContext, name: string, depth: number): BlockReference {
    const render = async (block: string, level: number): Promise<Value> => {
      if (this.tick()) await this.breathe()
      const out: string[] = []
      await context.blocks.get(block)?.[level]?.(Object.create(context.scope), out, context, level)
      return this.captured(out)
    }
    return new BlockReference(name, depth, render, (level) => context.blocks.get(name)?.[level] !== undefined)
  }

  // Other templates.

  async include(
    names: Value,
    ignoresMissing: boolean,
    withContext: boolean,
    scope: Scope,
    out: string[],
  ): Promise<void> {
    const loaded = await this.#select(names, ignoresMissing)
    if (loaded === undefined) return
    if (withContext) await this.#run(loaded, Object.create(scope), out)
    else this.write(out, (await this.#module(loaded)).text)
  }

  async import(name: Value, withContext: boolean, scope: Scope): Promise<TemplateModule> {
    const loaded = await this.#load(textOf(name) ?? str(name))
    return withContext ? this.#newModule(loaded, Object.create(flattened(scope))) : this.#module(loaded)
  }

  /** Without the importer's context a template is run once, and all importers share what it exports. */
  async #module(loaded: Loaded): Promise<TemplateModule> {
    const { name } = loaded.identity
    const known = this.#modules.get(name)
    if (known !== undefined) return known
    const module = await this.#newModule(loaded, Object.create(this.#snapshot()))
    this.#modules.set(name, module)
    return module
  }

  async #newModule(loaded: Loaded, scope: Scope): Promise<TemplateModule> {
    const out: string[] = []
    const { exports } = await this.#run(loaded, scope, out)
    return new TemplateModule(loaded.identity.name, out.join(''), scope, exports)
  }

  /** The first that exists of one name or of several. */
  async #select(names: Value, ignoresMissing: boolean): Promise<Loaded | undefined> {
    const isOne = typeof names === 'string' || names instanceof Markup
    const all = isOne
      ? [expectText(names)]
      : Array.from(names === null ? [] : iterate(names), (name) => expectText(name))
    for (const name of all) {
      const loaded = await this.#find(name)
      if (loaded !== undefined) return loaded
    }
    if (ignoresMissing) return undefined
    if (isOne) throw notFound(all[0] ?? '')
    const message =
      all.length === 0
        ? 'Tried to select from an empty list of templates'
        : `none of the templates given were found: ${all.join(', ')}`
    throw new PyError('TemplatesNotFound', message)
  }

  async #load(name: string): Promise<Loaded> {
    const loaded = await this.#find(name)
    if (loaded === undefined) throw notFound(name)
    return loaded
  }

  /** As Salt's loader does, every look-up of a file changes `tplfile`, `tpldir` and `tpldot` for what comes after it. */
  async #find(name: string): Promise<Loaded | undefined> {
    const known = this.#loaded.get(name)
    if (known !== undefined) return known
    const { tpldir } = this.#globals
    const resolved = resolveTemplateName(name, typeof tpldir === 'string' ? tpldir : '.')
    if (resolved === undefined) return undefined
    Object.assign(this.#globals, resolved.variables)
    const source = await this.#parts.loader.load(resolved.path)
    if (source === undefined) return undefined
    const loaded = this.#compile(name, source)
    this.#loaded.set(name, loaded)
    return loaded
  }

  #compile(name: string, { text, location }: TemplateSource): Loaded {
    const bare: TemplateIdentity = { name, location, source: text.replace(/\r\n?/g, '\n') }
    this.#sources.set(location, bare)
    try {
      const { factory, source } = this.#parts.compiler.compile(text, this.#parts.syntax)
      const identity: TemplateIdentity = { name, location, source }
      this.#sources.set(location, identity)
      return { identity, program: factory(operators, this, identity) }
    } catch (error) {
      throw this.#misread(error, bare)
    }
  }

  /** A template that cannot be compiled is reported where it is wrong, below the places that asked for it. */
  #misread(error: unknown, { location, source }: TemplateIdentity): PyError {
    if (error instanceof RangeError) {
      return new PyError('RecursionError', `the template ${location} is nested too deeply`, { cause: error })
    }
    const known = this.#frames.located(error)
    if (!(known instanceof TemplateSyntaxError)) return known
    const { line, offset } = known
    const column = offset === undefined ? 1 : positionOf(source, offset).column
    known.places = [...this.#frames.places(), { file: location, line, column }]
    return known
  }
}

function notFound(name: string): PyError {
  return new PyError('TemplateNotFound', name)
}

/** The variables of a scope and those around it, as they are now. */
function flattened(scope: Scope): Scope {
  const all = newScope()
  for (const name in scope) all[name] = scope[name]
  return all
}

function newScope(): Scope {
  return Object.create(null)
}
