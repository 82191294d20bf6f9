/** The program on terminals that have next to no width. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { withoutShell } from '../support/interactive-shell.ts'
import { programArgv, Running } from '../support/program.ts'

describe('a narrow terminal', { skip: withoutShell('bash') }, () => {
  let fleet: InProcessFleet & { readonly master: TestMaster }
  before(async () => {
    fleet = await InProcessFleet.start(['alpha'])
  })
  after(() => fleet[Symbol.asyncDispose]())

  /** What a terminal of so many columns gets to show of `salt` with these words, as lines. */
  async function shown(columns: number, words: string): Promise<readonly string[]> {
    const salt = programArgv('source').join(' ')
    const line = `stty cols ${columns}; exec ${salt} ${words.replaceAll('$C', join(fleet.master.folder, 'etc'))}`
    const { exitCode, stdout } = await new Running(['script', '-qefc', line, '/dev/null'], {
      env: { TERM: 'xterm', SHELL: '/bin/bash' },
      timeoutMs: 20_000,
    }).finished
    assert.equal(exitCode, 0, stdout)
    assert.doesNotMatch(stdout, /\bat .*:\d+:\d+/, 'no stack')
    return stdout.replaceAll('\r\n', '\n').trimEnd().split('\n')
  }

  for (const columns of [20, 1, 0]) {
    it(`of ${columns} columns shows returns`, async () => {
      const lines = await shown(columns, "-c $C '*' test.ping --progress --no-color")
      assert.equal(lines.at(-1), '    True')
      assert.match(lines.at(-2) ?? '', /alpha:$/)
    })

    it(`of ${columns} columns shows tables`, async () => {
      const lines = await shown(
        columns,
        `-c $C alpha test.echo '[[one two three four, 漢字漢字漢字]]' --out table --no-color`,
      )
      const table = lines.filter((line) => line.startsWith('    '))
      assert.ok(table.length >= 3, lines.join('\n'))
      if (columns === 20)
        assert.ok(
          table.every((line) => line.length <= 20),
          lines.join('\n'),
        )
    })

    it(`of ${columns} columns shows help`, async () => {
      const lines = await shown(columns, 'key --help')
      const width = columns === 0 ? 80 : 20
      const broken = lines.filter((line) => line.length > width && /\S +\S/.test(line) && !line.startsWith('  salt '))
      assert.deepEqual(broken, [])
    })
  }

  it('obeys nothing that a minion returns', async () => {
    const hostile = `"$(printf '\\033[2J\\007x\\302\\2331m')"`
    for (const out of ['nested', 'table', 'txt', 'newline_values_only', 'json']) {
      const fun = out === 'txt' || out === 'newline_values_only' ? 'test.echo' : 'test.arg'
      const words = `-c $C alpha ${fun} ${hostile} --out ${out} --no-color`
      const text = (await shown(80, words)).join('\n')
      assert.match(text, /\[2J\S*x/)
      assert.doesNotMatch(text, /(?!\n)\p{Cc}/u, `${out}: ${JSON.stringify(text)}`)
    }
  })
})
