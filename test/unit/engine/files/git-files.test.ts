import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { FileServer } from '../../../../src/engine/files/file-server.ts'
import { gitEnvironment } from '../../../../src/engine/files/git/git-access.ts'
import { refuseRemotes } from '../../../../src/engine/files/git/git-option-names.ts'
import { runGit, withoutCredentials } from '../../../../src/engine/files/git/git-process.ts'
import { checkGitRemotes } from '../../../../src/engine/pillar/sources/git-pillar-remotes.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { cannotUseGit, TestRepository } from '../../../support/git-repository.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

const text = (content: Uint8Array | undefined): string | undefined => content && Buffer.from(content).toString('utf8')

describe('files of git repositories', { skip: cannotUseGit }, () => {
  let cachedir: string
  let repository: TestRepository
  let clock: FakeClock
  let log: RecordedLog

  beforeEach(() => {
    cachedir = mkdtempSync(join(tmpdir(), 'salt-gitfs-'))
    repository = new TestRepository()
    clock = new FakeClock()
    log = new RecordedLog()
  })
  afterEach(() => {
    repository[Symbol.dispose]()
    rmSync(cachedir, { recursive: true, force: true })
  })

  function serve(more: Readonly<Record<string, unknown>> = {}): FileServer {
    const config: Record<string, unknown> = {
      cachedir,
      fileserver_backend: ['git'],
      gitfs_remotes: [repository.path],
      ...more,
    }
    return new FileServer(viewOf(config), { clock, log: log.log })
  }

  const viewOf = (config: Readonly<Record<string, unknown>>) => ({ all: config, get: (name: string) => config[name] })

  const withOptions = (...options: readonly object[]): Record<string, unknown> => ({
    gitfs_remotes: [{ [repository.path]: options }],
  })

  it('come from branches, tags and commits', async () => {
    const first = repository.commit({ 'top.sls': 'first', 'deep/a.txt': 'deep' })
    repository.git('tag', 'v1')
    repository.git('tag', '-a', '-m', 'annotated', 'v2')
    repository.commit({ 'top.sls': 'second' })
    repository.branch('feature/x')
    repository.commit({ 'top.sls': 'feature' })
    const files = serve()
    assert.deepEqual(await files.environments(), ['base', 'feature/x', 'v1', 'v2'])
    const read = async (saltenv: string) => text(await files.read(saltenv, 'top.sls'))
    assert.deepEqual(await Promise.all(['base', 'feature/x', 'v1', 'v2', first, 'gone'].map(read)), [
      ...['second', 'feature', 'first', 'first', 'first'],
      undefined,
    ])
    const { size, mode, sha256 } = (await files.status('base', 'deep/a.txt')) ?? {}
    assert.deepEqual([size, mode, sha256?.length], [4, 0o644, 64])
    assert.deepEqual(await files.names('base'), { files: ['deep/a.txt', 'top.sls'], folders: ['deep'], links: {} })
    assert.deepEqual((await files.names('base', 'deep')).files, ['deep/a.txt'])
    assert.deepEqual(
      (await files.list('base', 'deep')).map(({ path }) => path),
      ['deep/a.txt'],
    )
    assert.equal(text(await files.part('base', 'deep/a.txt', 2)), 'ep')
    assert.equal(text(await files.part('base', 'deep/a.txt', 20)), '')
    await assert.rejects(files.part('base', 'gone', 0), /no git remote has a file gone/)
  })

  it('are brought when they are too old, and on demand', async () => {
    repository.commit({ a: 'one' })
    const files = serve({ gitfs_update_interval: 60 })
    assert.equal(text(await files.read('base', 'a')), 'one')
    repository.commit({ a: 'two' })
    assert.equal(text(await files.read('base', 'a')), 'one')
    const [remote] = await files.remotes(undefined)
    assert.equal(await remote?.update(), true)
    assert.equal(await remote?.update(), false)
    assert.equal(text(await files.read('base', 'a')), 'two')
    repository.commit({ a: 'three' })
    clock.advance(61_000)
    // Nobody waits for it, but it is on its way.
    await files.read('base', 'a')
    await remote?.update()
    assert.equal(text(await files.read('base', 'a')), 'three')
  })

  it('follow a branch that is moved back, and leave one that is removed', async () => {
    const first = repository.commit({ a: 'one' })
    repository.branch('dev')
    repository.commit({ a: 'two' })
    const files = serve()
    assert.equal(text(await files.read('dev', 'a')), 'two')
    repository.git('reset', '--quiet', '--hard', first)
    const [remote] = await files.remotes(undefined)
    await remote?.update()
    assert.equal(text(await files.read('dev', 'a')), 'one')
    repository.git('checkout', '--quiet', 'master')
    repository.git('branch', '-D', 'dev')
    await remote?.update()
    assert.equal(await files.read('dev', 'a'), undefined)
  })

  it('can lie below a folder of the repository and appear below another', async () => {
    repository.commit({ 'salt/web/a': 'in', 'other/b': 'out' })
    const files = serve(withOptions({ root: 'salt' }, { mountpoint: 'salt://formulas/x' }))
    assert.deepEqual(await files.names('base'), {
      files: ['formulas/x/web/a'],
      folders: ['formulas', 'formulas/x', 'formulas/x/web'],
      links: {},
    })
    assert.equal(text(await files.read('base', 'formulas/x/web/a')), 'in')
    for (const path of ['web/a', 'other/b', 'formulas/x/b']) assert.equal(await files.read('base', path), undefined)
    for (const path of ['../other/b', 'formulas/x/../../other/b', '/etc/passwd', 'a\0b'])
      await assert.rejects(files.read('base', path), (error) => error instanceof SaltError && error.code === 'bad-path')
  })

  it('have environments as the options say', async () => {
    repository.commit({ a: 'master' })
    repository.git('tag', 'v1')
    for (const name of ['dev', 'prod']) {
      repository.branch(name)
      repository.commit({ a: name, [`${name}/b`]: name })
    }
    const environments = async (...options: readonly object[]) => await serve(withOptions(...options)).environments()
    assert.deepEqual(await environments({ base: 'prod' }), ['base', 'dev', 'master', 'v1'])
    assert.deepEqual(await environments({ ref_types: ['branch'] }), ['base', 'dev', 'prod'])
    assert.deepEqual(await environments({ saltenv_whitelist: ['d*', 'p.o[a-z]'] }), ['dev', 'prod'])
    assert.deepEqual(await environments({ saltenv_blacklist: 'dev,v1' }), ['base', 'prod'])
    const saltenv = [{ qa: [{ ref: 'dev' }, { root: 'dev' }] }]
    assert.deepEqual(await environments({ disable_saltenv_mapping: true }, { saltenv }), ['base', 'qa'])
    assert.equal(text(await serve(withOptions({ saltenv })).read('qa', 'b')), 'dev')
    assert.equal(text(await serve(withOptions({ fallback: 'prod' })).read('nothing', 'a')), 'prod')
    assert.equal(text(await serve(withOptions({ all_saltenvs: 'prod' })).read('dev', 'a')), 'prod')
    assert.equal(await serve(withOptions({ ref_types: ['tag'] })).read('dev', 'a'), undefined)
    assert.deepEqual(await serve({ gitfs_base: 'dev' }).environments(), ['base', 'master', 'prod', 'v1'])
  })

  it('keep links inside, and programs able to run', async () => {
    writeFileSync(join(repository.path, 'run.sh'), '#!/bin/sh\n')
    chmodSync(join(repository.path, 'run.sh'), 0o755)
    repository.commit({
      a: 'text',
      'deep/link': '-> ../a',
      outside: '-> /etc/passwd',
      up: '-> ../../x',
      loop: '-> loop',
    })
    const files = serve()
    assert.equal(text(await files.read('base', 'deep/link')), 'text')
    assert.equal((await files.status('base', 'run.sh'))?.mode, 0o755)
    for (const path of ['outside', 'up', 'loop']) assert.equal(await files.read('base', path), undefined)
    const names = await files.names('base')
    assert.deepEqual(names.files, ['a', 'deep/link', 'run.sh'])
    assert.deepEqual(names.links, { 'deep/link': '../a', loop: 'loop', outside: '/etc/passwd', up: '../../x' })
  })

  it('keep bytes, and names of every kind', async () => {
    writeFileSync(join(repository.path, 'bytes.bin'), Buffer.from([0, 255, 10, 13, 254]))
    repository.commit({ 'with space ü\n"quotes"': 'x' })
    const files = serve()
    assert.deepEqual(await files.read('base', 'bytes.bin'), Buffer.from([0, 255, 10, 13, 254]))
    assert.equal(text(await files.read('base', 'with space ü\n"quotes"')), 'x')
  })

  it('are private on the disk, and stay when the repository is away', async () => {
    repository.commit({ a: 'one' })
    assert.equal(text(await serve().read('base', 'a')), 'one')
    const folder = join(cachedir, 'gitfs', readdirSync(join(cachedir, 'gitfs'))[0] ?? '')
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    repository[Symbol.dispose]()
    const later = serve()
    assert.equal(text(await later.read('base', 'a')), 'one')
    await log.until(/a git remote cannot be updated/)
    // One that was never there is told of, and others are served.
    const both = serve({ gitfs_remotes: [join(cachedir, 'nowhere'), repository.path] })
    assert.equal(text(await both.read('base', 'a')), 'one')
    await log.until(/cannot be updated remote=\S*nowhere/)
  })

  it('come from the other remotes when one is damaged or was not reached, without waiting for it', async () => {
    using broken = new TestRepository()
    broken.commit({ b: 'other' })
    repository.commit({ a: 'one' })
    assert.equal(text(await serve({ gitfs_remotes: [broken.path] }).read('base', 'b')), 'other')
    const [folder = ''] = readdirSync(join(cachedir, 'gitfs'))
    rmSync(join(cachedir, 'gitfs', folder, 'mirror.git', 'objects', 'pack'), { recursive: true, force: true })
    for (const name of readdirSync(join(cachedir, 'gitfs', folder, 'mirror.git', 'objects')))
      rmSync(join(cachedir, 'gitfs', folder, 'mirror.git', 'objects', name), { recursive: true })
    broken.git('update-ref', '-d', 'HEAD')
    const files = serve({ gitfs_remotes: [join(cachedir, 'nowhere'), broken.path, repository.path] })
    for (const _ of [1, 2]) assert.equal(text(await files.read('base', 'a')), 'one')
    assert.equal(await files.read('base', 'b'), undefined)
    assert.deepEqual(await files.environments(), ['base'])
    await log.until(/a git remote cannot be read/)
    assert.equal(log.matching(/a git remote cannot be read/).length, 1)
    clock.advance(61_000)
    await files.read('base', 'a')
    await log.until(/DEBUG a git remote cannot be updated remote=\S*nowhere/)
    assert.equal(log.matching(/ERROR a git remote cannot be updated remote=\S*nowhere/).length, 1)
    const [nowhere] = await files.remotes(undefined)
    assert.equal(nowhere?.isWorthWaiting, false)
  })

  it('are locked, unlocked and cleared', async () => {
    repository.commit({ a: 'one' })
    const files = serve()
    await files.read('base', 'a')
    const [remote] = await files.remotes(['gitfs'])
    assert.ok(remote)
    assert.deepEqual([await remote.repository.lock(), await remote.repository.lock()], [true, false])
    repository.commit({ a: 'two' })
    assert.equal(await remote.update(), false)
    assert.equal(text(await files.read('base', 'a')), 'one')
    const folder = join(cachedir, 'gitfs', readdirSync(join(cachedir, 'gitfs'))[0] ?? '')
    writeFileSync(join(folder, 'mirror.git', 'packed-refs.lock'), '')
    assert.deepEqual([await remote.repository.unlock(), await remote.repository.unlock()], [true, false])
    assert.equal(await remote.update(), true)
    assert.equal(text(await files.read('base', 'a')), 'two')
    assert.equal(await remote.clear(), true)
    assert.equal(existsSync(folder), false)
    assert.equal(text(await files.read('base', 'a')), 'two')
    assert.deepEqual([await remote.clear(), await remote.clear()], [true, false])
  })

  it('stand beside file_roots, in the order of the backends', async () => {
    repository.commit({ both: 'git', git: 'git' })
    const root = join(cachedir, 'roots')
    mkdirSync(root)
    for (const name of ['both', 'own']) writeFileSync(join(root, name), 'own text')
    const shared = { file_roots: { base: [root] } }
    const first = serve({ ...shared, fileserver_backend: ['roots', 'gitfs'] })
    assert.deepEqual(first.backends, ['roots', 'git'])
    assert.deepEqual((await first.names('base')).files, ['both', 'git', 'own'])
    assert.deepEqual(
      [text(await first.read('base', 'both')), text(await first.read('base', 'git'))],
      ['own text', 'git'],
    )
    assert.equal(text(await first.part('base', 'git', 0)), 'git')
    const second = serve({ ...shared, fileserver_backend: ['git', 'roots'] })
    assert.equal(text(await second.read('base', 'both')), 'git')
    assert.deepEqual((await second.only(['roots']).names('base')).files, ['both', 'own'])
    assert.throws(() => second.only(['hg']), /'hg' is no backend of this file server; it has git, roots/)
    await assert.rejects(second.part('base', 'gone', 0), /has no file gone/)
  })

  it('are neither listed nor served where they are ignored', async () => {
    repository.commit({ 'a.sls': '', 'a.pyc': '', '.svn/x': '' })
    const files = serve({ file_ignore_glob: ['*.pyc'], file_ignore_regex: '(^|/)\\.svn($|/)' })
    assert.deepEqual((await files.names('base')).files, ['a.sls'])
    assert.equal(await files.status('base', './a.pyc'), undefined)
    assert.equal(text(await files.read('base', 'a.sls')), '')
  })

  it('are those of refspecs', async () => {
    repository.commit({ a: 'one' })
    repository.branch('feature')
    const commit = repository.commit({ a: 'two' })
    repository.git('update-ref', 'refs/pull/7/head', commit)
    const refspecs = ['refs/heads/master:refs/remotes/origin/master', '+refs/pull/*/head:refs/remotes/origin/pr/*']
    for (const files of [serve({ gitfs_refspecs: refspecs }), serve(withOptions({ refspecs }))]) {
      assert.deepEqual(await files.environments(), ['base', 'pr/7'])
      assert.equal(text(await files.read('pr/7', 'a')), 'two')
    }
    assert.deepEqual(await serve({ gitfs_refspecs: ['--upload-pack=x'] }).environments(), [])
    await log.until(/cannot be used reason=.*not what goes where/)
  })

  it('are refused before the start where options of a remote are unknown', () => {
    const reasonOf = (remotes: readonly unknown[], kind: 'gitfs' | 'git_pillar'): string => {
      const { reason = '', hint = '' } = refuseRemotes(remotes, kind) ?? {}
      return `${reason}. ${hint}`
    }
    assert.match(reasonOf([{ x: [{ root: 'a' }, { mountpiont: 'b' }] }], 'gitfs'), /'mountpiont' of x.*mountpoint/)
    assert.match(reasonOf([{ 'master x': { base: 'b' } }], 'git_pillar'), /'base' of master x/)
    assert.match(reasonOf([{ x: [], y: [] }], 'gitfs'), /not of one address/)
    assert.equal(refuseRemotes(['x', { y: [{ name: 'b' }, { saltenv: [] }] }, { z: null }], 'gitfs'), undefined)
  })

  it('are refused where the address or the credentials cannot be used', async () => {
    const bad = ['-upload-pack=x', 'ext::sh -c id', '']
    for (const address of bad) {
      assert.match(refuseRemotes([address], 'gitfs')?.reason ?? '', /is no address of a git repository/)
      const config: Record<string, unknown> = { gitfs_remotes: [address] }
      assert.throws(() => checkGitRemotes(viewOf(config), true), /is no address of a git repository/)
      checkGitRemotes(viewOf(config), false)
    }
    repository.commit({ a: 'one' })
    const others = serve({ gitfs_remotes: [...bad, repository.path] })
    assert.equal(text(await others.read('base', 'a')), 'one')
    await log.until(/a git remote cannot be used reason='' is no address/)
    const shared = { gitfs_user: 'me', gitfs_password: 'hidden' }
    for (const address of ['http://host/x', 'host:x'])
      assert.throws(() => checkGitRemotes(viewOf({ ...shared, gitfs_remotes: [address] }), true), /TLS/)
    const pillar = { ext_pillar: [{ git: ['main https://host/x', { 'main http://host/x': [{ user: 'a' }] }] }] }
    checkGitRemotes(viewOf(pillar), true)
    assert.throws(() => checkGitRemotes(viewOf({ ...pillar, git_pillar_password: 'p' }), true), /TLS/)
    const asked = { verifiesTls: true, isInsecureAllowed: false, user: 'me', password: 'hidden' }
    assert.throws(() => gitEnvironment('http://host/x', asked), /would not be sent over TLS/)
    assert.throws(() => gitEnvironment('ssh://h/x', { ...asked, passphrase: 'x' }), /has a passphrase/)
    const environment = gitEnvironment('https://host/x.git', { ...asked, verifiesTls: false })
    assert.equal(environment.GIT_CONFIG_KEY_0, 'http.https://host/.extraHeader')
    assert.equal(environment.GIT_SSL_NO_VERIFY, '1')
    assert.equal(
      gitEnvironment('git@h:x', { ...asked, user: '', privkey: "/a b'c" }).GIT_SSH_COMMAND?.includes(`'/a b'\\''c'`),
      true,
    )
    assert.equal(withoutCredentials('fatal: https://u:p@h/x failed'), 'fatal: https://h/x failed')
  })

  it('end with git when it hangs', async () => {
    const hanging = runGit(['-c', 'alias.wait=!sleep 60', 'wait'], { timeoutMs: 200 })
    await assert.rejects(hanging, /did not end within 0.2 s/)
  })
})
