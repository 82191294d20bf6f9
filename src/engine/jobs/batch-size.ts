/** `5`, `10%` or `%10`, up to `100%`. */
export function isBatchSize(text: string): boolean {
  const [, number] = /^%?(\d+(?:\.\d+)?)%?$/.exec(text) ?? []
  const size = Number(number)
  return size > 0 && (text.includes('%') ? size <= 100 : Number.isInteger(size))
}

/** How many of `count` minions that is; at least one. */
export function batchLimit(size: string, count: number): number {
  if (!size.includes('%')) return Number(size)
  const share = (Number(size.replace('%', '')) / 100) * count
  return share < 1 ? 1 : Math.floor(share)
}
