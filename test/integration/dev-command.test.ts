/** `salt dev`, with the sources as a real process. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { programArgv, Running, run } from '../support/program.ts'

describe('salt dev', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'salt-dev-test-'))
  const env = { TMPDIR: temporary }
  after(() => rmSync(temporary, { recursive: true, force: true }))

  it('runs a fleet until Ctrl-C and leaves nothing behind', async () => {
    const dev = new Running([...programArgv('source'), 'dev', '--minions', '3'], { env })
    await dev.until(/Ctrl-C ends them/)
    assert.match(dev.output, /^A master and 3 minions are at work: alpha, beta, gamma\.\n/)
    const folder = / -c (\S+) '\*' test\.ping\n/.exec(dev.output)?.[1] ?? ''
    assert.ok(existsSync(folder), 'the hint names the folder')
    const answer = await run('source', ['-c', folder, '*', 'test.ping', '--static', '--out', 'newline_values_only'])
    assert.deepEqual([answer.exitCode, answer.stdout], [0, 'True\nTrue\nTrue\n'])
    const { exitCode, signal, stderr } = await dev.end('SIGINT')
    assert.deepEqual({ exitCode, signal, stderr }, { exitCode: 0, signal: null, stderr: '' })
    assert.deepEqual(readdirSync(temporary), [])
  })

  it('shows itself at work with --demo', async () => {
    const { exitCode, stdout, stderr } = await run('source', ['dev', '--demo'], { env })
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' })
    assert.match(stdout, /\$ salt -c FOLDER '\*' test\.ping\n(?:(?:alpha|beta):\n {4}True\n){2}/)
    assert.doesNotMatch(stdout, /ended with/)
    assert.deepEqual(readdirSync(temporary), [])
  })

  it('refuses what makes no sense', async () => {
    for (const words of [['--minions', '-1'], ['--minions', '51'], ['--demo', '--minions', '0'], ['more']]) {
      assert.equal((await run('source', ['dev', ...words], { env })).exitCode, 64, words.join(' '))
    }
    assert.deepEqual(readdirSync(temporary), [])
  })
})
