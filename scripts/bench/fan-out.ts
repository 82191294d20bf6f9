/** One job to very many minions, which another process simulates on the same cores. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TargetOutcome } from '../../src/client/api.ts'
import type { MasterBus } from '../../src/client/master-bus.ts'
import { Fleet } from '../../test/support/fleet.ts'
import { ping } from './jobs.ts'
import { cpuOf, median, memoryOf, timed } from './measure.ts'
import type { Row } from './report.ts'

const goals: Readonly<Record<number, number>> = { 100: 0.05, 1000: 0.25, 5000: 0.6 }

export async function* fanOut(sizes: readonly number[], runs: number): AsyncGenerator<Row> {
  for (const size of sizes) yield* fanOutTo(size, runs)
}

async function* fanOutTo(size: number, runs: number): AsyncGenerator<Row> {
  await using fleet = await Fleet.start({ program: 'binary', master: 'max_open_files: 20000\n' })
  const swarms = startSwarms(fleet.port, size)
  try {
    const connecting = await timed(() => Promise.all(swarms.map(connected)))
    yield { name: `${size} minions: first contact to connected, all`, value: connecting, unit: 's' }
    await using bus = await fleet.bus()
    const { pid } = fleet.master
    // As many as it takes until the code of a job is compiled, in the master and in the swarms.
    for (let warm = 0; warm < 10; warm += 1) await pingAll(bus, size)
    const cpuBefore = cpuOf(pid)
    const walls: number[] = []
    for (let count = 0; count < runs; count += 1) walls.push(await pingAll(bus, size))
    const cpuPerReturn = ((cpuOf(pid) - cpuBefore) * 1e6) / (runs * size)
    const goal = goals[size]
    yield {
      name: `${size} minions: job to all returns`,
      value: median(walls),
      unit: 's',
      also: { best: Math.min(...walls), 'master CPU µs per return': cpuPerReturn },
      ...(goal === undefined ? {} : { goal: { atMost: goal } }),
    }
    yield { name: `${size} minions: memory of the master (PSS)`, value: memoryOf(pid), unit: 'MiB' }
  } finally {
    for (const swarm of swarms) swarm.kill()
    await Promise.all(swarms.map(ended))
  }
}

/** A simulated minion takes four files, and a process may usually have 20,000 of them open. */
const mostPerSwarm = 2500

function startSwarms(port: number, size: number): ChildProcess[] {
  return Array.from({ length: Math.ceil(size / mostPerSwarm) }, (_, index) => {
    const first = index * mostPerSwarm + 1
    const words = [port, first, Math.min(size, first + mostPerSwarm - 1)].map(String)
    return fork(join(import.meta.dirname, 'swarm.ts'), words, { execArgv: ['--disable-warning=ExperimentalWarning'] })
  })
}

async function connected(swarm: ChildProcess): Promise<void> {
  const left = new AbortController()
  const exit = once(swarm, 'exit', { signal: left.signal }).then(([code]) => {
    throw new Error(`a swarm ended with ${code} before its minions were connected`)
  })
  await Promise.race([once(swarm, 'message', { signal: left.signal }), exit])
  exit.catch(() => undefined)
  left.abort()
}

async function ended(swarm: ChildProcess): Promise<void> {
  if (swarm.exitCode === null && swarm.signalCode === null) await once(swarm, 'exit')
}

/** The same to real minions, each a process of its own, on the same cores. */
export async function* fanOutToProcesses(sizes: readonly number[], runs: number): AsyncGenerator<Row> {
  await using fleet = await Fleet.start({ program: 'binary' })
  await using bus = await fleet.bus()
  await using events = await fleet.events()
  let started = 0
  for (const size of sizes) {
    while (started < size) {
      const id = `minion-${started++}`
      await fleet.startMinion(id, '')
      await events.until(new RegExp(`^salt/minion/${id}/start$`))
    }
    await pingAll(bus, size)
    const walls: number[] = []
    for (let count = 0; count < runs; count += 1) walls.push(await pingAll(bus, size))
    yield {
      name: `${size} minions, each a process: job to all returns`,
      value: median(walls),
      unit: 's',
      also: { best: Math.min(...walls) },
      ...(size === 100 ? { goal: { atMost: 0.3 } } : {}),
    }
  }
}

/** Seconds. Throws when one did not return. */
async function pingAll(bus: MasterBus, size: number): Promise<number> {
  const silent: TargetOutcome[] = []
  let returned = 0
  const wall = await timed(async () => {
    returned = await ping(bus, '*', (outcome) => silent.push(outcome))
  })
  if (returned !== size) throw new Error(`${returned} of ${size} minions returned: ${JSON.stringify(silent)}`)
  return wall
}
