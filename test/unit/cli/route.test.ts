import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandList, commands } from '../../../src/cli/commands.ts'
import { route } from '../../../src/cli/route.ts'

/** Command line → what it means: a kind, `COMMAND: its words`, or `publish: the whole line`. */
const cases: readonly (readonly [line: string, meaning: string])[] = [
  ['', 'list'],
  ['--version', 'version'],
  ['--versions-report', 'versions-report'],
  ['-V', 'versions-report'],
  ['--help', 'help'],
  ['-h', 'help'],
  ['help', 'help'],
  ['help key', 'key: --help'],
  ['help test.ping', 'publish: help test.ping'],
  ['help key more', 'publish: help key more'],
  ['--help test.ping', 'publish: --help test.ping'],
  ['master', 'master: '],
  ['master -l debug', 'master: -l debug'],
  ['key -L', 'key: -L'],
  ['call --version', 'call: --version'],
  ['* test.ping', 'publish: * test.ping'],
  ['web1 test.ping', 'publish: web1 test.ping'],
  ['-L a,b test.ping', 'publish: -L a,b test.ping'],
  // Salt knows these words, so they are commands whatever follows.
  ['minion test.ping', 'minion: test.ping'],
  ['call test.ping', 'call: test.ping'],
  ['run manage.up', 'run: manage.up'],
  ['wheel key.list_all', 'wheel: key.list_all'],
  ['-L wheel test.ping', 'publish: -L wheel test.ping'],
  // Our own words give way to a minion of that name.
  ['dev', 'dev: '],
  ['dev --demo', 'dev: --demo'],
  ['dev test.ping', 'publish: dev test.ping'],
  ['dev test.ping,cmd.run , uptime', 'publish: dev test.ping,cmd.run , uptime'],
  ['dev test', 'dev: test'],
  ['verify test.ping', 'publish: verify test.ping'],
  ['verify salt.exe', 'verify: salt.exe'],
  ['verify ./salt.exe', 'verify: ./salt.exe'],
  ['verify --help', 'verify: --help'],
  ['masters', 'publish: masters'],
  ['constructor', 'publish: constructor'],
]

for (const [line, meaning] of cases) {
  test(`salt ${line} → ${meaning}`, () => {
    const chosen = route(line === '' ? [] : line.split(' '), (file) => file === 'salt.exe')
    const shown =
      chosen.kind === 'command'
        ? `${chosen.command.name}: ${chosen.argv.join(' ')}`
        : chosen.kind === 'publish'
          ? `publish: ${chosen.argv.join(' ')}`
          : chosen.kind
    assert.equal(shown, meaning)
  })
}

test('the list names every command with its sentence', () => {
  for (const columns of [200, 80, 20, 1]) {
    const text = commandList(columns).replace(/\s+/g, ' ')
    for (const { name, doc } of commands) assert.ok(text.includes(` ${name} ${doc} `), `${name} at ${columns}`)
  }
})

test('every command has a module with a run function', async () => {
  for (const command of commands) assert.equal(typeof (await command.load()).run, 'function', command.name)
})
