import { asSaltError } from '../../base/errors.ts'
import type { MinionBus } from '../../client/master-bus.ts'
import type { RunningJobs } from '../../engine/jobs/types.ts'
import type { FunctionServices } from '../../engine/plugin.ts'

interface Neighbor {
  readonly sockDir: string
  readonly id: string
}

/** The jobs of the minion that runs beside this process; none where none runs. */
export function runningJobs(target: Neighbor): RunningJobs {
  const ask = async <Answer>(question: (bus: MinionBus) => Promise<Answer>, otherwise: Answer): Promise<Answer> => {
    const { connectMinionBus } = await import('../../client/master-bus.ts')
    try {
      await using bus = await connectMinionBus(target)
      return await question(bus)
    } catch (thrown) {
      if (asSaltError(thrown).code === 'minion-unreachable') return otherwise
      throw thrown
    }
  }
  return {
    list: () => ask((bus) => bus.call('running', null), []),
    signal: (jid, signal) => ask((bus) => bus.call('signal', { jid, signal }), false),
  }
}

/** The schedule and the beacons of the minion that runs beside this process. */
export function runningKeepers(target: Neighbor): Required<Pick<FunctionServices, 'schedule' | 'beacons'>> {
  const connect = async (): Promise<MinionBus> => {
    const { connectMinionBus } = await import('../../client/master-bus.ts')
    return await connectMinionBus(target)
  }
  return {
    schedule: {
      async manage(request) {
        await using bus = await connect()
        return await bus.call('schedule', request)
      },
    },
    beacons: {
      async manage(request) {
        await using bus = await connect()
        return await bus.call('beacons', request)
      },
    },
  }
}
