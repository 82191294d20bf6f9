import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { FileRoots } from '../../../../src/engine/files/file-roots.ts'
import { PartialFile } from '../../../../src/engine/files/partial-file.ts'
import { SharedReads } from '../../../../src/engine/files/shared-reads.ts'
import { fetchServedFile } from '../../../../src/engine/functions/file-cache.ts'

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

describe('files that are served', () => {
  let folder: string
  let roots: FileRoots
  const put = (path: string, content: string | Buffer = path): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), content)
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-files-'))
    roots = new FileRoots({ base: [join(folder, 'a'), join(folder, 'b')], dev: [join(folder, 'dev')] })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('come from the first root that has them', async () => {
    put('a/top.sls', 'first')
    put('b/top.sls', 'second')
    put('b/web/init.sls')
    mkdirSync(join(folder, 'b/empty'))
    symlinkSync('top.sls', join(folder, 'a/link.sls'))
    symlinkSync(join(folder, '..'), join(folder, 'a/out'))
    symlinkSync('/etc/hostname', join(folder, 'a/host'))
    assert.deepEqual(await roots.names('base'), {
      files: ['link.sls', 'top.sls', 'web/init.sls'],
      folders: ['empty', 'web'],
      links: { 'link.sls': 'top.sls', out: join(folder, '..'), host: '/etc/hostname' },
    })
    assert.deepEqual((await roots.names('base', 'web')).files, ['web/init.sls'])
    assert.deepEqual(await roots.names('nosuch'), { files: [], folders: [], links: {} })
    assert.equal((await roots.status('base', 'top.sls'))?.sha256, sha256('first'))
    assert.equal(await roots.status('dev', 'top.sls'), undefined)
    assert.equal(String(await roots.read('base', 'top.sls')), 'first')
    assert.equal(await roots.read('base', 'nosuch'), undefined)
  })

  it('come from the roots of any environment where theirs is not named', async () => {
    put('any/qa/f', 'of qa')
    put('any/dev/f', 'hidden')
    put('secret/f', 'outside')
    roots = new FileRoots({ dev: [join(folder, 'dev')], __env__: [join(folder, 'any/__env__')] })
    assert.equal(String(await roots.read('qa', 'f')), 'of qa')
    assert.deepEqual((await roots.names('qa')).files, ['f'])
    for (const saltenv of ['dev', 'nosuch', '../secret', '..', '.', '', '__env__', 'any/qa'])
      assert.equal(await roots.read(saltenv, 'f'), undefined, saltenv)
  })

  for (const path of [
    '../secret',
    '/etc/hostname',
    'web/../../secret',
    'out/secret',
    'a\0b',
    'loop/x',
    'a/'.repeat(100_000),
  ]) {
    it(`never lie outside: ${JSON.stringify(path.slice(0, 20))}`, async () => {
      put('secret')
      put('a/web/x')
      symlinkSync('..', join(folder, 'a/out'))
      symlinkSync('loop', join(folder, 'a/loop'))
      await assert.rejects(roots.status('base', path), { code: 'bad-path' })
      await assert.rejects(roots.part('base', path, 0, 10), { code: 'bad-path' })
      await assert.rejects(roots.read('base', path), { code: 'bad-path' })
    })
  }

  for (const path of ['a'.repeat(300), 'a/'.repeat(2000), 'f/x']) {
    it(`have no name that there cannot be: ${path.slice(0, 10)}`, async () => {
      put('a/f')
      assert.equal(await roots.status('base', path), undefined)
      assert.equal(await roots.read('base', path), undefined)
    })
  }

  it('have the hash of what they are now', async () => {
    put('a/x', 'one')
    assert.equal((await roots.status('base', 'x'))?.sha256, sha256('one'))
    put('a/x', 'two')
    assert.equal((await roots.status('base', 'x'))?.sha256, sha256('two'))
  })

  describe('arrive in parts', () => {
    const content = Buffer.alloc(2_500_000, 'abcdefg')
    const asked: number[] = []
    const source = {
      part: async (saltenv: string, path: string, offset: number) => {
        asked.push(offset)
        return await roots.part(saltenv, path, offset, 1_000_000)
      },
    }
    const fetch = (owner = 'web1') => ({
      saltenv: 'base',
      path: 'x',
      status: { size: content.length, mode: 0o640, sha256: sha256(content) },
      target: join(folder, 'to/x'),
      mode: 0o640,
      folderMode: 0o755,
      owner,
    })

    beforeEach(() => {
      asked.length = 0
      put('a/x', content)
    })

    it('whole, with their mode, and only once', async () => {
      assert.equal(await fetchServedFile(source, fetch()), true)
      assert.deepEqual(asked, [0, 1_000_000, 2_000_000])
      assert.ok(readFileSync(join(folder, 'to/x')).equals(content))
      assert.equal(statSync(join(folder, 'to/x')).mode & 0o777, 0o640)
      assert.equal(await fetchServedFile(source, fetch()), false)
      assert.deepEqual(readdirSync(join(folder, 'to')), ['x'])
    })

    it('and go on where they stopped', async () => {
      const broken = {
        part: (saltenv: string, path: string, offset: number) =>
          offset === 2_000_000 ? Promise.reject(new Error('cut off')) : source.part(saltenv, path, offset),
      }
      await assert.rejects(fetchServedFile(broken, fetch()), /cut off/)
      assert.deepEqual(asked.splice(0), [0, 1_000_000])
      await fetchServedFile(source, fetch())
      assert.deepEqual(asked, [2_000_000])
      assert.ok(readFileSync(join(folder, 'to/x')).equals(content))
    })

    it('and anew where what was kept of them is damaged, or belongs to a link', async () => {
      const partial = new PartialFile(join(folder, 'to/x'), fetch().status, 'web1')
      await partial.write(0, Buffer.alloc(1_000_000, 'z'), { folderMode: 0o755 })
      const [name = ''] = readdirSync(join(folder, 'to'))
      await fetchServedFile(source, fetch())
      assert.deepEqual(asked.splice(0), [1_000_000, 2_000_000, 0, 1_000_000, 2_000_000])
      writeFileSync(join(folder, 'precious'), 'precious')
      rmSync(join(folder, 'to/x'))
      symlinkSync(join(folder, 'precious'), join(folder, 'to', name))
      await fetchServedFile(source, fetch())
      assert.equal(readFileSync(join(folder, 'precious'), 'utf8'), 'precious')
      assert.ok(readFileSync(join(folder, 'to/x')).equals(content))
      assert.equal(lstatSync(join(folder, 'to/x')).isFile(), true)
    })

    it('and with the mode of now where the content is there already', async () => {
      await fetchServedFile(source, fetch())
      assert.equal(await fetchServedFile(source, { ...fetch(), mode: 0o755 }), false)
      assert.equal(statSync(join(folder, 'to/x')).mode & 0o777, 0o755)
    })

    it('and for the owner of what was there', {
      skip: process.geteuid?.() !== 0 && 'only root can do this',
    }, async () => {
      put('to/x', 'old')
      chownSync(join(folder, 'to/x'), 1234, 2345)
      await fetchServedFile(source, fetch())
      const { uid, gid } = statSync(join(folder, 'to/x'))
      assert.deepEqual([uid, gid], [1234, 2345])
    })

    it('and never as something else than was announced', async () => {
      put('to/x', 'old')
      const changing = { part: async () => Buffer.alloc(500_000, 'z') }
      await assert.rejects(fetchServedFile(changing, fetch()), { code: 'storage' })
      assert.equal(readFileSync(join(folder, 'to/x'), 'utf8'), 'old')
      assert.deepEqual(readdirSync(join(folder, 'to')), ['x'])
    })

    it('for several at once', async () => {
      const results = await Promise.all([fetch(), fetch(), fetch('web2')].map((each) => fetchServedFile(source, each)))
      assert.deepEqual(results, [true, false, false])
      assert.ok(readFileSync(join(folder, 'to/x')).equals(content))
    })
  })

  it('are hashed once for all who ask at the same time', async () => {
    const reads = new SharedReads<number>(2)
    let count = 0
    const read = async (): Promise<number> => ++count
    assert.deepEqual(await Promise.all([reads.get('a', read), reads.get('a', read), reads.get('b', read)]), [1, 1, 2])
    assert.equal(await reads.get('a', read), 1)
    assert.equal(await reads.get('c', read, false), 3)
    assert.equal(await reads.get('c', read), 4)
    assert.equal(await reads.get('b', read), 5, 'the oldest has gone')
    await assert.rejects(reads.get('d', () => Promise.reject(new Error('no'))))
    assert.equal(await reads.get('d', read), 6)
  })

  it('are not told longer than they were announced', async () => {
    const partial = new PartialFile(join(folder, 'x'), { size: 3, sha256: sha256('abc') }, 'web1')
    await partial.write(0, Buffer.from('abcd'), { folderMode: 0o700 })
    assert.equal(await partial.length(), 0)
    await partial.write(0, Buffer.from('abc'), { folderMode: 0o700 })
    assert.equal(await partial.length(), 3)
    await partial.finish(0o600)
    assert.equal(readFileSync(join(folder, 'x'), 'utf8'), 'abc')
  })
})
