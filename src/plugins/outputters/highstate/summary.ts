/** What stands below the results of one minion: how many there are of each kind, and how long they took. */
import { asFloat } from '../../../base/float.ts'
import { pythonRepr } from '../../../base/python-repr.ts'
import type { StateOutputOptions } from '../../../engine/state/output-options.ts'
import type { Palette } from '../colors.ts'
import { isTrue, type StateResult } from './result.ts'

const longestLabel = 'Succeeded'.length

export class Summary {
  #succeeded = 0
  #unchanged = 0
  #failed = 0
  #warned = 0
  #changed = 0
  #durationMs = 0
  #parallelMs = 0
  /** By what the minion said, for the width of the widest. */
  readonly #counts = new Map<unknown, number>()

  /** @param changed how many of those that it stands for changed something. */
  add(state: StateResult, changed: number): void {
    const { result, count, isParallel, durationMs } = state
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + count)
    if (result === null) this.#unchanged += count
    else if (result === false) this.#failed += count
    else if (isTrue(result)) this.#succeeded += count
    this.#changed += changed
    if (isParallel) this.#parallelMs = Math.max(this.#parallelMs, durationMs)
    else this.#durationMs += durationMs
  }

  /** One more state with warnings was shown in full. */
  warned(): void {
    this.#warned += 1
  }

  /** Whether any state changed something. */
  get hasChanges(): boolean {
    return this.#changed > 0
  }

  lines(host: string, colors: Palette, { hasPercent, hasProfile }: StateOutputOptions): string[] {
    const width = longestLabel + 2 + this.#digits()
    const line = (color: string, text: string): string => `${color}${text}${colors.reset}`
    const count = (label: string, number: number | string): string =>
      `${label}: ${String(number).padStart(width - label.length - 2)}`
    const rule = '-'.repeat(width)
    const lines = [
      line(colors.cyan, `\nSummary for ${host}\n${rule}`),
      line(colors.green, count('Succeeded', this.#succeeded + this.#unchanged)) + this.#changeCounts(line, colors),
      line(this.#failed > 0 ? colors.red : colors.cyan, count('Failed', this.#failed)),
    ]
    const total = this.#total()
    if (hasPercent && total > 0) {
      const share = (part: number): string => pythonRepr(asFloat(Number(((part / total) * 100).toFixed(2))))
      lines.push(line(colors.green, count('Success %', share(this.#succeeded + this.#unchanged))))
      lines.push(line(this.#failed > 0 ? colors.red : colors.cyan, count('Failure %', share(this.#failed))))
    }
    if (this.#warned > 0) lines.push(line(colors.lightRed, count('Warnings', this.#warned)))
    lines.push(line(colors.cyan, `${rule}\nTotal states run: ${String(total).padStart(width - 7)}`))
    if (hasProfile) lines.push(line(colors.cyan, `Total run time: ${this.#runTime(width - 5)}`))
    return lines
  }

  #changeCounts(line: (color: string, text: string) => string, colors: Palette): string {
    const parts: string[] = []
    if (this.#unchanged > 0) parts.push(line(colors.lightYellow, `unchanged=${this.#unchanged}`))
    if (this.#changed > 0) parts.push(line(colors.green, `changed=${this.#changed}`))
    return parts.length === 0 ? '' : ` (${parts.join(', ')})`
  }

  #total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  #digits(): number {
    return Math.max(0, ...[...this.#counts.values(), ...(this.#warned > 0 ? [this.#warned] : [])].map(digitsOf))
  }

  #runTime(width: number): string {
    const sum = this.#durationMs + this.#parallelMs
    return sum > 999 ? `${(sum / 1000).toFixed(3).padStart(width)} s` : `${sum.toFixed(3).padStart(width)} ms`
  }
}

function digitsOf(count: number): number {
  return String(count).length
}
