/** service.masked and service.unmasked: whether a service may be started at all. */
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'

export interface MaskWishes {
  readonly name: string
  readonly runtime: boolean
}

export async function planMask(ctx: StateContext, { name, runtime }: MaskWishes, wanted: boolean): Promise<StatePlan> {
  if (!(await hasFunction(ctx, 'service.masked'))) return impossible('Service masking not available on this minion')
  const type = runtime ? 'runtime masked' : 'masked'
  const goal = wanted ? type : type.replace('masked', 'unmasked')
  const isSo = async () => (await ctx.salt('service.masked', [name, runtime])) === wanted
  if (await isSo()) return right(`Service ${name} ${wanted ? 'is' : 'was'} already ${goal}`)
  const changes = { [type]: { old: !wanted, new: wanted } }
  return pending({
    comment: `Service ${name} would be ${goal}`,
    changes,
    async apply() {
      const verb = wanted ? 'mask' : 'unmask'
      await ctx.salt(`service.${verb}`, [name, runtime])
      if (await isSo()) return done(`Service ${name} was ${goal}`, changes)
      return failed(`Failed to ${verb} service ${name}`)
    },
  })
}
