import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { test } from 'node:test'
import { listingOptions, unescapeName } from '../../../src/plugins/modules/archive/tar.ts'
import { ZipFile } from '../../../src/plugins/modules/archive/zip-reader.ts'
import { ZipWriter } from '../../../src/plugins/modules/archive/zip-writer.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

const signal = new AbortController().signal

/** Whether a program is there; tests that only compare with it are left out without it. */
function skipWithout(program: string): string | false {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' })
    return false
  } catch {
    return `${program} is not installed`
  }
}

/** An archive with members of any name and mode. */
async function makeZip(
  folder: ConfigFolder,
  members: readonly (readonly [name: string, text: string, mode?: number])[],
) {
  const path = folder.file('made.zip')
  using writer = new ZipWriter(path, false)
  for (const [name, text, mode] of members) {
    const source = folder.write('source', text)
    const status = statSync(source)
    if (mode !== undefined) status.mode = mode
    await writer.addFile(name, source, status, signal)
  }
  writer.finish()
  return path
}

for (const name of ['../evil', '/etc/evil', 'a/../../evil', '..\\evil', 'C:evil']) {
  test(`unzip refuses ${name} before it writes anything`, async () => {
    using folder = new ConfigFolder()
    const path = await makeZip(folder, [
      ['good', '1'],
      [name, 'evil'],
    ])
    const outcome = await new FunctionHost().call('archive.unzip', path, folder.file('out/deep'))
    assert.equal(outcome.failure?.error.code, 'bad-path')
    assert.equal(existsSync(folder.file('out')), false)
    const other = await new FunctionHost({ programs: {} }).call('archive.cmd_unzip', path, folder.file('out'))
    assert.equal(other.failure?.error.code, 'bad-path')
  })
}

test('unzip does not write through a link of the archive', async () => {
  using folder = new ConfigFolder({ 'outside/kept': 'kept' })
  const path = await makeZip(folder, [
    ['door', folder.file('outside'), 0o120777],
    ['door/kept', 'evil'],
  ])
  const outcome = await new FunctionHost().call('archive.unzip', path, folder.file('out'))
  assert.equal(outcome.failure?.error.code, 'bad-path')
  assert.equal(readFileSync(folder.file('outside/kept'), 'utf8'), 'kept')
})

test('unzip makes links and gives permissions, or does not', async () => {
  using folder = new ConfigFolder()
  const path = await makeZip(folder, [
    ['run', 'echo', 0o100750],
    ['link', 'run', 0o120777],
  ])
  const host = new FunctionHost()
  assert.deepEqual((await host.call('archive.unzip', path, folder.file('out'))).return, ['run', 'link'])
  assert.equal(statSync(folder.file('out/run')).mode & 0o777, 0o750)
  assert.equal(readlinkSync(folder.file('out/link')), 'run')
  const plain = { __kwarg__: true, extract_perms: false, excludes: 'link' }
  await host.call('archive.unzip', path, folder.file('plain'), plain)
  assert.equal(statSync(folder.file('plain/run')).mode & 0o111, 0)
})

test('a member that was damaged is told', async () => {
  using folder = new ConfigFolder()
  const path = await makeZip(folder, [['a', 'x'.repeat(1000)]])
  const bytes = readFileSync(path)
  bytes.writeUInt32LE(1, bytes.indexOf('PK\x01\x02') + 16)
  writeFileSync(path, bytes)
  const outcome = await new FunctionHost().call('archive.unzip', path, folder.file('out'))
  assert.match(String(outcome.return), /wrong checksum/)
})

test('a member that is larger than the archive says is not written to the end', async () => {
  using folder = new ConfigFolder()
  const path = await makeZip(folder, [['bomb', 'x'.repeat(1_000_000)]])
  const bytes = readFileSync(path)
  bytes.writeUInt32LE(10, bytes.indexOf('PK\x01\x02') + 24)
  writeFileSync(path, bytes)
  const outcome = await new FunctionHost().call('archive.unzip', path, folder.file('out'))
  assert.match(String(outcome.return), /larger than the archive says/)
})

test('an archive that is cut off is told', async () => {
  using folder = new ConfigFolder()
  const path = await makeZip(folder, [['a', 'x']])
  const bytes = readFileSync(path)
  const end = bytes.indexOf('PK\x05\x06')
  for (const cut of [Buffer.concat([bytes.subarray(0, 20), bytes.subarray(end)]), bytes.subarray(0, end)]) {
    writeFileSync(path, cut)
    const outcome = await new FunctionHost().call('archive.list', path)
    assert.equal(outcome.success, false)
    assert.match(String(outcome.return), /not a ZIP file|damaged/)
  }
})

test('zip keeps modes, follows links to files and not those to folders', async () => {
  using folder = new ConfigFolder({ 'in/run': 'echo', 'other/x': '1' })
  chmodSync(folder.file('in/run'), 0o755)
  symlinkSync('run', folder.file('in/link'))
  symlinkSync(folder.file('other'), folder.file('in/folder'))
  const kwargs = { __kwarg__: true, cwd: folder.path }
  const outcome = await new FunctionHost().call('archive.zip', folder.file('x.zip'), ['in'], kwargs)
  assert.deepEqual(outcome.return, ['in/', 'in/link', 'in/run'])
  using zip = new ZipFile(folder.file('x.zip'))
  assert.deepEqual(
    zip.entries.map(({ name, mode }) => [name, (mode & 0o777).toString(8)]),
    [
      ['in/', (lstatSync(folder.file('in')).mode & 0o777).toString(8)],
      ['in/link', '755'],
      ['in/run', '755'],
    ],
  )
})

for (const zip64 of [false, true]) {
  test(`unzip can read what zip has made, zip64=${zip64}`, { skip: skipWithout('unzip') }, async () => {
    using folder = new ConfigFolder({ 'in/a': 'x'.repeat(100_000), 'in/sub/ä': 'y', 'in/empty': '' })
    const kwargs = { __kwarg__: true, cwd: folder.path, zip64 }
    await new FunctionHost().call('archive.zip', folder.file('x.zip'), 'in', kwargs)
    assert.match(execFileSync('unzip', ['-t', folder.file('x.zip')], { encoding: 'utf8' }), /No errors detected/)
    const outcome = await new FunctionHost().call('archive.unzip', folder.file('x.zip'), folder.file('out'))
    assert.equal(outcome.success, true, String(outcome.return))
    assert.equal(readFileSync(folder.file('out/in/sub/ä'), 'utf8'), 'y')
    assert.equal(statSync(folder.file('out/in/a')).size, 100_000)
    assert.equal(statSync(folder.file('out/in/empty')).size, 0)
  })
}

test('an archive with a password', { skip: skipWithout('zip') }, async () => {
  using folder = new ConfigFolder({ secret: 'hidden '.repeat(50), open: 'seen' })
  const path = folder.file('x.zip')
  execFileSync('zip', ['-q', '-P', 'right', path, 'secret'], { cwd: folder.path })
  const host = new FunctionHost()
  assert.equal((await host.call('archive.is_encrypted', path)).return, true)
  const unzip = async (password?: string) =>
    (await host.call('archive.unzip', path, folder.file('out'), { __kwarg__: true, password })).return
  assert.match(String(await unzip()), /'secret' is encrypted, password required/)
  assert.match(String(await unzip('wrong')), /Bad password|wrong checksum|invalid/)
  assert.deepEqual(await unzip('right'), ['secret'])
  assert.equal(readFileSync(folder.file('out/secret'), 'utf8'), 'hidden '.repeat(50))
  await host.call('archive.is_encrypted', path, true)
  assert.equal(existsSync(path), false, 'clean removes it')
})

test('names as tar prints them', () => {
  assert.equal(unescapeName('a b'), 'a b')
  assert.equal(unescapeName('b\\303\\244r'), 'bär')
  assert.equal(unescapeName('a\\nb\\\\c'), 'a\nb\\c')
})

test('what tar would extract', () => {
  assert.deepEqual(listingOptions(['xvzf']), ['tzf'])
  assert.deepEqual(listingOptions(['--extract', '--verbose', '-f']), ['--list', '-f'])
  assert.deepEqual(listingOptions(['-v', '-xf']), ['-tf'])
  assert.equal(listingOptions(['cvf']), undefined)
  assert.equal(listingOptions(['xPf']), undefined)
})

test('another user unpacks with that user’s own rights', async () => {
  using folder = new ConfigFolder()
  const path = await makeZip(folder, [
    ['a', '1'],
    ['b', '2'],
  ])
  const host = new FunctionHost({ programs: { [`unzip -q -o ${path} -d /srv -x b`]: '' } })
  const kwargs = { __kwarg__: true, runas: 'bob', excludes: 'b' }
  assert.deepEqual((await host.call('archive.unzip', path, '/srv', kwargs)).return, ['a'])
})

test('another user packs with that user’s own rights', async () => {
  using folder = new ConfigFolder({ 'in/a': '1' })
  const path = folder.file('x.zip')
  const host = new FunctionHost({ programs: { [`rm -f -- ${path}`]: '', [`zip -q -@ ${path}`]: '' } })
  const kwargs = { __kwarg__: true, runas: 'bob', cwd: folder.path }
  assert.deepEqual((await host.call('archive.zip', path, 'in', kwargs)).return, ['in/', 'in/a'])
})
