import { SaltError } from '../../../base/errors.ts'
import type { PillarSource } from './pillar-source.ts'

export const gitPillar: PillarSource = async () => {
  throw new SaltError('internal', 'not yet')
}
