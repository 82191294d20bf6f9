/** Events through the master's bus, from a program beside it and from a minion, to programs that listen. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { EventConnection } from '../../src/client/event-connection.ts'
import { connectMasterBus, connectMinionBus } from '../../src/client/master-bus.ts'
import { Fleet } from '../../test/support/fleet.ts'
import { median, ownMemoryOf, quantile, timed } from './measure.ts'
import type { Row } from './report.ts'

/** An event of about 200 bytes. */
const data = { text: 'x'.repeat(160), number: 4711 }
/** Events on the way at a time: of a program beside the master, and calls of a minion. */
const inFlight = { program: 16_000, minion: 512 }

export async function* events(count: number): AsyncGenerator<Row> {
  await using fleet = await Fleet.start({ program: 'binary' })
  await using firing = await EventConnection.open({ connect: () => connectMasterBus({ sockDir: fleet.sockDir }) })
  yield* latency(firing)
  const fire = (): Promise<unknown> => firing.fire('bench/event', data)
  // A daemon that has just started is measured elsewhere.
  await fireMany({ count: count / 2, inFlight: inFlight.program, fire })
  const common = { sockDir: fleet.sockDir, count, fire, inFlight: inFlight.program }
  yield await throughput('master bus, 200 B: one listener', { ...common, listeners: 1, atLeast: 200_000 })
  yield await throughput('master bus, 200 B: five listeners', { ...common, listeners: 5, atLeast: 100_000 })
  await fleet.startMinion('firing')
  const minionSockDir = join(fleet.folder, 'root-firing', 'var', 'run', 'salt', 'minion')
  await using minion = await EventConnection.open({
    connect: () => connectMinionBus({ sockDir: minionSockDir, id: 'firing' }),
  })
  const fireMaster = (): Promise<unknown> => minion.fire('fire_master', { tag: 'bench/event', data })
  yield await throughput('bus of a minion to a listener of the master', {
    ...common,
    fire: fireMaster,
    inFlight: inFlight.minion,
    listeners: 1,
    atLeast: 20_000,
  })
  yield await memory(fleet, firing)
}

/** From firing to having it, in one process with one connection for both. */
async function* latency(firing: EventConnection): AsyncGenerator<Row> {
  let arrived = (): void => {}
  const listening = await firing.subscribe({ pattern: 'bench/', match: 'startswith' }, { onEvents: () => arrived() })
  const walls: number[] = []
  for (let count = 0; count < 2000; count += 1) {
    const wall = await timed(
      () =>
        new Promise<void>((resolve, reject) => {
          arrived = resolve
          firing.fire('bench/event', data).catch(reject)
        }),
    )
    walls.push(wall * 1000)
  }
  listening.unsubscribe()
  yield {
    name: 'master bus: fire to receive, p50',
    value: median(walls),
    unit: 'ms',
    also: { p99: quantile(walls, 0.99) },
    goal: { atMost: 0.3 },
  }
}

interface Load {
  readonly sockDir: string
  readonly listeners: number
  readonly count: number
  readonly inFlight: number
  readonly atLeast: number
  fire(): Promise<unknown>
}

async function throughput(name: string, load: Load): Promise<Row> {
  const { sockDir, listeners, count, atLeast } = load
  const processes = await Promise.all(Array.from({ length: listeners }, () => startListener(sockDir, count)))
  const reports = Promise.all(processes.map((child) => once(child, 'message')))
  let dropped = 0
  const seconds = await timed(async () => {
    await fireMany(load)
    for (const [report] of await reports) dropped += (report as { dropped: number }).dropped
  })
  return { name, value: count / seconds, unit: 'events/s', also: { dropped }, goal: { atLeast } }
}

async function fireMany({ count, inFlight: atATime, fire }: Pick<Load, 'count' | 'inFlight' | 'fire'>): Promise<void> {
  let left = count
  const fireSome = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await fire()
    }
  }
  await Promise.all(Array.from({ length: atATime }, fireSome))
}

/** What a million events leave behind in a master that was warm, with one subscriber that is stopped. */
async function memory(fleet: Fleet, firing: EventConnection): Promise<Row> {
  const stopped = await startListener(fleet.sockDir, 1)
  stopped.kill('SIGSTOP')
  const fire = (): Promise<unknown> => firing.fire('bench/event', data)
  const { program: atATime } = inFlight
  await fireMany({ count: 200_000, inFlight: atATime, fire })
  const before = await settledMemoryOf(fleet.master.pid)
  await fireMany({ count: 1_000_000, inFlight: atATime, fire })
  const after = await settledMemoryOf(fleet.master.pid)
  stopped.kill('SIGKILL')
  return {
    name: 'master: memory after 1,000,000 events, one subscriber stopped',
    value: after - before,
    unit: 'MiB more',
    also: { before, after },
    goal: { atMost: 4 },
  }
}

/** Resident memory once the collector of garbage had its time. MiB. */
async function settledMemoryOf(pid: number): Promise<number> {
  await setTimeout(3000)
  return ownMemoryOf(pid)
}

async function startListener(sockDir: string, count: number): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'listener.ts'), [sockDir, String(count)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  await once(child, 'message')
  return child
}
