/** Jobs of one minion through a client that stays open, and what they cost both daemons. */
import type { TargetOutcome } from '../../src/client/api.ts'
import type { MasterBus } from '../../src/client/master-bus.ts'
import { Fleet } from '../../test/support/fleet.ts'
import { cpuOf, median, memoryOf, ownMemoryOf, quantile, timed } from './measure.ts'
import type { Row } from './report.ts'

/** Publishes one trivial job, waits for the outcomes of its targets, and answers how many returned. */
export async function ping(
  bus: MasterBus,
  tgt: string,
  onSilent: (outcome: TargetOutcome) => void = () => {},
): Promise<number> {
  let returned = 0
  await bus.call(
    'publish',
    { tgt, tgt_type: 'glob', fun: 'test.ping', arg: [], user: 'bench', ret: '', timeout: 30, follow: true },
    {
      onItem: (item) => {
        if (item.kind !== 'outcome') return
        if (item.state === 'returned') returned += 1
        else onSilent(item)
      },
    },
  )
  return returned
}

async function pingOne(bus: MasterBus): Promise<void> {
  if ((await ping(bus, 'one')) !== 1) throw new Error('the minion did not return')
}

/** So many jobs with so many of them on the way at a time: jobs per second. */
async function rate(bus: MasterBus, count: number, inFlight: number): Promise<number> {
  let left = count
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await pingOne(bus)
    }
  }
  const seconds = await timed(() => Promise.all(Array.from({ length: inFlight }, client)))
  return count / seconds
}

/** `growthJobs`: after how many jobs memory is compared. */
export async function* jobs(growthJobs: number): AsyncGenerator<Row> {
  await using fleet = await Fleet.start({ program: 'binary', minions: { one: '' } })
  const daemons = { master: fleet.master.pid, minion: fleet.minion('one').pid }
  yield memoryRow('memory of an idle master (PSS)', memoryOf(daemons.master), 90)
  yield memoryRow('memory of an idle minion (PSS)', memoryOf(daemons.minion), 60)
  await using bus = await fleet.bus()
  for (let warm = 0; warm < 500; warm += 1) await pingOne(bus)

  const walls: number[] = []
  for (let count = 0; count < 2000; count += 1) walls.push((await timed(() => pingOne(bus))) * 1000)
  yield {
    name: 'round trip of a job, open client: p50',
    value: median(walls),
    unit: 'ms',
    also: { p99: quantile(walls, 0.99) },
    goal: { atMost: 2 },
  }
  yield { name: 'round trip of a job: p99', value: quantile(walls, 0.99), unit: 'ms', goal: { atMost: 8 } }

  const before = { master: cpuOf(daemons.master), minion: cpuOf(daemons.minion) }
  const rates: number[] = []
  for (let round = 0; round < 3; round += 1) rates.push(await rate(bus, 5000, 16))
  yield {
    name: 'jobs with 16 in flight',
    value: median(rates),
    unit: 'jobs/s',
    also: { best: Math.max(...rates) },
    goal: { atLeast: 3000 },
  }
  const perJob = (pid: number, since: number): number => ((cpuOf(pid) - since) * 1000) / 15_000
  yield { name: 'CPU per job: minion', value: perJob(daemons.minion, before.minion), unit: 'ms', goal: { atMost: 1 } }
  yield { name: 'CPU per job: master', value: perJob(daemons.master, before.master), unit: 'ms', goal: { atMost: 0.3 } }

  yield* growth(bus, daemons, growthJobs)
}

/** Memory after so many more jobs, once as many have given heaps and caches their size. */
async function* growth(
  bus: MasterBus,
  daemons: Readonly<Record<'master' | 'minion', number>>,
  count: number,
): AsyncGenerator<Row> {
  await rate(bus, count, 16)
  const settled = { master: ownMemoryOf(daemons.master), minion: ownMemoryOf(daemons.minion) }
  await rate(bus, count, 16)
  for (const name of ['master', 'minion'] as const) {
    const now = ownMemoryOf(daemons[name])
    yield {
      name: `growth of the ${name} over ${count.toLocaleString('en')} jobs`,
      value: now - settled[name],
      unit: 'MiB',
      also: { now },
      goal: { atMost: 10 },
    }
  }
}

function memoryRow(name: string, value: number, atMost: number): Row {
  return { name, value, unit: 'MiB', goal: { atMost } }
}
