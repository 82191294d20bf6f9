/** A word that a shell may offer. */
export interface Candidate {
  /** The whole word, as far as it is known: one that ends with `=` is to be continued. */
  readonly word: string
  readonly doc?: string
}
