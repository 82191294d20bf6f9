import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type ConfigFiles, readConfigFiles } from '../../../src/base/config-file.ts'
import { ConfigFolder } from '../../support/config-folder.ts'

const read = (folder: ConfigFolder): Promise<ConfigFiles> =>
  readConfigFiles({ file: folder.file('master'), defaultInclude: 'master.d/*.conf' })

describe('what is read', () => {
  test('nothing at all is an empty configuration', async () => {
    using folder = new ConfigFolder()
    const { values, sources } = await read(folder)
    assert.deepEqual(values, {})
    assert.deepEqual(sources, [])
  })

  test('included files win over the main file, later names over earlier ones, whole keys over whole keys', async () => {
    using folder = new ConfigFolder({
      master: 'a: 1\nb: {x: 1}\nc: 1\n',
      'master.d/20-late.conf': 'a: 3\nm: {y: 2}\n',
      'master.d/10-early.conf': 'a: 2\nb: {z: 9}\nm: {x: 1, y: 1}\n',
      'master.d/.hidden.conf': 'a: 7\n',
      'master.d/note.txt': 'a: 8\n',
    })
    const { values, sources } = await read(folder)
    assert.deepEqual(values, { a: 3, b: { z: 9 }, c: 1, m: { x: 1, y: 2 } })
    assert.deepEqual(
      sources.map(({ file }) => file),
      ['master', 'master.d/10-early.conf', 'master.d/20-late.conf'].map((name) => folder.file(name)),
    )
  })

  test('included files are read without a main file', async () => {
    using folder = new ConfigFolder({ 'master.d/a.conf': 'a: 1' })
    assert.deepEqual((await read(folder)).values, { a: 1 })
  })

  test('include takes globs, lists and absolute paths, and goes on from the included file', async () => {
    using other = new ConfigFolder({ 'far.conf': 'far: 1' })
    using folder = new ConfigFolder({
      master: `include: [extra/*.yaml, ${other.file('far.conf')}]\n`,
      'extra/one.yaml': 'one: 1\ninclude: deeper/two.yaml',
      'extra/deeper/two.yaml': 'two: 2',
      'extra/[odd].yaml': 'odd: 1',
    })
    const { values, warnings } = await read(folder)
    assert.deepEqual({ ...values, include: 0 }, { include: 0, far: 1, one: 1, two: 2, odd: 1 })
    assert.deepEqual(warnings, [])
  })

  test('the main file may name another default include', async () => {
    using folder = new ConfigFolder({
      master: 'default_include: x/*.cfg',
      'x/a.cfg': 'a: 1',
      'master.d/b.conf': 'b: 1',
    })
    assert.deepEqual((await read(folder)).values, { default_include: 'x/*.cfg', a: 1 })
  })

  test('an include that matches nothing is worth a warning only', async () => {
    using folder = new ConfigFolder({ master: 'include: none/*.conf' })
    assert.deepEqual((await read(folder)).warnings, [`${folder.file('master')}: include 'none/*.conf' matches no file`])
  })

  test('numbers written as floats in two files are not mixed up', async () => {
    using folder = new ConfigFolder({ 'master.d/a.conf': 'timeout: 1.0', 'master.d/b.conf': 'timeout: 2.0' })
    assert.equal(String((await read(folder)).values.timeout), '2.0')
  })

  test('a key named __proto__ changes nothing else', async () => {
    using folder = new ConfigFolder({ master: '__proto__: {polluted: 1}' })
    const { values } = await read(folder)
    assert.equal(Object.getPrototypeOf(values), Object.prototype)
    assert.deepEqual(Object.keys(values), ['__proto__'])
  })
})

test('a place is found in the file that had the last word', async () => {
  using folder = new ConfigFolder({
    master: 'a: 1\npeer:\n  web: [test.ping]\n',
    'master.d/x.conf': '\na: 2\nlist:\n  - one\n  - two: 3\n',
  })
  const { where } = await read(folder)
  assert.equal(where(['a']), `${folder.file('master.d/x.conf')}:2`)
  assert.equal(where(['peer', 'web', 0]), `${folder.file('master')}:3`)
  assert.equal(where(['list', '1', 'two']), `${folder.file('master.d/x.conf')}:5`)
  assert.equal(where(['peer', 'nobody']), `${folder.file('master')}:2`)
  assert.equal(where(['nothing']), undefined)
})

describe('faults name their file', () => {
  const faults: readonly [string, Readonly<Record<string, string>>, string, RegExp][] = [
    ['no mapping', { master: '- a\n- b\n' }, 'master:1', /must be a mapping/],
    ['a text', { master: 'interface 0.0.0.0\n' }, 'master:1', /must be a mapping/],
    ['a tab', { master: 'a:\n\tb: 1\n' }, 'master:2:1', /a tab is used/],
    ['a key twice', { master: 'a: 1\na: 2\n' }, 'master:2:1', /'a' is there twice/],
    [
      'a broken file that is included',
      { master: 'include: sub/x.conf', 'sub/x.conf': 'a: [1\nb: 2\n' },
      'sub/x.conf:2:2',
      /./,
    ],
    ['a broken file in master.d', { 'master.d/x.conf': 'a: "' }, 'master.d/x.conf:1:5', /./],
    ['an include of a number', { master: 'a: 1\ninclude: 5' }, 'master:2', /include must be a path or a list/],
    [
      'a circle',
      { master: 'include: x.conf', 'x.conf': 'include: y.conf', 'y.conf': 'include: x.conf' },
      'y.conf',
      /x.conf includes itself/,
    ],
  ]
  for (const [name, files, where, message] of faults) {
    test(name, async () => {
      using folder = new ConfigFolder(files)
      await assert.rejects(read(folder), { code: 'configuration', where: folder.file(where), message })
    })
  }

  test('a folder in the place of the file', async () => {
    using folder = new ConfigFolder({ 'master/x': '' })
    await assert.rejects(read(folder), {
      code: 'configuration',
      where: folder.file('master'),
      message: /it is a folder/,
    })
  })

  test('a file that may not be read', { skip: process.platform === 'win32' && 'needs file modes' }, async () => {
    using folder = new ConfigFolder({ master: 'a: 1' })
    chmodSync(folder.path, 0o755)
    chmodSync(folder.file('master'), 0)
    const isRoot = process.getuid?.() === 0
    // Root may read everything, so another user has to try.
    if (isRoot) process.seteuid?.(65534)
    try {
      await assert.rejects(readConfigFiles({ file: folder.file('master'), defaultInclude: '' }), {
        code: 'configuration',
        where: folder.file('master'),
        message: 'cannot read the configuration: permission denied',
      })
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })
})
