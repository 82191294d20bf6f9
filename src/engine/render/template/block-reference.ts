/** `super()` and `self.name()`. */
import { type Eventual, HostObject, type Kwargs, Undefined, type Value } from '../values/kinds.ts'

/** Writes the block at a depth of its stack (0: that of the template furthest down), undefined where there is none. */
export type RenderBlock = (name: string, depth: number) => Promise<Value> | undefined

export class BlockReference extends HostObject {
  readonly typeName = 'jinja2.runtime.BlockReference'
  readonly #name: string
  readonly #depth: number
  readonly #render: RenderBlock
  readonly #hasParent: (depth: number) => boolean

  constructor(name: string, depth: number, render: RenderBlock, hasParent: (depth: number) => boolean) {
    super()
    this.#name = name
    this.#depth = depth
    this.#render = render
    this.#hasParent = hasParent
  }

  override getAttribute(name: string): Value | undefined {
    if (name === 'name') return this.#name
    if (name !== 'super') return undefined
    return this.#hasParent(this.#depth + 1)
      ? new BlockReference(this.#name, this.#depth + 1, this.#render, this.#hasParent)
      : new Undefined(`there is no parent block called '${this.#name}'.`)
  }

  override call(_args: readonly Value[], _kwargs: Kwargs): Eventual {
    return this.#render(this.#name, this.#depth)
  }
}

/** The variable `self`: the blocks of the template by name. */
export class SelfReference extends HostObject {
  readonly typeName = 'jinja2.runtime.TemplateReference'
  readonly #lookUp: (name: string) => BlockReference | undefined

  constructor(lookUp: (name: string) => BlockReference | undefined) {
    super()
    this.#lookUp = lookUp
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.#lookUp(key) : undefined
  }
}
