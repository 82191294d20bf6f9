import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  assertPrivateFile,
  ensurePrivateFolder,
  readFileIfExists,
  resolveInside,
  systemReason,
  writeFileAtomic,
  writeFileAtomicSync,
} from '../../../src/base/files.ts'

let folder = ''
before(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'files-'))
})
after(() => fs.rmSync(folder, { recursive: true }))

const mode = (path: string): number => fs.statSync(path).mode & 0o777

test('resolveInside joins what stays inside, whether it exists or not', () => {
  assert.equal(resolveInside(folder, 'a/b.txt'), join(folder, 'a/b.txt'))
  assert.equal(resolveInside(folder, './a//b'), join(folder, 'a/b'))
  assert.equal(resolveInside(folder, 'a..b/..c'), join(folder, 'a..b/..c'))
  assert.equal(resolveInside(join(folder, 'none'), 'x'), join(folder, 'none/x'))
})

for (const path of [
  '/etc/passwd',
  '../x',
  'a/../../x',
  'a/..',
  '..',
  'a\0b',
  'C:\\x',
  'a\\..\\x',
  '\\\\host\\share',
  'C:x',
]) {
  test(`resolveInside refuses ${JSON.stringify(path)}`, () => {
    assert.throws(() => resolveInside(folder, path), { code: 'bad-path' })
  })
}

test('resolveInside follows links and refuses those that lead out', () => {
  const root = join(folder, 'links')
  fs.mkdirSync(join(root, 'real'), { recursive: true })
  fs.symlinkSync('real', join(root, 'good'))
  fs.symlinkSync('/etc', join(root, 'out'))
  fs.symlinkSync(join(folder, 'not-there'), join(root, 'dangling'))
  fs.symlinkSync('loop', join(root, 'loop'))
  assert.equal(resolveInside(root, 'good/new'), join(root, 'good/new'))
  for (const path of ['out/passwd', 'out', 'dangling', 'dangling/x', 'loop/x']) {
    assert.throws(() => resolveInside(root, path), { code: 'bad-path' }, path)
  }
})

test('a root that is itself a link is a root like any other', () => {
  fs.mkdirSync(join(folder, 'behind'))
  fs.symlinkSync('behind', join(folder, 'alias'))
  assert.equal(resolveInside(join(folder, 'alias'), 'x'), join(folder, 'alias/x'))
})

test('atomic writes replace the file, set the mode and leave nothing beside it', async () => {
  const place = join(folder, 'atomic')
  fs.mkdirSync(place)
  const path = join(place, 'file')
  await writeFileAtomic(path, 'one', 0o600)
  assert.equal(mode(path), 0o600)
  await writeFileAtomic(path, new Uint8Array([0x32]), 0o666, { sync: true })
  assert.equal(mode(path), 0o666)
  assert.equal(readFileIfExists(path), '2')
  writeFileAtomicSync(path, 'three', 0o640)
  assert.equal(mode(path), 0o640)
  assert.deepEqual(fs.readdirSync(place), ['file'])
})

test('a failed atomic write says where and leaves no temporary file', async () => {
  const path = join(folder, 'taken')
  fs.mkdirSync(join(path, 'x'), { recursive: true })
  await assert.rejects(writeFileAtomic(path, 'x', 0o600), { code: 'storage', where: path })
  assert.throws(() => writeFileAtomicSync(join(folder, 'no/where'), 'x', 0o600), {
    code: 'storage',
    message: /does not exist/,
  })
  assert.deepEqual(
    fs.readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  )
})

test('readFileIfExists knows absence from other faults', () => {
  assert.equal(readFileIfExists(join(folder, 'none')), undefined)
  assert.throws(() => readFileIfExists(folder), { code: 'EISDIR' })
})

test('private folders are made, and closed when they stood open', () => {
  const path = join(folder, 'private/deep')
  ensurePrivateFolder(path)
  assert.equal(mode(path), 0o700)
  fs.chmodSync(path, 0o755)
  ensurePrivateFolder(path)
  assert.equal(mode(path), 0o700)
  fs.writeFileSync(join(folder, 'plain'), '')
  assert.throws(() => ensurePrivateFolder(join(folder, 'plain')), { code: 'storage' })
})

test('a folder that all users share is refused, and stays as it is', () => {
  const path = join(folder, 'shared')
  fs.mkdirSync(path)
  fs.chmodSync(path, 0o1777)
  assert.throws(() => ensurePrivateFolder(path), { code: 'key-permissions', hint: /within it/ })
  assert.equal(fs.statSync(path).mode & 0o7777, 0o1777)
  const before = fs.statSync('/usr').mode
  assert.throws(() => ensurePrivateFolder('/usr/'), { code: 'key-permissions', where: '/usr/' })
  assert.equal(fs.statSync('/usr').mode, before)
})

test('a private file that others can use is refused with the way out', () => {
  const path = join(folder, 'key.pem')
  fs.writeFileSync(path, 'x')
  for (const open of [0o644, 0o620, 0o601]) {
    fs.chmodSync(path, open)
    assert.throws(() => assertPrivateFile(path), { code: 'key-permissions', hint: `Run: chmod 600 ${path}` })
  }
  fs.chmodSync(path, 0o400)
  assertPrivateFile(path)
  assert.throws(() => assertPrivateFile(folder), { code: 'key-permissions' })
  assert.throws(() => assertPrivateFile(join(folder, 'none')), { code: 'storage' })
})

test('a private file of somebody else is refused', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  const path = join(folder, 'foreign.pem')
  fs.writeFileSync(path, 'x', { mode: 0o600 })
  fs.chownSync(path, 12345, 12345)
  assert.throws(() => assertPrivateFile(path), { code: 'key-permissions', message: /uid 12345/ })
  assertPrivateFile(path, { rootMay: true })
  fs.chmodSync(path, 0o644)
  assert.throws(() => assertPrivateFile(path, { rootMay: true }), { code: 'key-permissions' })
})

test('system faults get words', () => {
  assert.equal(systemReason(Object.assign(new Error('x'), { code: 'ENOSPC' })), 'the disk is full')
  assert.equal(systemReason(new Error('odd')), 'odd')
  assert.equal(systemReason('text'), 'text')
})
