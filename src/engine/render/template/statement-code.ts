/**
 * JavaScript for statements. Besides what expressions see, the code sees `o` (the texts written so far), `p` (the frame, whose
 * `at` is the offset of what runs) and `x` (the context: blocks and exported names).
 */
import { argumentsCode, expressionCode } from './expression-code.ts'
import { type FunctionCode, quote } from './function-code.ts'
import { loopCode } from './loop-code.ts'
import { namesUsed } from './names-used.ts'
import type { Body, Expression, Parameter, Statement, StatementOf, Target } from './nodes.ts'
import type { StatementWriter } from './statement-writer.ts'
import { TemplateSyntaxError } from './syntax-error.ts'

/** Before what is inside of these is run, Jinja does not note where it is. */
const unplaced: ReadonlySet<Statement['kind']> = new Set(['with', 'autoescape', 'data', 'set-block', 'filter-block'])

export class StatementCode implements StatementWriter {
  readonly code: FunctionCode
  /** Name → function. */
  readonly blocks = new Map<string, string>()
  /** Whether what is set here is visible to importers. */
  #isTopLevel = true
  /** Whether output here is dropped once the template has extended another one. */
  #isDroppable: boolean
  /** What the code before was placed at: Jinja reports that for `with` and `autoescape`. */
  #lastOffset = 0
  #loopDepth = 0

  /** @param extendsOther Whether `{% extends %}` is in the template. */
  constructor(code: FunctionCode, extendsOther: boolean) {
    this.code = code
    this.#isDroppable = extendsOther
  }

  expression(expression: Expression, operand?: string): string {
    return expressionCode(this.code, expression, operand)
  }

  statements(body: Body): string {
    return body.map((statement) => this.#statement(statement)).join('\n')
  }

  /** Statements in a scope of their own, whose variable is `s` again. */
  scoped(body: Body, prepare = '', close: () => string = () => ''): string {
    const outer = this.code.unique('q')
    return `{const ${outer}=s;{const s=Object.create(${outer});${prepare}${this.#inside(body)}${close()}}}`
  }

  #inside(body: Body): string {
    return this.inside(() => this.statements(body))
  }

  /** Code that is not at the top level of the template. */
  inside<T>(write: () => T): T {
    const wasTop = this.#isTopLevel
    this.#isTopLevel = false
    const result = this.code.softly(false, write)
    this.#isTopLevel = wasTop
    return result
  }

  /** Code whose output counts even where the template has extended another one. */
  #keeping<T>(write: () => T): T {
    const before = this.#isDroppable
    this.#isDroppable = false
    const result = write()
    this.#isDroppable = before
    return result
  }

  /** Code of a function of its own: a macro or a block. */
  #apart<T>(write: () => T): T {
    const loops = this.#loopDepth
    this.#loopDepth = 0
    const result = this.#keeping(() => this.inside(write))
    this.#loopDepth = loops
    return result
  }

  #unlessExtended(code: string): string {
    return this.#isDroppable ? `if(parent===null){${code}}` : code
  }

  /** Code of a loop's body, where `break` and `continue` are allowed. */
  insideLoop<T>(write: () => T): T {
    this.#loopDepth += 1
    const result = this.inside(write)
    this.#loopDepth -= 1
    return result
  }

  /** Assigns the value of a code to a target. */
  assign(target: Target, value: string): string {
    if (target.kind === 'namespace') {
      return `R.setAttribute(s[${quote(target.name)}],${quote(target.attribute)},${value});`
    }
    if (target.kind === 'name') {
      const isExported = this.#isTopLevel && !target.name.startsWith('_')
      return `s[${quote(target.name)}]=${value};${isExported ? `x.exports.add(${quote(target.name)});` : ''}`
    }
    const parts = this.code.unique('u')
    const items = target.items.map((item, index) => this.assign(item, `${parts}[${index}]`))
    return `const ${parts}=R.unpack(${value},${target.items.length});${items.join('')}`
  }

  #statement(statement: Statement): string {
    const at = this.#at(statement)
    switch (statement.kind) {
      case 'data':
        return `r.write(o,${quote(statement.text)},${statement.offset});`
      case 'output':
        return `${at}${this.#unlessExtended(`r.write(o,r.text(${this.expression(statement.value)}));`)}`
      case 'if':
        return this.#if(statement)
      case 'for':
        return at + loopCode(this, statement)
      case 'break':
      case 'continue':
        return this.#loopControl(statement)
      case 'set':
        return `${at}{${this.assign(statement.target, this.expression(statement.value))}}`
      case 'set-block':
        return at + this.#setBlock(statement)
      case 'do':
        return `${at}${this.expression(statement.value)};`
      case 'macro':
        return `${at}${this.assign({ kind: 'name', name: statement.name }, this.#macro(statement.name, statement))}`
      case 'call-block':
        return at + this.#callBlock(statement)
      case 'filter-block':
        return at + this.#filterBlock(statement)
      case 'with':
        return at + this.#with(statement)
      case 'autoescape':
        return `${at}${this.#autoescape(statement)}`
      case 'block':
        return at + this.#block(statement)
      case 'extends':
        return at + this.#extends(statement)
      case 'include':
        return `${at}await r.include(${this.expression(statement.template)},${statement.ignoresMissing},${statement.withContext},s,o);`
      case 'import':
        return at + this.#import(statement)
      case 'from-import':
        return at + this.#fromImport(statement)
      case 'load':
        return at + this.#load(statement, at)
      case 'import-data':
        return at + this.#importData(statement)
      case 'profile':
        return `${at}${this.expression(statement.label)};${this.statements(statement.body)}`
    }
  }

  /** Code that makes errors be reported at the statement. */
  #at({ kind, offset }: Statement): string {
    if (!unplaced.has(kind)) this.#lastOffset = offset
    return `p.at=${this.#lastOffset};`
  }

  #if({ branches, otherwise }: StatementOf<'if'>): string {
    let text = ''
    for (const { test, body, offset } of branches) {
      this.#lastOffset = offset
      const [condition, block] = this.code.softly(true, () => [this.expression(test), this.statements(body)])
      text += `p.at=${offset};if(R.isTrue(${condition})){${block}}else{`
    }
    return text + this.code.softly(true, () => this.statements(otherwise)) + '}'.repeat(branches.length)
  }

  #loopControl({ kind, line, offset }: StatementOf<'break' | 'continue'>): string {
    if (this.#loopDepth > 0) return `${kind};`
    const message = kind === 'break' ? "'break' outside loop" : "'continue' not properly in loop"
    throw new TemplateSyntaxError(message, line, offset, 'SyntaxError')
  }

  /** The body's text in a variable, whose name `use` gets; `close` gets it where the names of the body are still known. */
  #captured(body: Body, use: (text: string) => string, close: (text: string) => string = () => ''): string {
    const text = this.code.unique('v')
    const inner = this.#keeping(() => this.scoped(body, '', () => `${text}=r.captured(o);${close(text)}`))
    return `{let ${text};{const o=[];${inner}}${use(text)}}`
  }

  #setBlock({ target, filter, body, offset }: StatementOf<'set-block'>): string {
    return this.#captured(
      body,
      (text) => `p.at=${offset};${this.assign(target, text)}`,
      (text) => this.#filtered(filter, text, offset),
    )
  }

  #filterBlock({ filter, body, offset }: StatementOf<'filter-block'>): string {
    return this.#captured(
      body,
      (text) => `p.at=${offset};r.write(o,r.bodyText(${text}));`,
      (text) => this.#filtered(filter, text, offset),
    )
  }

  /** A filter on a captured text. Its name must be known, even in a branch. */
  #filtered(filter: Expression | undefined, text: string, offset: number): string {
    this.#lastOffset = offset
    return filter === undefined ? '' : `p.at=${offset};${text}=${this.inside(() => this.expression(filter, text))};`
  }

  #load({ filter, target, body }: StatementOf<'load'>, at: string): string {
    return this.#captured(body, (text) => {
      const value = this.code.awaited(`r.filter(${quote(filter)},${text},[],R.noKwargs)`)
      return `${at}${this.assign(target, value)}`
    })
  }

  #macro(
    name: string | null,
    { parameters, body, line, offset }: { parameters: readonly Parameter[]; body: Body; line: number; offset: number },
  ): string {
    if (parameters.some((parameter) => parameter.name === 'caller' && parameter.fallback === undefined)) {
      throw new TemplateSyntaxError(
        'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
        line,
        offset,
        'TemplateAssertionError',
      )
    }
    const used = namesUsed(body)
    const special = ['caller', 'kwargs', 'varargs'].map((one) => used.has(one))
    const run = this.#apart(() =>
      this.code.body(() => {
        const defaults = parameters.map(({ name: parameter, fallback }) => {
          const value = fallback === undefined ? `R.notProvided(${quote(parameter)})` : this.expression(fallback)
          return `if(!Object.hasOwn(s,${quote(parameter)}))s[${quote(parameter)}]=${value};`
        })
        return this.framed(`p.at=${offset};${defaults.join('')}${this.statements(body)}`)
      }),
    )
    const names = parameters.map((parameter) => quote(parameter.name)).join(',')
    return `r.macro(${JSON.stringify(name)},[${names}],[${special.join(',')}],s,async(s,o)=>{${run}})`
  }

  /** Code that runs as a frame of its own: errors in it are reported at its place. */
  framed(body: string): string {
    return `const p=r.enter(T);try{${body}}catch(e){throw r.failed(e);}finally{r.leave();}`
  }

  #callBlock(statement: StatementOf<'call-block'>): string {
    const caller = this.code.unique('c')
    const { call } = statement
    const target = this.expression(call.target)
    const given = argumentsCode(call, (inner) => this.expression(inner), `['caller',${caller}]`)
    const result = this.code.awaited(`r.call(${target},${given})`)
    return `{const ${caller}=${this.#macro(null, statement)};r.write(o,r.bodyText(${result}));}`
  }

  #with({ values, body }: StatementOf<'with'>): string {
    const names = values.map(() => this.code.unique('w'))
    const computed = values.map(([, value], index) => `const ${names[index]}=${this.expression(value)};`)
    const assigned = this.inside(() => values.map(([target], index) => this.assign(target, names[index] ?? 'null')))
    return `{${computed.join('')}${this.scoped(body, assigned.join(''))}}`
  }

  #autoescape({ value, body }: StatementOf<'autoescape'>): string {
    const before = this.code.unique('e')
    return `{const ${before}=r.autoescape;r.autoescape=R.isTrue(${this.expression(value)});try{${this.scoped(body)}}finally{r.autoescape=${before};}}`
  }

  #block({ name, isScoped, isRequired, body, line, offset }: StatementOf<'block'>): string {
    if (this.blocks.has(name)) {
      throw new TemplateSyntaxError(`block '${name}' defined twice`, line, offset, 'TemplateAssertionError')
    }
    this.blocks.set(name, '')
    const offsetBefore = this.#lastOffset
    const used = namesUsed(body)
    const prepare = [
      used.has('self') ? 's.self=r.self(x);' : '',
      used.has('super') ? `s.super=r.super(x,${quote(name)},d,s);` : '',
    ]
    const late = this.code.lateNames
    this.code.lateNames = new Set()
    const run = this.#apart(() =>
      this.code.body(() => this.framed(`p.at=${offset};${prepare.join('')}${this.statements(body)}`)),
    )
    this.code.lateNames = late
    this.#lastOffset = offsetBefore
    this.blocks.set(name, `async(s,o,x,d)=>{${run}}`)
    return this.#unlessExtended(`await r.block(x,${quote(name)},${isScoped ? 's' : 'x.scope'},o,${isRequired});`)
  }

  #extends({ template, line, offset }: StatementOf<'extends'>): string {
    if (!this.#isTopLevel) {
      throw new TemplateSyntaxError(
        'cannot use extend from a non top-level scope',
        line,
        offset,
        'TemplateAssertionError',
      )
    }
    return `parent=await r.extend(x,parent,${this.expression(template)});o=[];`
  }

  #import({ template, target, withContext }: StatementOf<'import'>): string {
    return this.#unexported(target, `await r.import(${this.expression(template)},${withContext},s)`)
  }

  #unexported(name: string, value: string): string {
    const noExport = this.#isTopLevel ? `x.exports.delete(${quote(name)});` : ''
    return `s[${quote(name)}]=${value};${noExport}`
  }

  #fromImport({ template, names, withContext, line }: StatementOf<'from-import'>): string {
    const module = this.code.unique('m')
    const all = names.map(([name, alias]) => this.#unexported(alias, `R.imported(${module},${quote(name)},${line})`))
    return `{const ${module}=await r.import(${this.expression(template)},${withContext},s);${all.join('')}}`
  }

  #importData({ filter, template, target, withContext }: StatementOf<'import-data'>): string {
    const module = `await r.import(${this.expression(template)},${withContext},s)`
    const data = this.code.awaited(`r.filter(${quote(filter)},R.str(${module}),[],R.noKwargs)`)
    return this.assign({ kind: 'name', name: target }, data)
  }
}
