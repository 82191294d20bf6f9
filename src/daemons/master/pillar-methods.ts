/** What a minion may ask about pillar: its own, and no other. */
import { SaltError } from '../../base/errors.ts'
import { asRecord, isRecord } from '../../base/narrow.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import { approximateSize } from '../../bus/size.ts'
import type { MasterLinkMethods } from '../../client/master-link.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { MasterPillar } from './master-pillar.ts'
import type { MinionCache } from './minion-cache.ts'
import { largestGrains } from './minion-notices.ts'

export interface PillarMethodsOptions {
  readonly pillar: Pick<MasterPillar, 'give' | 'mayHave'>
  readonly cache: Pick<MinionCache, 'set' | 'grains'>
  readonly bus: EventBus
  tellsGrains(): boolean
}

type Methods = {
  'pillar.compile'(
    params: unknown,
    call: Parameters<Handler>[1],
  ): Promise<MasterLinkMethods['pillar.compile']['result']>
}

/** The id is that of the session: nothing in the parameters can be another one. */
export function pillarMethods({ pillar, cache, bus, tellsGrains }: PillarMethodsOptions): Methods {
  return {
    'pillar.compile': async (params, { peer }) => {
      const { grains, saltenv, pillarenv, override, ext, isAside, asksForGrains, cleansCache } = asRecord(params)
      const isNone = !pillar.mayHave && override === undefined && ext === undefined
      if (asksForGrains === true && !isNone) return { pillar: {}, secrets: [], wantsGrains: true }
      if (grains !== undefined) {
        const told = asRecord(grains, 'grains')
        if (approximateSize(told, largestGrains) > largestGrains)
          throw new SaltError('bad-arguments', 'the grains are too large')
        cache.set(peer.name, peer.fingerprint, told)
      }
      if ((grains !== undefined || asksForGrains === true) && tellsGrains())
        bus.fire(tagOf('minion/refresh/:id', peer.name), { 'Minion data cache refresh': peer.name })
      const request = {
        id: peer.name,
        grains: cache.grains(peer.name) ?? {},
        ...(typeof saltenv === 'string' ? { saltenv } : {}),
        ...(typeof pillarenv === 'string' ? { pillarenv } : {}),
        ...(isRecord(override) ? { override } : {}),
        ...(isRecord(ext) ? { ext } : {}),
      }
      return await pillar.give(request, { isAside: isAside === true, cleansCache: cleansCache === true })
    },
  }
}
