import { SaltError } from '../../base/errors.ts'
import type { ReturnerContext } from '../../engine/returner.ts'
import type { ReturnerSurroundings } from '../returner-opener.ts'
import type { MasterEvents } from './master-events.ts'

interface Parts extends Pick<ReturnerContext, 'id' | 'config' | 'log' | 'clock'> {
  readonly events: Pick<MasterEvents, 'fire'>
}

/** What a returner finds in a minion. An event for the masters counts as fired when it waits on disk for them. */
export function minionSurroundings({ events, ...rest }: Parts): ReturnerSurroundings {
  const fireMaster: ReturnerContext['fireMaster'] = async (tag, data) => {
    const { isTaken, refused } = events.fire({ tag, data, pretag: null })
    if (!isTaken) throw new SaltError('bad-arguments', `the event ${tag} is not for the masters: ${refused.join('; ')}`)
  }
  return { ...rest, role: 'minion', fireMaster }
}
