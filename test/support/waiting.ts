/** A condition over something that changes: resolves when it holds, without looking again and again. */
export class Changes {
  readonly #looks = new Set<() => void>()

  /** To be called after each change. */
  happened(): void {
    for (const look of [...this.#looks]) look()
  }

  /** The first value that is not undefined. Rejects after the time with what `describe` says. */
  until<T>(find: () => T | undefined, describe: () => string, timeoutMs = 20_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        this.#looks.delete(look)
      }
      const look = (): void => {
        const found = find()
        if (found === undefined) return
        stop()
        resolve(found)
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Error(describe()))
      }, timeoutMs)
      this.#looks.add(look)
      look()
    })
  }
}
