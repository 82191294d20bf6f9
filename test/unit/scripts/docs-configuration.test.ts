import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configurationPages } from '../../../scripts/docs-configuration.ts'
import { projectFolder, table } from '../../../scripts/pages.ts'
import { errorKinds } from '../../../src/base/errors.ts'
import { exitCodes } from '../../../src/base/exit-codes.ts'
import { acceptedSaltKeys, isAcceptedSaltKey } from '../../../src/engine/options/accepted-salt-keys.ts'
import { masterTable } from '../../../src/engine/options/master-table.ts'
import { minionTable } from '../../../src/engine/options/minion-table.ts'

for (const { path, text } of configurationPages()) {
  test(`docs/reference/${path} is up to date`, () => {
    assert.equal(readFileSync(join(projectFolder, 'docs/reference', path), 'utf8'), text)
  })
}

test('every exit code of an error has a meaning', () => {
  const missing = Object.entries(errorKinds).filter(([, { exit }]) => exitCodes[exit] === undefined)
  assert.deepEqual(missing, [])
})

test('every option has a text that ends as a sentence', () => {
  for (const [name, { doc }] of [...Object.entries(masterTable), ...Object.entries(minionTable)]) {
    assert.match(doc, /^[A-Z`].*[.]$/, name)
  }
})

test('no key is both an option and accepted without effect', () => {
  const both = [...acceptedSaltKeys].filter((key) => Object.hasOwn(masterTable, key) || Object.hasOwn(minionTable, key))
  assert.deepEqual(both, [])
})

test('keys of modules are accepted, ordinary strangers are not', () => {
  assert.ok(['mysql.host', 'a:b', 'gitfs_provider', 'log_fmt_x', 'publish_port'].every(isAcceptedSaltKey))
  assert.ok(!['publish_prt', 'foo', ''].some(isAcceptedSaltKey))
})

test('a table keeps its columns', () => {
  assert.equal(table(['a', 'b'], [['x|y', 'two\nlines']]), '| a | b |\n|---|---|\n| x\\|y | two lines |')
})

test('the check fails for a page that is old', () => {
  const script = `
    import { publishPages } from ${JSON.stringify(join(projectFolder, 'scripts/pages.ts'))}
    publishPages([{ path: 'error-codes.md', text: 'old' }], ['--check'])`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /docs\/reference\/error-codes\.md is not up to date/)
})
