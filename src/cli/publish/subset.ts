import type { PublishRequest } from '../../client/api.ts'
import type { MasterBus } from '../../client/master-bus.ts'

/**
 * Up to `size` of the minions, at random, that have all functions of the job. Asks only as many minions as it takes to find
 * that many.
 */
export async function chooseSubset(
  bus: Pick<MasterBus, 'call'>,
  request: PublishRequest,
  connected: readonly string[],
  size: number,
): Promise<readonly string[]> {
  const waiting = shuffle(connected)
  const chosen: string[] = []
  while (chosen.length < size && waiting.length > 0) {
    chosen.push(...(await withFunctions(bus, request, waiting.splice(0, size - chosen.length))))
  }
  return chosen.sort()
}

async function withFunctions(
  bus: Pick<MasterBus, 'call'>,
  request: PublishRequest,
  ids: readonly string[],
): Promise<string[]> {
  const wanted = typeof request.fun === 'string' ? [request.fun] : request.fun
  const having: string[] = []
  const { user, timeout } = request
  const asked = { tgt: ids, tgt_type: 'list', fun: 'sys.list_functions', arg: [], ret: '', user, timeout, follow: true }
  await bus.call('publish', asked, {
    onItem(item) {
      if (item.kind !== 'outcome') return
      const functions = item.ret?.return
      if (Array.isArray(functions) && wanted.every((fun) => functions.includes(fun))) having.push(item.id)
    },
  })
  return having
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
