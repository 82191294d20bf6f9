import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readWhole, refuseEndless } from '../../../src/base/read-whole.ts'

const folder = mkdtempSync(join(tmpdir(), 'read-whole-'))
after(() => rmSync(folder, { recursive: true }))

test('a regular file, one that the system makes up, and an empty device', () => {
  const file = join(folder, 'a')
  writeFileSync(file, 'x'.repeat(3_000_000))
  assert.equal(readWhole(file).length, 3_000_000)
  assert.ok(readWhole('/proc/self/stat').length > 0)
  assert.equal(readWhole('/dev/null').length, 0)
})

test('what is not there and what is a folder fail as ever', () => {
  assert.throws(() => readWhole(join(folder, 'none')), { code: 'ENOENT' })
  assert.throws(() => readWhole(folder), { code: 'EISDIR' })
})

test('what would never end is refused at once', () => {
  const pipe = join(folder, 'pipe')
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0)
  assert.throws(() => readWhole(pipe), {
    code: 'storage',
    message: `${pipe} is no regular file, and cannot be read whole`,
  })
  for (const path of [pipe, '/dev/zero']) assert.throws(() => refuseEndless(path), { code: 'storage' })
  for (const path of [folder, '/dev/null', join(folder, 'none')]) refuseEndless(path)
  assert.throws(() => readWhole('/dev/zero'), { code: 'storage', message: '/dev/zero is a device that has no end' })
})
