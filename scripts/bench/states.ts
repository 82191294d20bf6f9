/** How long states take, and whether a minion that applies them again and again keeps anything. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fleet } from '../../test/support/fleet.ts'
import { binaryPath } from '../../test/support/program.ts'
import { median, ownMemoryOf, timeCommand, timed } from './measure.ts'
import type { Row } from './report.ts'

const loop = '{% for i in range(1000) %}\nn{{ i }}:\n  test.nop\n{% endfor %}\n'
const chain =
  'n0:\n  test.nop\n{% for i in range(1, 1000) %}\nn{{ i }}:\n  test.nop:\n    - require:\n      - test: n{{ i - 1 }}\n{% endfor %}\n'
const few =
  '{% for i in range(20) %}\nn{{ i }}:\n  test.nop:\n    - name: {{ grains.id }}{{ i }}\n{% endfor %}\nlast:\n  test.succeed_with_changes:\n    - require: [sls: few]\n'

/** Whole commands, from the start of the program to its end. */
export async function* states(runs: number, applies: number): AsyncGenerator<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'salt-bench-'))
  try {
    const roots = join(folder, 'srv')
    mkdirSync(roots)
    writeFileSync(join(roots, 'loop.sls'), loop)
    writeFileSync(join(roots, 'chain.sls'), chain)
    writeFileSync(join(roots, 'few.sls'), few)
    writeFileSync(join(folder, 'minion'), `root_dir: ${folder}\nid: bench\n`)
    for (const [sls, name, atMost] of [
      ['loop', '1,000 test.nop of a loop', 0.35],
      ['chain', 'a chain of 1,000 requires', 0.5],
    ] as const) {
      const argv = [
        binaryPath,
        'call',
        '-c',
        folder,
        '--local',
        '--file-root',
        roots,
        'state.apply',
        sls,
        '--out',
        'quiet',
      ]
      const { wall, best, cpu } = timeCommand(argv, runs)
      yield {
        name: `salt call --local state.apply, ${name}`,
        value: wall,
        unit: 's',
        also: { best, CPU: cpu },
        goal: { atMost },
      }
    }
    yield* growth(roots, applies)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a minion keeps of applying the same tree: measured from the second fifth on, when caches are full. */
async function* growth(roots: string, applies: number): AsyncGenerator<Row> {
  await using fleet = await Fleet.start({
    program: 'binary',
    master: `file_roots: {base: ['${roots}']}\n`,
    minions: { one: '' },
  })
  await using bus = await fleet.bus()
  const request = {
    tgt: 'one',
    tgt_type: 'glob',
    fun: 'state.apply',
    arg: ['few'],
    user: 'bench',
    ret: '',
    timeout: 30,
  }
  const apply = (): Promise<number> => timed(() => bus.call('publish', { ...request, follow: true }, { onItem() {} }))
  const pid = fleet.minion('one').child.pid ?? 0
  const times: number[] = []
  let before = 0
  for (let count = 0; count < applies; count++) {
    if (count === Math.floor(applies / 5)) before = ownMemoryOf(pid)
    times.push(await apply())
  }
  yield { name: 'a job of 21 states, one after the other', value: median(times) * 1000, unit: 'ms' }
  yield {
    name: `growth of the minion in ${applies} applies`,
    value: ownMemoryOf(pid) - before,
    unit: 'MiB',
    goal: { atMost: 10 },
  }
}
