import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { refuseExpressions } from '../../../../src/engine/files/file-filter.ts'
import { FileServer } from '../../../../src/engine/files/file-server.ts'

describe('what is listed of file_roots', () => {
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'salt-roots-'))
    mkdirSync(join(root, 'srv/real/deep'), { recursive: true })
    mkdirSync(join(root, 'outside'))
    writeFileSync(join(root, 'outside/secret'), 'x')
    for (const name of ['a.sls', 'a.pyc', 'real/deep/b', 'real/c~']) writeFileSync(join(root, 'srv', name), 'x')
    const links = { linked: 'real', 'real/deep/up': '../..', file: 'a.sls', out: '../outside', gone: 'nowhere' }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, 'srv', name))
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const serve = (config: Readonly<Record<string, unknown>>): FileServer => {
    const all: Record<string, unknown> = { file_roots: { base: join(root, 'srv') }, ...config }
    return new FileServer({ all, get: (name) => all[name] })
  }
  const namesWith = (config: Readonly<Record<string, unknown>>) => serve(config).names('base')

  it('is all of it, and what links within the root lead to', async () => {
    const { files, folders, links } = await namesWith({})
    assert.deepEqual(files, [
      ...['a.pyc', 'a.sls', 'file', 'linked/c~', 'linked/deep/b'],
      ...['real/c~', 'real/deep/b'],
    ])
    assert.deepEqual(folders, ['linked', 'linked/deep', 'real', 'real/deep'])
    assert.deepEqual(Object.keys(links).sort(), ['file', 'gone', 'linked', 'linked/deep/up', 'out', 'real/deep/up'])
  })

  it('leaves out what is to be ignored', async () => {
    const { files } = await namesWith({ file_ignore_glob: '*.pyc', file_ignore_regex: ['~$', '^linked/'] })
    assert.deepEqual(files, ['a.sls', 'file', 'real/deep/b'])
  })

  it('is the same of one folder alone', async () => {
    symlinkSync('.', join(root, 'srv/real/same'))
    const all = await serve({}).names('base')
    for (const under of ['real', 'real/deep', 'linked']) {
      const { files, folders } = await serve({}).names('base', under)
      const isBelow = (path: string): boolean => path.startsWith(`${under}/`)
      assert.deepEqual([files, folders], [all.files.filter(isBelow), all.folders.filter(isBelow)], under)
    }
    rmSync(join(root, 'srv/real/same'))
  })

  it('is all that is served', async () => {
    const files = serve({ file_ignore_glob: '*.pyc', file_ignore_regex: ['~$', '^linked/'] })
    for (const path of ['a.pyc', './a.pyc', 'real/../a.pyc', 'real/c~', 'linked/deep/b'])
      assert.equal(await files.status('base', path).catch(() => undefined), undefined, path)
    assert.equal((await files.status('base', 'real/deep/b'))?.size, 1)
    assert.equal(await files.read('base', 'a.pyc'), undefined)
    await assert.rejects(files.part('base', 'a.pyc', 0), /have no file a.pyc/)
  })

  it('leaves out what links lead to, or links themselves', async () => {
    const unfollowed = await namesWith({ fileserver_followsymlinks: false })
    assert.deepEqual(unfollowed.files, ['a.pyc', 'a.sls', 'file', 'real/c~', 'real/deep/b'])
    const unlisted = await namesWith({ fileserver_ignoresymlinks: true })
    assert.deepEqual(unlisted.files, ['a.pyc', 'a.sls', 'real/c~', 'real/deep/b'])
    assert.deepEqual(unlisted.links, {})
  })

  it('is not decided by an expression that is none', () => {
    assert.match(refuseExpressions(['fine', '('])?.reason ?? '', /has '\(', which is no regular expression/)
    assert.equal(refuseExpressions('\\.svn'), undefined)
  })
})
