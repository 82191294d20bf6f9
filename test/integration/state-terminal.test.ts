/** Runs of states that somebody looks on at: on a terminal, and not on one. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { ConfigFolder } from '../support/config-folder.ts'
import { programArgv, Running, run } from '../support/program.ts'

const skip = spawnSync('script', ['--version']).status === 0 ? false : 'script of util-linux is not installed'
const eraseLine = '\r\u001b[K'

const files = {
  minion: 'id: alpha\n',
  'srv/web.sls':
    'first:\n  test.nop\nsecond:\n  test.succeed_with_changes:\n    - onlyif: sleep 0.2\nthird:\n  test.nop\n',
}

function call(folder: ConfigFolder, ...words: readonly string[]): string[] {
  const roots = ['--file-root', folder.file('srv'), '--cachedir', folder.file('cache')]
  return ['call', '-c', folder.path, '--local', ...roots, ...words]
}

/** What a terminal shows of a command, with the answers that are typed. */
async function onTerminal(words: readonly string[], input = ''): Promise<string> {
  const line = [...programArgv('source'), ...words].map((word) => `'${word}'`).join(' ')
  const terminal = new Running(['script', '-qefc', line, '/dev/null'], {
    input,
    env: { TERM: 'xterm', COLUMNS: '80' },
    timeoutMs: 25_000,
  })
  const { stdout, stderr } = await terminal.finished
  return stdout + stderr
}

test('each state is shown as it ends, and the line is gone when the result comes', { skip }, async () => {
  using folder = new ConfigFolder(files)
  const shown = await onTerminal(call(folder, 'state.apply', 'web', '--out', 'json'))
  const lines = shown.split(eraseLine)
  assert.ok(lines.includes('1/3 first: right') && lines.includes('2/3 second: changed'), shown)
  const result = shown.slice(shown.lastIndexOf(eraseLine) + eraseLine.length).trimStart()
  assert.equal(result.startsWith('{'), true, shown)
  assert.equal(Object.keys(JSON.parse(result).local).length, 3)
})

test('--no-progress shows the result alone', { skip }, async () => {
  using folder = new ConfigFolder(files)
  const shown = await onTerminal(call(folder, '--no-progress', 'state.apply', 'web', '--out', 'json'))
  assert.equal(shown.includes(eraseLine), false)
})

test('nothing is shown where nobody can look', async () => {
  using folder = new ConfigFolder(files)
  const { stdout, stderr } = await run('source', call(folder, 'state.apply', 'web', '--out', 'json'))
  assert.equal(stderr, '')
  assert.equal(Object.keys(JSON.parse(stdout).local).length, 3)
})

test('--confirm-each asks on the terminal', { skip }, async () => {
  using folder = new ConfigFolder(files)
  const shown = await onTerminal(call(folder, '--confirm-each', 'state.apply', 'web', '--out', 'json'), 'n\n')
  assert.match(shown, /test\.succeed_with_changes second[\s\S]*Do it\? \[y\]es, \[n\]o, \[a\]ll, \[q\]uit: /)
  assert.match(shown, /Not done: it was declined\./)
})

test('--confirm-each needs one', async () => {
  using folder = new ConfigFolder(files)
  const { exitCode, stderr } = await run('source', call(folder, '--confirm-each', 'state.apply', 'web'))
  assert.equal(exitCode, 64)
  assert.match(stderr, /--confirm-each asks on a terminal, and this is none\./)
})
