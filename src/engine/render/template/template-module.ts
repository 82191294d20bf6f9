/** What `{% import %}` gives: the names that a template exports, and its text. */
import { HostObject, type Value } from '../values/kinds.ts'
import type { Scope } from './scope.ts'

export class TemplateModule extends HostObject {
  readonly typeName = 'jinja2.environment.TemplateModule'
  readonly name: string
  readonly text: string
  readonly #scope: Scope
  readonly #exports: ReadonlySet<string>

  constructor(name: string, text: string, scope: Scope, exports: ReadonlySet<string>) {
    super()
    this.name = name
    this.text = text
    this.#scope = scope
    this.#exports = exports
  }

  /** Undefined for a name that the template does not export. */
  exported(name: string): Value | undefined {
    return this.#exports.has(name) ? this.#scope[name] : undefined
  }

  override getAttribute(name: string): Value | undefined {
    return this.exported(name)
  }

  override str(): string {
    return this.text
  }

  override repr(): string {
    return `<TemplateModule '${this.name}'>`
  }
}
