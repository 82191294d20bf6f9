/** One job to very many minions, which another process simulates on the same cores. */

import { fork } from 'node:child_process'
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
  const swarm = fork(join(import.meta.dirname, 'swarm.ts'), [String(fleet.port), String(size)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  try {
    const connecting = await timed(() => once(swarm, 'message'))
    yield { name: `${size} minions: first contact to connected, all`, value: connecting, unit: 's' }
    await using bus = await fleet.bus()
    const { pid } = fleet.master
    for (let warm = 0; warm < 3; warm += 1) await pingAll(bus, size)
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
    swarm.kill()
    await once(swarm, 'exit')
  }
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
