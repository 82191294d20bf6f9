/** Files of users and groups who are not there yet: another state of the run may make them before the work is done. */
import type { StateContext } from '../../../engine/plugin.ts'
import { isMadeBefore } from '../../../engine/state/made-before.ts'
import { failed, pending, type StatePlan } from '../../../engine/state/plan.ts'
import { foreseenMetadata, type MetadataRequest, type WantedMetadata } from '../../modules/file/managing/metadata.ts'

/** Plans with what is known of the owners; who is still not known when it is to be done fails it. */
export async function planForOwners(
  ctx: StateContext,
  request: MetadataRequest,
  plan: (metadata: WantedMetadata) => Promise<StatePlan> | StatePlan,
): Promise<StatePlan> {
  const { metadata, fault } = foreseenMetadata(request)
  const planned = await plan(metadata)
  if (fault === undefined) return planned
  const { user, group } = metadata
  return untilThereAre(ctx, planned, fault, [user?.given, group?.given])
}

/**
 * The plan as a dry run shows it, whose work is to say that owners are missing.
 *
 * @param owners as they were given; those that are known do no harm.
 */
export function untilThereAre(
  ctx: StateContext,
  plan: StatePlan,
  fault: string,
  owners: readonly (string | number | null | undefined)[],
): StatePlan {
  const { comment, changes, warnings = [], more } = plan
  const isForeseen = owners.some((owner) => owner !== undefined && owner !== null && isMade(ctx, owner))
  const told = isForeseen ? warnings : [`${fault.trimEnd()}, and no state before this one makes it so`, ...warnings]
  return pending({
    comment,
    changes,
    testResult: plan.kind === 'settled' ? plan.result : (plan.testResult ?? null),
    ...(told.length === 0 ? {} : { warnings: told }),
    ...(more === undefined ? {} : { more }),
    apply: () => failed(fault),
  })
}

/** As another state of the run makes it: a user or a group of that name. */
function isMade(ctx: StateContext, owner: string | number): boolean {
  return isMadeBefore(
    ctx,
    ({ state, fun, name }) => fun === 'present' && (state === 'user' || state === 'group') && name === `${owner}`,
  )
}
