/** What `salt call` does with `--return`, and with `return:` of the configuration. */
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { EventBus } from '../../bus/event-bus.ts'
import type { JobReturn, PublishRequest } from '../../client/api.ts'
import { connectMinionBus } from '../../client/master-bus.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { ReturnerReport } from '../../client/minion-bus.ts'
import { MinionReturners } from '../../daemons/minion/minion-returners.ts'
import { Outlets } from '../../daemons/outlets.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import type { ReturnerRegistry } from '../../engine/returner.ts'

type Names = Pick<PublishRequest, 'ret' | 'ret_config' | 'ret_kwargs'>

interface Host {
  readonly minion: MinionOptions
  readonly log: Log
  readonly masters: readonly MasterCalls[]
  readonly registry: ReturnerRegistry
}

/** So long a backend is waited for. */
const patienceSeconds = 10
/** The minion may need a little more than that. */
const slackMs = 5000

/** By the minion that runs here, which goes on where a backend is away; by this process where none runs. The exit code. */
export async function giveReturn(ret: JobReturn, names: Names, host: Host): Promise<number> {
  const reports = (await throughMinion(ret, names, host.minion)) ?? (await fromHere(ret, names, host))
  for (const { returner, state, reason } of reports) {
    if (state === 'waiting')
      process.stderr.write(
        `salt call: the returner ${returner} takes nothing now; the result waits on disk, and the minion will deliver it: ${reason}\n`,
      )
    if (state === 'refused')
      process.stderr.write(`salt call: the returner ${returner} was not given the result: ${reason}\n`)
  }
  return reports.some(({ state }) => state === 'refused') ? 1 : 0
}

async function throughMinion(
  ret: JobReturn,
  names: Names,
  { paths, id }: MinionOptions,
): Promise<readonly ReturnerReport[] | undefined> {
  try {
    await using bus = await connectMinionBus({ sockDir: paths.sock_dir, id })
    return await bus.call(
      'return.deliver',
      { ...names, value: ret, timeout: patienceSeconds },
      { timeoutMs: patienceSeconds * 1000 + slackMs },
    )
  } catch (thrown) {
    if (asSaltError(thrown).code === 'minion-unreachable') return undefined
    throw thrown
  }
}

async function fromHere(
  ret: JobReturn,
  names: Names,
  { minion, log, masters, registry }: Host,
): Promise<readonly ReturnerReport[]> {
  const bus = new EventBus({ clock: systemClock, maximumEventSize: minion.values.max_event_size })
  const folder = join(minion.paths.cachedir, 'outlets')
  await using outlets = new Outlets({ clock: systemClock, log, bus, folder })
  await using returners = new MinionReturners({
    ...{ id: minion.id, registry, outlets, folder, bus, log },
    clock: systemClock,
    options: () => minion,
    masters: () => masters,
    tellMasters: () => {},
  })
  return await returners.deliver(ret, names, patienceSeconds * 1000)
}
