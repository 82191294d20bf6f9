/** Runs pieces of work one after the other, in the order in which they came. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve()

  /** What the work results in; its failure does not keep the next from running. */
  run<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }
}
