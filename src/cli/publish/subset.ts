import type { PublishRequest } from '../../client/api.ts'
import type { MasterBus } from '../../client/master-bus.ts'
import { chooseSubset } from '../../engine/target/subset.ts'

/** Up to `size` of the minions, at random, that have all functions of the job. */
export function chooseMinions(
  bus: Pick<MasterBus, 'call'>,
  request: PublishRequest,
  connected: readonly string[],
  size: number,
): Promise<readonly string[]> {
  return chooseSubset(connected, size, (ids) => withFunctions(bus, request, ids))
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
