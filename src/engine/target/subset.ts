/**
 * Up to `size` of the ids, at random, of those that are `having`. Asks of only as many as it takes to find that many.
 *
 * @param having those of these ids that will do
 */
export async function chooseSubset(
  ids: readonly string[],
  size: number,
  having: (ids: readonly string[]) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const waiting = shuffle(ids)
  const chosen: string[] = []
  while (chosen.length < size && waiting.length > 0) {
    chosen.push(...(await having(waiting.splice(0, size - chosen.length))))
  }
  return chosen.sort()
}

function shuffle(ids: readonly string[]): string[] {
  const result = [...ids]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1))
    const [a, b] = [result[index], result[other]]
    if (a !== undefined && b !== undefined) [result[index], result[other]] = [b, a]
  }
  return result
}
