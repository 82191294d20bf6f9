/** Files and pillar of git repositories, from the repository to the minion. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { cannotUseGit, TestRepository } from '../support/git-repository.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

const keyword = (values: object): object => ({ ...values, __kwarg__: true })

async function runner(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  await using bus = await master.bus()
  return (await bus.call('runner', { fun, arg, user: 'tester' })).return
}

async function on(master: TestMaster, id: string, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  return (await master.publish(id, fun, arg))[id]?.ret?.return
}

describe('git', { skip: cannotUseGit }, () => {
  it('gives files to minions, after those of file_roots', async () => {
    using repository = new TestRepository()
    repository.commit({ 'web/index.html': 'from git', both: 'git' })
    repository.branch('dev')
    repository.commit({ 'web/index.html': 'of dev' })
    await using fleet = new InProcessFleet()
    const root = join(fleet.folder, 'srv')
    mkdirSync(join(root, 'empty'), { recursive: true })
    writeFileSync(join(root, 'both'), 'roots')
    const configuration = `fileserver_backend: [roots, git]\nfile_roots: {base: ['${root}']}\ngitfs_remotes: ['${repository.path}']\n`
    const master = await fleet.startMaster(configuration)
    await fleet.connect('web', master)
    assert.equal(await on(master, 'web', 'cp.get_file_str', 'salt://web/index.html'), 'from git')
    assert.equal(
      await on(master, 'web', 'cp.get_file_str', 'salt://web/index.html', keyword({ saltenv: 'dev' })),
      'of dev',
    )
    assert.equal(await on(master, 'web', 'cp.get_file_str', 'salt://both'), 'roots')
    assert.deepEqual(await on(master, 'web', 'cp.list_master'), ['both', 'web/index.html'])
    assert.deepEqual(await on(master, 'web', 'cp.envs'), ['base', 'dev'])
    const dest = join(fleet.folder, 'copy')
    assert.equal(await on(master, 'web', 'cp.get_file', 'salt://web/index.html', dest), dest)

    assert.deepEqual(await runner(master, 'fileserver.file_list'), ['both', 'web/index.html'])
    assert.deepEqual(await runner(master, 'fileserver.file_list', keyword({ backend: 'git', saltenv: 'dev' })), [
      'both',
      'web/index.html',
    ])
    assert.deepEqual(await runner(master, 'fileserver.dir_list'), ['empty', 'web'])
    assert.deepEqual(await runner(master, 'fileserver.empty_dir_list'), ['empty'])
    assert.deepEqual(await runner(master, 'fileserver.symlink_list'), {})
    assert.deepEqual(await runner(master, 'fileserver.envs', keyword({ sources: true })), {
      roots: ['base'],
      git: ['base', 'dev'],
    })
    assert.match(String(await runner(master, 'fileserver.envs', 'hg')), /'hg' is no backend/)

    repository.commit({ 'web/index.html': 'newer' })
    assert.deepEqual(await runner(master, 'fileserver.lock'), { locked: [repository.path] })
    assert.equal(await runner(master, 'fileserver.update'), true)
    assert.equal(
      await on(master, 'web', 'cp.get_file_str', 'salt://web/index.html', keyword({ saltenv: 'dev' })),
      'of dev',
    )
    assert.equal(await runner(master, 'fileserver.clear_lock', keyword({ remote: 'other*' })), 'No locks were removed')
    assert.deepEqual(await runner(master, 'fileserver.clear_lock'), { cleared: [repository.path] })
    assert.equal(await runner(master, 'fileserver.update', 'gitfs'), true)
    assert.equal(
      await on(master, 'web', 'cp.get_file_str', 'salt://web/index.html', keyword({ saltenv: 'dev' })),
      'newer',
    )
    assert.deepEqual(await runner(master, 'fileserver.clear_cache'), { cleared: [repository.path] })
    assert.equal(await runner(master, 'fileserver.clear_cache', 'roots'), 'No cache was cleared')
  })

  it('gives pillar of several remotes, each branch an environment', async () => {
    using first = new TestRepository()
    using second = new TestRepository()
    first.commit({ 'top.sls': "base:\n  '*': [a, other.b]\n", 'a.sls': 'x: first\nid: {{ opts.id }}\n' })
    first.branch('dev')
    first.commit({ 'top.sls': "{{ saltenv }}:\n  '*': [a]\n", 'a.sls': 'x: dev\n' })
    second.commit({
      'p/top.sls': "base:\n  '*': [c]\n",
      'p/c.sls': 'y: second\n',
      'p/other/b.sls': 'linked: true\n',
      'd.sls': 'no: 1\n',
    })
    await using fleet = new InProcessFleet()
    const list = [`master ${first.path}`, `dev ${first.path}`].map((remote) => `    - ${remote}\n`).join('')
    const interval = 'git_pillar_update_interval: 0\n'
    const master = await fleet.startMaster(
      `${interval}ext_pillar:\n- git:\n${list}    - master ${second.path}:\n      - root: p\n`,
    )
    await fleet.connect('web', master)
    assert.deepEqual(await on(master, 'web', 'pillar.items'), { x: 'dev', id: 'web', linked: true, y: 'second' })
    assert.deepEqual(await on(master, 'web', 'pillar.items', keyword({ pillarenv: 'dev' })), { x: 'dev' })
    second.commit({ 'p/c.sls': 'y: newer\n' })
    assert.partialDeepStrictEqual(await on(master, 'web', 'pillar.items'), { y: 'newer' })
  })

  it('gives the branch of the environment that is asked for, and says what is missing', async () => {
    using repository = new TestRepository()
    repository.commit({ 'top.sls': "{{ saltenv }}:\n  '*': [a]\n", 'a.sls': 'x: of master\n' })
    repository.branch('qa')
    repository.commit({ 'a.sls': 'x: of qa\n' })
    await using fleet = new InProcessFleet()
    const master = await fleet.startMaster(
      `ext_pillar:\n- git:\n    - __env__ ${repository.path}\n    - nowhere ${repository.path}\n    - master ${fleet.folder}/no-repository\n`,
    )
    await fleet.connect('web', master)
    assert.deepEqual(await on(master, 'web', 'pillar.items', keyword({ pillarenv: 'qa' })), { x: 'of qa' })
    const { _errors: errors } = (await on(master, 'web', 'pillar.items')) as { _errors?: readonly string[] }
    assert.match(String(errors), /Failed to load ext_pillar git: .* has no branch 'nowhere'/)
    const gone = (await on(master, 'web', 'pillar.items', keyword({ pillarenv: 'base' }))) as {
      _errors?: readonly string[]
    }
    assert.match(String(gone._errors), /cannot be read: git: fatal: .*no-repository/)
  })
})
