/** Says on a terminal which file is looked at; elsewhere nothing. */
export class LintProgress implements Disposable {
  readonly #stream: NodeJS.WriteStream
  #shownAtMs = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show(path: string, index: number, count: number): void {
    const now = performance.now()
    // A line that changes faster than eyes can follow only costs time.
    if (!this.#stream.isTTY || now - this.#shownAtMs < 100) return
    this.#shownAtMs = now
    const line = `${index + 1} of ${count}: ${path}`
    this.#stream.write(`\r\u001b[K${line.slice(0, Math.max(10, this.#stream.columns - 1))}`)
  }

  [Symbol.dispose](): void {
    if (this.#stream.isTTY && this.#shownAtMs > 0) this.#stream.write('\r\u001b[K')
  }
}
