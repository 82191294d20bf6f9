import type { BeaconAnswer, BeaconRequest } from '../../../client/minion-requests.ts'
import { provided } from '../../../engine/functions/keeper-functions.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export type Entries = Readonly<Record<string, unknown>>

/** Rejects with `minion-unreachable` where no minion runs. */
export async function ask(ctx: FunctionContext, request: BeaconRequest): Promise<BeaconAnswer> {
  return await provided(ctx.services.beacons).manage(request)
}

export async function entriesOf(
  ctx: FunctionContext,
  which: Pick<BeaconRequest, 'include_opts' | 'include_pillar'> = {},
): Promise<Entries> {
  return (await ask(ctx, { func: 'list', ...which })).beacons ?? {}
}

/** As Salt shows them: as YAML, or as they are; always under `beacons` where there are none. */
export async function shown(
  beacons: Entries | readonly string[],
  asText: boolean,
): Promise<string | Entries | readonly string[]> {
  const isEmpty = Array.isArray(beacons) ? beacons.length === 0 : Object.keys(beacons).length === 0
  if (isEmpty) return { beacons: {} }
  if (!asText) return beacons
  const { emitYaml } = await import('../../../base/yaml-emit.ts')
  return emitYaml({ beacons }, { anchors: false })
}
