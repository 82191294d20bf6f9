/** Asking a master for the pillar of this minion. */
import { textIfAny } from '../../base/narrow.ts'
import type { MasterCalls, MasterLinkMethods } from '../../client/master-link.ts'
import type { ConfigView } from '../config-view.ts'
import type { Grains, PillarQuestion } from '../plugin.ts'

/** A master with slow sources, or with a thousand minions that ask at a time, takes its time. */
const timeoutMs = 120_000

export interface AskedPillar {
  readonly config: ConfigView
  /** Left out where the master was told them a moment ago. */
  readonly grains?: Grains | undefined
  readonly question: PillarQuestion
  /** Tell them only when the master wants them. */
  readonly asksForGrains?: boolean
  /** What the master keeps of it does not count. */
  readonly cleansCache?: boolean
}

/** The environments of the configuration count where the question names none. */
export async function askPillar(
  master: MasterCalls,
  { config, grains, question, asksForGrains, cleansCache }: AskedPillar,
): Promise<MasterLinkMethods['pillar.compile']['result']> {
  const { saltenv, pillarenv } = environmentsOf(config, question)
  const { override, ext } = question
  return await master.call(
    'pillar.compile',
    {
      ...(grains === undefined ? {} : { grains }),
      ...(saltenv === undefined ? {} : { saltenv }),
      ...(pillarenv === undefined ? {} : { pillarenv }),
      ...(override === undefined ? {} : { override }),
      ...(ext === undefined ? {} : { ext }),
      ...(asksForGrains === true ? { asksForGrains } : {}),
      ...(cleansCache === true ? { cleansCache } : {}),
      ...(Object.keys(question).length === 0 ? {} : { isAside: true }),
    },
    { timeoutMs },
  )
}

function environmentsOf(config: ConfigView, question: PillarQuestion): Pick<PillarQuestion, 'saltenv' | 'pillarenv'> {
  const saltenv = question.saltenv ?? textIfAny(config.get('saltenv')) ?? textIfAny(config.get('environment'))
  const ofStates = config.get('pillarenv_from_saltenv') === true ? saltenv : undefined
  return { saltenv, pillarenv: question.pillarenv ?? textIfAny(config.get('pillarenv')) ?? ofStates }
}
