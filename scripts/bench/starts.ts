/** How long a command takes from its start to its end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fleet } from '../../test/support/fleet.ts'
import { binaryPath } from '../../test/support/program.ts'
import { type CommandTime, timeCommand } from './measure.ts'
import type { Row } from './report.ts'

const row = (name: string, { wall, best, cpu }: CommandTime, atMost?: number): Row => ({
  name,
  value: wall,
  unit: 's',
  also: { best, CPU: cpu },
  ...(atMost === undefined ? {} : { goal: { atMost } }),
})

/** Without any daemon. */
export async function* starts(runs: number): AsyncGenerator<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'salt-bench-'))
  try {
    const empty = join(folder, 'empty.js')
    writeFileSync(empty, '')
    const nothing = timeCommand([process.execPath, empty], runs)
    yield row('an empty program on the same Node', nothing)
    const version = timeCommand([binaryPath, '--version'], runs)
    yield row('salt --version', version, 0.045)
    yield {
      name: 'salt --version against the empty program',
      value: version.wall / nothing.wall,
      unit: '×',
      goal: { atMost: 1.5 },
    }
    writeFileSync(join(folder, 'minion'), `root_dir: ${folder}\nid: bench\n`)
    const local = [binaryPath, 'call', '-c', folder, '--local', 'test.ping']
    yield row('salt call --local test.ping', timeCommand(local, runs), 0.1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** With a master and a minion on the same machine. */
export async function* commands(runs: number): AsyncGenerator<Row> {
  await using fleet = await Fleet.start({ program: 'binary', minions: { one: '' } })
  const ping = [binaryPath, '-c', fleet.config, '*', 'test.ping']
  const alone = timeCommand(ping, runs)
  yield row("salt '*' test.ping, one minion", alone, 0.12)
  const call = [binaryPath, 'call', '-c', fleet.minionConfig('one'), 'test.ping']
  yield row('salt call test.ping, with a master', timeCommand(call, runs), 0.2)
  const dead = await fleet.startMinion('two')
  await dead.end('SIGKILL')
  const beside = timeCommand(ping, runs, 1)
  yield row('the same beside an accepted minion that is dead', beside, 0.12)
  yield {
    name: 'that against one minion alone',
    value: beside.wall / alone.wall,
    unit: '×',
    goal: { atMost: 1.15 },
  }
}
