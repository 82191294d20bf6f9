/** Events through the master's bus, from a program beside it and from a minion, to programs that listen. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { EventConnection } from '../../src/client/event-connection.ts'
import { connectMasterBus, connectMinionBus, type MasterBus } from '../../src/client/master-bus.ts'
import { Fleet } from '../../test/support/fleet.ts'
import { median, quantile, timed } from './measure.ts'
import type { Row } from './report.ts'

/** An event of about 200 bytes. */
const data = { text: 'x'.repeat(160), number: 4711 }
const inFlight = 4096

export async function* events(count: number): AsyncGenerator<Row> {
  await using fleet = await Fleet.start({ program: 'binary' })
  await using bus = await fleet.bus()
  yield* latency(bus)
  await using firing = await EventConnection.open({ connect: () => connectMasterBus({ sockDir: fleet.sockDir }) })
  const fire = (): Promise<unknown> => firing.fire('bench/event', data)
  yield await throughput('master bus, 200 B: one listener', fleet.sockDir, 1, count, fire, 200_000)
  yield await throughput('master bus, 200 B: five listeners', fleet.sockDir, 5, count, fire, 100_000)
  await fleet.startMinion('firing')
  const target = { sockDir: minionSockDir(fleet, 'firing'), id: 'firing' }
  await using minion = await EventConnection.open({ connect: () => connectMinionBus(target) })
  const load = { tag: 'bench/event', data }
  const fireMaster = (): Promise<unknown> => minion.fire('fire_master', load)
  yield await throughput('minion bus to master bus, over fire_master', fleet.sockDir, 1, count, fireMaster, 20_000)
}

function minionSockDir(fleet: Fleet, id: string): string {
  return join(fleet.folder, `root-${id}`, 'var', 'run', 'salt', 'minion')
}

/** From firing to having it, in one process with two connections' worth of work. */
async function* latency(bus: MasterBus): AsyncGenerator<Row> {
  let arrived = (): void => {}
  const stop = new AbortController()
  const listening = bus.call(
    'subscribe',
    { pattern: 'bench/', match: 'startswith' },
    { signal: stop.signal, onItem: () => arrived() },
  )
  await new Promise<void>((resolve) => {
    arrived = resolve
  })
  const walls: number[] = []
  for (let count = 0; count < 2000; count += 1) {
    const wall = await timed(
      () =>
        new Promise<void>((resolve, reject) => {
          arrived = resolve
          bus.call('fire', { tag: 'bench/event', data }).catch(reject)
        }),
    )
    walls.push(wall * 1000)
  }
  stop.abort()
  await listening.catch(() => {})
  yield {
    name: 'master bus: fire to receive, p50',
    value: median(walls),
    unit: 'ms',
    also: { p99: quantile(walls, 0.99) },
    goal: { atMost: 0.3 },
  }
}

async function throughput(
  name: string,
  sockDir: string,
  listeners: number,
  count: number,
  fire: () => Promise<unknown>,
  atLeast: number,
): Promise<Row> {
  const processes = await Promise.all(Array.from({ length: listeners }, () => startListener(sockDir, count)))
  const reports = Promise.all(processes.map((child) => once(child, 'message')))
  let left = count
  const fireSome = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await fire()
    }
  }
  let dropped = 0
  const seconds = await timed(async () => {
    await Promise.all(Array.from({ length: inFlight }, fireSome))
    for (const [report] of await reports) dropped += (report as { dropped: number }).dropped
  })
  return { name, value: count / seconds, unit: 'events/s', also: { dropped }, goal: { atLeast } }
}

async function startListener(sockDir: string, count: number): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'listener.ts'), [sockDir, String(count)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  await once(child, 'message')
  return child
}
