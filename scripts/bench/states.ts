/** How long states take, and whether a minion that applies them again and again keeps anything. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fleet } from '../../test/support/fleet.ts'
import { binaryPath } from '../../test/support/program.ts'
import { type CommandTime, median, ownMemoryOf, timeCommand, timed } from './measure.ts'
import type { Row } from './report.ts'

const loop = '{% for i in range(1000) %}\nn{{ i }}:\n  test.nop\n{% endfor %}\n'
const chain =
  'n0:\n  test.nop\n{% for i in range(1, 1000) %}\nn{{ i }}:\n  test.nop:\n    - require:\n      - test: n{{ i - 1 }}\n{% endfor %}\n'
const few =
  '{% for i in range(20) %}\nn{{ i }}:\n  test.nop:\n    - name: {{ grains.id }}{{ i }}\n{% endfor %}\nlast:\n  test.succeed_with_changes:\n    - require: [sls: few]\n'

/** @param folder Where the files shall be. */
const files = (folder: string): string =>
  `{% for i in range(200) %}\n${folder}/file{{ i }}:\n  file.managed:\n    - contents: "the text of file {{ i }}"\n    - makedirs: true\n{% endfor %}\n`

/** A mebibyte of data as people keep it in pillar. */
function data(): string {
  const host = (index: number): string => `host${index}:
  address: 10.0.${index % 250}.${index % 199}
  port: ${8000 + (index % 99)}
  enabled: true
  roles:
    - web
    - cache
  settings:
    name: "server ${index}"
    weight: 1.5
    note: some words of text
`
  const count = Math.ceil((1024 * 1024) / host(1000).length)
  return Array.from({ length: count }, (_, index) => host(index)).join('')
}

/** Whole commands, from the start of the program to its end. */
export async function* states(runs: number, applies: number): AsyncGenerator<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'salt-bench-'))
  try {
    const roots = join(folder, 'srv')
    mkdirSync(roots)
    const made = join(folder, 'made')
    for (const [name, text] of Object.entries({ loop, chain, few, files: files(made), data: data() }))
      writeFileSync(join(roots, `${name}.sls`), text)
    writeFileSync(join(folder, 'minion'), `root_dir: ${folder}\nid: bench\n`)
    const time = (fun: string, arg: string, prepare?: () => void): CommandTime => {
      const local = [binaryPath, 'call', '-c', folder, '--local', '--file-root', roots]
      return timeCommand([...local, fun, arg, '--out', 'quiet'], runs, 0, prepare)
    }
    const removeFiles = (): void => rmSync(made, { recursive: true, force: true })
    yield row('state.apply, 1,000 test.nop of a loop', time('state.apply', 'loop'), 0.35)
    yield row('state.apply, a chain of 1,000 requires', time('state.apply', 'chain'), 0.5)
    yield row('state.apply, 200 file.managed created', time('state.apply', 'files', removeFiles), 0.4)
    yield row('state.apply, 200 file.managed unchanged', time('state.apply', 'files'), 0.3)
    yield row('slsutil.renderer, 1 MB of YAML', time('slsutil.renderer', 'salt://data.sls'), 0.25)
    yield* growth(roots, applies)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function row(name: string, { wall, best, cpu }: CommandTime, atMost: number): Row {
  return { name: `salt call --local ${name}`, value: wall, unit: 's', also: { best, CPU: cpu }, goal: { atMost } }
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
