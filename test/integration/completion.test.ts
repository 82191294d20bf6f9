/** Completion in the shells themselves, on a terminal. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { completeLines, withoutShell } from '../support/interactive-shell.ts'
import { programArgv } from '../support/program.ts'

/** Holds a command for a shell that reads it unquoted. */
const hostile = 'x$(echo$IFS.)`id`;&!#{a}"'

describe('completion', () => {
  let folder = ''
  let env: Record<string, string> = {}

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-completion-'))
    const key = (state: string, id: string): void => writeFileSync(join(folder, 'etc/salt/pki/master', state, id), '')
    for (const state of ['minions', 'minions_pre']) {
      mkdirSync(join(folder, 'etc/salt/pki/master', state), { recursive: true })
    }
    key('minions', 'web1')
    key('minions', 'db:1')
    key('minions_pre', 'newcomer')
    // Anybody can ask to be accepted under such an id.
    key('minions_pre', hostile)
    writeFileSync(join(folder, 'master'), `root_dir: ${folder}\nnodegroups: {front: 'web*'}\n`)
    mkdirSync(join(folder, 'bin'))
    mkdirSync(join(folder, 'folder'))
    writeFileSync(join(folder, 'file one'), '')
    const program = programArgv('source').map((word) => `'${word}'`)
    writeFileSync(join(folder, 'bin/salt'), `#!/bin/sh\nexec ${program.join(' ')} "$@"\n`)
    chmodSync(join(folder, 'bin/salt'), 0o755)
    env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, SALT_CONFIG_DIR: folder, HOME: folder }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** What is typed before the tab, and the words of the line after it. */
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['salt we', ['salt', 'web1']],
    ["salt 'web1' test.pi", ['salt', 'web1', 'test.ping']],
    ['salt -L web1,d', ['salt', '-L', 'web1,db:1']],
    ['salt db:', ['salt', 'db:1']],
    ['salt web1 test.sleep len', ['salt', 'web1', 'test.sleep', 'length=']],
    ['salt web1 --out=js', ['salt', 'web1', '--out=json']],
    ['salt key --accept=ne', ['salt', 'key', '--accept=newcomer']],
    ['salt key -a x', ['salt', 'key', '-a', hostile]],
    ['salt --out-file ~/fi', ['salt', '--out-file', '$HOME/file one']],
    ['salt call -c ~/fo', ['salt', 'call', '-c', '$HOME/folder']],
  ]

  for (const name of ['bash', 'zsh'] as const) {
    it(`works in ${name}`, { skip: withoutShell(name) }, async () => {
      const lines = cases.map(([line]) => line)
      const found = await completeLines(name, `source <(salt completion ${name})`, lines, env)
      assert.deepEqual(
        // Only bash leaves the slash in the word.
        found.map((words) => words.map((word) => word.replace(/\/$/, ''))),
        cases.map(([, words]) => words.map((word) => word.replace('$HOME', folder))),
      )
    })
  }

  it('works in fish', { skip: withoutShell('fish') }, () => {
    const asked = cases.filter(([line]) => !line.includes('~'))
    const lines = asked.map(([line]) => `complete -C ${JSON.stringify(line)}; echo =`)
    const input = ['salt completion fish | source', ...lines].join('\n')
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', input], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
    assert.equal(stderr, '')
    const found = stdout
      .split('=\n')
      .slice(0, -1)
      .map((text) => text.split('\n').filter((line) => line !== ''))
    assert.deepEqual(
      found.map((candidates) => candidates.map((line) => line.split('\t')[0])),
      asked.map(([, words]) => words.slice(-1)),
    )
    assert.match(stdout, /^test\.ping\tAnswer that this minion is there\.$/m)
  })
})
