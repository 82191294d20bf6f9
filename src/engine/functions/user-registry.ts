import { InTurn } from '../../base/in-turn.ts'

type Loaders<D> = Readonly<Record<string, () => Promise<D>>>

/** Plugins of one kind by name: those of this program, and those of the user's own, which come and go while it runs. */
export class UserRegistry<D extends { readonly name: string }> {
  /** Whoever holds it sees what there is now. */
  readonly loaders: Loaders<D>
  /** For whoever changes it. */
  readonly inTurn = new InTurn()
  readonly #builtIn: Loaders<D>
  readonly #now: Record<string, () => Promise<D>>
  #hasOwn = false

  constructor(builtIn: Loaders<D>) {
    this.#builtIn = builtIn
    this.#now = { ...builtIn }
    this.loaders = this.#now
  }

  /** Whether there are any of the user's own. */
  get hasOwn(): boolean {
    return this.#hasOwn
  }

  /**
   * Puts these in the place of the user's own. One with the name of a built-in one hides it; a stand-in for one that cannot be loaded
   * does not.
   */
  replace(own: readonly D[], standIns: readonly D[]): void {
    this.#hasOwn = own.length > 0 || standIns.length > 0
    for (const name of Object.keys(this.#now)) delete this.#now[name]
    for (const one of standIns) this.#now[one.name] = () => Promise.resolve(one)
    Object.assign(this.#now, this.#builtIn)
    for (const one of own) this.#now[one.name] = () => Promise.resolve(one)
  }
}
