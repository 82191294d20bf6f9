/** How long it takes from SLS files to calls: as a whole command, and the compiler alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompileHost } from '../../test/support/compile-host.ts'
import { binaryPath } from '../../test/support/program.ts'
import { median, timeCommand, timed } from './measure.ts'
import type { Row } from './report.ts'

interface Tree {
  readonly name: string
  readonly text: string
  /** Seconds that a whole `salt call --local` may take. */
  readonly atMost: number
}

/** Without a daemon. What comes of it is looked at, not printed: writing it out takes longer than making it. */
export async function* stateCompiles(runs: number): AsyncGenerator<Row> {
  for (const tree of trees()) {
    yield wholeCommand(tree, runs)
    yield await compilerAlone(tree, runs)
  }
}

function trees(): readonly Tree[] {
  return [
    {
      name: '1,000 states of a loop',
      text: '{% for i in range(1000) %}\ns{{ i }}:\n  test.nop\n{% endfor %}\n',
      atMost: 0.35,
    },
    {
      name: 'a chain of 1,000 requisites',
      text: '{% for i in range(1000) %}\ns{{ i }}:\n  test.nop:\n    - require: [{test: s{{ i + 1 }}}]\n{% endfor %}\ns1000: test.nop\n',
      atMost: 0.5,
    },
    { name: '1 MB of YAML', text: largeYaml(1024 * 1024), atMost: 0.25 },
  ]
}

/** Few states with much below them, as configuration of programs is. */
function largeYaml(bytes: number): string {
  const line =
    '        - {host: db.example.com, port: 5432, options: [ssl, "keep alive"], comment: some words of text}\n'
  const state = (index: number): string => `s${index}:\n  test.nop:\n    - servers:\n${line.repeat(100)}`
  const first = state(0)
  return Array.from({ length: Math.ceil(bytes / first.length) }, (_, index) => state(index)).join('')
}

function wholeCommand({ name, text, atMost }: Tree, runs: number): Row {
  const folder = mkdtempSync(join(tmpdir(), 'salt-bench-'))
  try {
    writeFileSync(join(folder, 'tree.sls'), text)
    writeFileSync(
      join(folder, 'minion'),
      `root_dir: ${folder}\nid: bench\nfile_client: local\nfile_roots:\n  base: [${folder}]\n`,
    )
    const argv = [binaryPath, 'call', '-c', folder, '--local', 'state.id_exists', 's0', 'tree']
    const { wall, best, cpu } = timeCommand(argv, runs)
    return {
      name: `salt call --local, compile ${name}`,
      value: wall,
      unit: 's',
      also: { best, CPU: cpu },
      goal: { atMost },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compilerAlone({ name, text }: Tree, runs: number): Promise<Row> {
  using host = new CompileHost({ environments: { base: { 'tree.sls': text } } })
  const times: number[] = []
  for (let round = 0; round < runs; round++) {
    times.push(
      await timed(async () => {
        const { errors } = await host.compile({ sls: ['tree'] })
        if (errors.length > 0) throw new Error(errors.join('\n'))
      }),
    )
  }
  const [first = Number.NaN] = times
  return { name: `the compiler alone, ${name}`, value: median(times) * 1000, unit: 'ms', also: { first: first * 1000 } }
}
