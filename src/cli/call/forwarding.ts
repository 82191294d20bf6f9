import { asSaltError } from '../../base/errors.ts'
import type { FunctionServices } from '../../engine/plugin.ts'

/** By the minion that runs beside this process, which keeps what its masters cannot take now; undefined where none runs. */
export function forwarding(target: {
  readonly sockDir: string
  readonly id: string
}): Required<Pick<FunctionServices, 'fireMaster'>> {
  return {
    async fireMaster(load, timeoutSeconds) {
      const { connectMinionBus } = await import('../../client/master-bus.ts')
      try {
        await using bus = await connectMinionBus(target)
        return await bus.call('fire.master', { load, timeout: timeoutSeconds })
      } catch (thrown) {
        if (asSaltError(thrown).code === 'minion-unreachable') return undefined
        throw thrown
      }
    },
  }
}
