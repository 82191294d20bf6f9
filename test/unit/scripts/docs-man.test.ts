import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { manualPages } from '../../../scripts/docs-man.ts'
import { projectFolder } from '../../../scripts/pages.ts'
import { commands } from '../../../src/cli/commands.ts'

const withoutGroff = spawnSync('groff', ['--version']).status === 0 ? false : 'groff is not installed'

describe('manual pages', async () => {
  const pages = await manualPages()

  it('are up to date', () => {
    for (const { path, text } of pages) {
      assert.equal(readFileSync(join(projectFolder, 'docs/reference', path), 'utf8'), text, 'run npm run docs')
    }
  })

  it('tell of every command', () => {
    const names = ['salt', ...commands.map(({ name }) => `salt-${name}`)]
    assert.deepEqual(
      pages.map(({ path }) => path),
      names.map((name) => `man/${name}.1`),
    )
    for (const { text } of pages) for (const name of names) assert.ok(text.includes(name.replaceAll('-', '\\-')), name)
  })

  for (const { path, text } of pages) {
    it(`${path} reads as it is meant`, { skip: withoutGroff }, () => {
      const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-cbou'], {
        input: text,
        encoding: 'utf8',
      })
      assert.equal(stderr, '')
      assert.match(stdout, /^NAME\n +salt\S* +- +\S/m)
      assert.match(stdout, /^EXIT STATUS$/m)
    })
  }

  it('keep what roff would read as its own', { skip: withoutGroff }, () => {
    const page = pages.find(({ path }) => path === 'man/salt.1')
    const { stdout } = spawnSync('groff', ['-man', '-Tascii', '-P-cbou', '-rLL=160n'], {
      input: page?.text ?? '',
      encoding: 'utf8',
    })
    for (const words of [
      "'G@os:Debian and not db*'",
      "E@db\\d+'",
      '-t, --timeout SECONDS',
      "salt '*' test.ping,cmd.run , uptime",
    ]) {
      assert.ok(stdout.includes(words), words)
    }
  })
})
