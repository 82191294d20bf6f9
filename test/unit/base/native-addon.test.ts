import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { candidateFolders, loadAddon } from '../../../src/base/native-addon.ts'

const bytes = Buffer.from('an addon')
const addon = { name: 'demo', bytes, hash: '0123456789abcdef0123' }
const base = mkdtempSync(path.join(os.tmpdir(), 'salt-addon-'))
let folder: string
let count = 0

beforeEach(() => {
  count += 1
  folder = path.join(base, `${count}`, 'native')
})
after(() => rmSync(base, { recursive: true }))

const expectedFile = (): string => path.join(folder, '0123456789abcdef-demo.node')
const load = (folders: readonly string[] = [folder]): string => loadAddon(addon, folders, (file) => file)

test('the addon is written once, privately, under its hash', () => {
  assert.equal(load(), expectedFile())
  assert.deepEqual(readFileSync(expectedFile()), bytes)
  assert.equal(statSync(expectedFile()).mode & 0o777, 0o500)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const written = statSync(expectedFile())
  load()
  assert.equal(statSync(expectedFile()).ino, written.ino)
  assert.deepEqual(readdirSync(folder), [path.basename(expectedFile())])
})

test('a changed file of the same size is replaced, never opened', () => {
  load()
  chmodSync(expectedFile(), 0o700)
  writeFileSync(expectedFile(), 'AN ADDON')
  const seen = loadAddon(addon, [folder], (file) => readFileSync(file, 'utf8'))
  assert.equal(seen, 'an addon')
})

test('a truncated file is replaced', () => {
  load()
  chmodSync(expectedFile(), 0o700)
  writeFileSync(expectedFile(), 'an')
  assert.equal(
    loadAddon(addon, [folder], (file) => readFileSync(file, 'utf8')),
    'an addon',
  )
})

test('a link in the place of the file is replaced and its target left alone', () => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const elsewhere = path.join(base, 'elsewhere')
  writeFileSync(elsewhere, bytes)
  symlinkSync(elsewhere, expectedFile())
  load()
  assert.ok(statSync(expectedFile()).isFile())
  assert.notEqual(statSync(expectedFile()).ino, statSync(elsewhere).ino)
})

test('a folder that others can write to is passed over', () => {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o777)
  const second = path.join(base, `${count}-second`)
  assert.equal(path.dirname(load([folder, second])), second)
  assert.deepEqual(readdirSync(folder), [])
})

test('a folder that is a link is passed over', () => {
  mkdirSync(path.dirname(folder), { recursive: true })
  const target = path.join(base, `${count}-target`)
  mkdirSync(target, { mode: 0o700 })
  symlinkSync(target, folder)
  assert.throws(() => load(), /is not a folder/)
})

test('a folder whose file cannot be opened (noexec) gives way to the next', () => {
  const second = path.join(base, `${count}-second`)
  const opened = loadAddon(addon, [folder, second], (file) => {
    if (file.startsWith(folder)) throw new Error('failed to map segment from shared object')
    return file
  })
  assert.equal(path.dirname(opened), second)
})

test('when no folder will do, the error names each with its reason and the way out', () => {
  const blocked = path.join(base, `${count}-file`)
  writeFileSync(blocked, '')
  assert.throws(
    () => load([path.join(blocked, 'x'), blocked]),
    (error) =>
      error instanceof SaltError &&
      error.code === 'storage' &&
      error.message.includes(`${blocked}/x: `) &&
      error.message.includes(`${blocked}: `) &&
      /SALT_NATIVE_DIR/.test(error.hint ?? ''),
  )
})

test('the chosen folder comes first, a relative home is not used', () => {
  const folders = candidateFolders({ SALT_NATIVE_DIR: '/chosen', HOME: 'relative' })
  assert.equal(folders[0], '/chosen')
  assert.ok(folders.every((candidate) => path.isAbsolute(candidate)))
  assert.ok(candidateFolders({ HOME: '/home/ann' }).includes('/home/ann/.cache/salt/native'))
})
