import type { EventBus } from '../../bus/event-bus.ts'
import type { ReturnerContext } from '../../engine/returner.ts'
import type { ReturnerSurroundings } from '../returner-opener.ts'
import { masterId } from './local-functions.ts'

interface Parts extends Pick<ReturnerContext, 'config' | 'log' | 'clock'> {
  readonly bus: EventBus
}

/** What a returner finds in a master. */
export function masterSurroundings({ bus, ...rest }: Parts): ReturnerSurroundings {
  const fireMaster: ReturnerContext['fireMaster'] = async (tag, data) => {
    bus.fire(tag, data)
  }
  return { ...rest, id: masterId(), role: 'master', fireMaster }
}
