/** The functions of `git` with a real git, in temporary folders. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

const host = new FunctionHost()
const skip = isInstalled() ? false : 'git is not installed'

function isInstalled(): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A function that must do what it is asked to. */
async function done(fun: string, ...words: readonly string[]): Promise<unknown> {
  const outcome = await host.type(`git.${fun}`, ...words)
  assert.equal(outcome.success, true, `git.${fun}: ${outcome.return}`)
  return outcome.return
}

/** What a function says that must fail. */
async function failure(fun: string, ...words: readonly string[]): Promise<string> {
  const outcome = await host.type(`git.${fun}`, ...words)
  assert.equal(outcome.success, false, `git.${fun} has not failed`)
  return String(outcome.return)
}

/** A repository `repo` with one commit on the branch main. */
class Repository extends ConfigFolder {
  readonly repo = this.file('repo')

  static async make(): Promise<Repository> {
    const folder = new Repository()
    await done('init', folder.repo, 'opts=--initial-branch=main')
    await done('config_set', 'user.name', 'Ann', `cwd=${folder.repo}`)
    await done('config_set', 'user.email', 'ann@example.com', `cwd=${folder.repo}`)
    await folder.commit('a', 'one\n', 'First')
    return folder
  }

  async commit(name: string, text: string, message: string): Promise<string> {
    writeFileSync(`${this.repo}/${name}`, text)
    await done('add', this.repo, name)
    await done('commit', this.repo, `'${message}'`)
    return String(await done('revision', this.repo))
  }
}

test('git.version', { skip }, async () => {
  assert.match(String(await done('version')), /^\d+\.\d+/)
  const parts = await done('version', 'versioninfo=true')
  assert.ok(Array.isArray(parts) && typeof parts[0] === 'number')
})

test('init, add, commit, status, rm and discard_local_changes', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  assert.deepEqual(await done('status', repo), {})
  folder.write('repo/ä b', 'new\n')
  folder.write('repo/c', 'new\n')
  folder.write('repo/a', 'changed\n')
  assert.match(String(await done('add', repo, 'c')), /add 'c'/)
  assert.deepEqual(await done('status', repo), { modified: ['a'], new: ['c'], untracked: ['ä b'] })
  assert.match(String(await done('commit', repo, 'Second', 'filename=c')), /Second/)
  await done('discard_local_changes', repo, 'a')
  assert.equal(readFileSync(`${repo}/a`, 'utf8'), 'one\n')
  assert.match(String(await done('rm', repo, 'c')), /rm 'c'/)
  execFileSync('git', ['mv', 'a', 'moved'], { cwd: repo })
  assert.deepEqual(await done('status', repo), { deleted: ['c'], R: ['moved'], untracked: ['ä b'] })
  assert.match(await failure('add', repo, 'nosuch'), /Command 'git add --verbose -- nosuch' failed: .*did not match/s)
  await done('init', folder.file('bare.git'), 'bare=true', 'shared=group')
  assert.ok(existsSync(folder.file('bare.git/HEAD')))
  assert.match(await failure('status', folder.path), /not a git repository/)
  assert.match(await failure('status', folder.file('nosuch')), /does not exist/)
})

test('checkout, branch, current_branch, list_branches and symbolic_ref', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  assert.equal(await done('branch', repo, 'dev'), true)
  assert.match(String(await done('checkout', repo, 'dev')), /Switched to branch 'dev'/)
  assert.equal(await done('current_branch', repo), 'dev')
  assert.equal(await done('symbolic_ref', repo, 'HEAD'), 'refs/heads/dev')
  await done('checkout', repo, "opts='-b third'")
  await folder.commit('b', 'two\n', 'Second')
  await done('branch', repo, 'fourth', "opts='HEAD^'")
  assert.equal(await done('revision', repo, 'fourth'), await done('revision', repo, 'main'))
  await done('branch', repo, "opts='-m fourth fifth'")
  await done('branch', repo, 'dev', 'opts=-d')
  assert.deepEqual(await done('list_branches', repo), ['fifth', 'main', 'third'])
  await done('symbolic_ref', repo, 'HEAD', 'refs/heads/main')
  assert.equal(await done('current_branch', repo), 'main')
  assert.match(await failure('checkout', repo), /'rev' argument is required unless -b or -B in opts/)
  assert.match(await failure('symbolic_ref', repo, 'FOO', 'refs/x', 'opts=-d'), /Value cannot be set/)
  writeFileSync(`${repo}/a`, 'changed')
  await done('checkout', repo, 'main', 'force=true')
  assert.deepEqual(await done('status', repo), {})
})

test('tag, list_tags, describe, revision and rev_parse', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  const first = String(await done('revision', repo))
  assert.match(first, /^[0-9a-f]{40}$/)
  assert.equal(await done('revision', repo, 'HEAD', 'true'), await done('rev_parse', repo, 'HEAD', 'opts=--short'))
  assert.equal(await done('rev_parse', repo, 'opts=--show-toplevel'), repo)
  assert.equal(await done('describe', repo), await done('revision', repo, 'short=true'), 'without a tag')
  await done('tag', repo, 'v1.0', "message='Version one'", 'opts=-a')
  await folder.commit('b', 'two\n', 'Second')
  assert.match(String(await done('describe', repo)), /^v1\.0-1-g[0-9a-f]+$/)
  await done('tag', repo, 'old', first)
  assert.deepEqual(await done('list_tags', repo), ['old', 'v1.0'])
  assert.match(String(await done('tag', repo, 'old', 'opts=-d')), /Deleted tag 'old'/)
  assert.deepEqual(await done('list_tags', repo), ['v1.0'])
  assert.match(await failure('revision', repo, 'nosuch'), /unknown revision/)
})

test('diff, reset and stash', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  const first = String(await done('revision', repo))
  const second = await folder.commit('b', 'two\n', 'Second')
  assert.equal(await done('diff', repo), '')
  assert.match(String(await done('diff', repo, first, second)), /\+two/)
  assert.match(String(await done('diff', repo, first, 'opts=--name-only')), /^b$/)
  folder.write('repo/a', 'changed\n')
  assert.match(String(await done('diff', repo, 'paths=a,b')), /-one\n\+changed/)
  assert.equal(await done('diff', repo, 'cached=true'), '')
  const compared = await done('diff', repo, 'no_index=true', 'paths=a,b')
  assert.match(String(compared), /-changed\n\+two/, 'differences are no failure')
  assert.match(await failure('diff', repo, 'no_index=true', 'cached=true'), /cannot be used together/)
  assert.match(String(await done('stash', repo, 'save', "opts='kept for later'")), /Saved working directory/)
  assert.match(String(await done('stash', repo, 'list')), /kept for later/)
  assert.deepEqual(await done('status', repo), {})
  await done('stash', repo, 'pop')
  assert.deepEqual(await done('status', repo), { modified: ['a'] })
  assert.match(String(await done('reset', repo, `opts='--hard ${first}'`)), /HEAD is now at/)
  assert.equal(existsSync(`${repo}/b`), false)
})

test('merge, merge_base, merge_tree and rebase', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  const base = await done('revision', repo)
  await done('checkout', repo, "opts='-b dev'")
  const dev = await folder.commit('d', 'dev\n', 'On dev')
  await done('checkout', repo, 'main')
  const main = await folder.commit('m', 'main\n', 'On main')
  assert.equal(await done('merge_base', repo, 'main,dev'), base)
  assert.deepEqual(await done('merge_base', repo, '[main, dev]', 'all=true'), [base])
  assert.equal(await done('merge_base', repo, `refs=${base},dev`, 'is_ancestor=true'), true)
  assert.equal(await done('merge_base', repo, 'refs=main,dev', 'is_ancestor=true'), false)
  assert.deepEqual(await done('merge_base', repo, `refs=main,dev,${base}`, 'independent=true'), [main, dev])
  assert.equal(await done('merge_base', repo, 'refs=main,dev', 'octopus=true'), base)
  assert.equal(await done('merge_base', repo, 'dev', 'fork_point=main'), base)
  assert.match(await failure('merge_base', repo, 'main', 'is_ancestor=true'), /Two refs/)
  assert.match(await failure('merge_base', repo, 'a', 'octopus=true', 'independent=true'), /Only one of/)
  assert.match(String(await done('merge_tree', repo, 'main', 'dev')), /added in remote.*\+dev/s)
  assert.match(
    await failure('merge_tree', repo, 'main', 'nosuch'),
    /Unable to determine merge base for main and nosuch/,
  )
  await done('checkout', repo, 'dev')
  await done('rebase', repo, 'main')
  assert.equal(await done('merge_base', repo, 'main,dev'), main)
  await done('checkout', repo, 'main')
  assert.match(String(await done('merge', repo, 'dev')), /Fast-forward/)
  assert.ok(existsSync(`${repo}/d`))
})

test('clone, fetch, pull, push and ls_remote', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  const origin = folder.file('origin.git')
  assert.equal(await done('clone', origin, repo, 'opts=--bare'), true)
  assert.equal(await done('clone', folder.file('clones'), origin, 'name=one'), true)
  const clone = folder.file('clones/one')
  assert.match(await failure('clone', clone, origin), /already exists and is not an empty directory/)
  assert.match(await failure('clone', folder.file('other')), /Missing 'url' argument/)
  const first = await done('revision', clone)
  assert.deepEqual(await done('ls_remote', clone), { HEAD: first, 'refs/heads/main': first })
  assert.deepEqual(await done('ls_remote', `remote=${origin}`, 'ref=main'), { 'refs/heads/main': first })
  assert.deepEqual(await done('remote_refs', origin, 'heads=true', "filter='ma*'"), { 'refs/heads/main': first })
  await done('remote_set', repo, origin)
  const second = await folder.commit('b', 'two\n', 'Second')
  await done('tag', repo, 'v1')
  await done('branch', repo, 'dev')
  assert.match(String(await done('push', repo, 'origin', 'main')), /main -> main/)
  await done('push', repo, 'origin', 'dev', 'opts=--tags')
  const fetched = await done('fetch', clone, 'origin')
  assert.deepEqual(fetched, {
    'new tags': ['v1'],
    'new branches': ['dev'],
    'updated branches': { main: { old: String(first).slice(0, 7), new: second.slice(0, 7) } },
  })
  assert.deepEqual(await done('fetch', clone, 'origin', 'refspecs=main'), {})
  const known = await done('list_branches', clone, 'remote=true')
  assert.ok(Array.isArray(known))
  assert.deepEqual(known.slice(-2), ['origin/dev', 'origin/main'])
  assert.match(String(await done('pull', clone)), /Fast-forward/)
  assert.equal(await done('revision', clone), second)
  await done('push', repo, 'origin', ':dev')
  assert.deepEqual(Object.keys(Object(await done('ls_remote', clone, 'opts=--heads'))), ['refs/heads/main'])
  await done('reset', repo, `opts='--hard ${first}'`)
  const other = await folder.commit('c', 'three\n', 'Another second')
  await done('push', repo, 'origin', 'main', 'opts=--force')
  assert.deepEqual(await done('fetch', clone, 'force=true'), {
    'updated branches': { main: { old: second.slice(0, 7), new: other.slice(0, 7) } },
  })
  assert.match(await failure('fetch', clone, '--upload-pack=evil'), /cannot be the name of a remote/)
})

test('remotes, remote_get and remote_set', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  assert.deepEqual(await done('remotes', repo), {})
  const set = await done(
    'remote_set',
    repo,
    'https://example.com/x.git',
    'https_user=ann',
    "https_pass='p@ss w'",
    'push_url=git@example.com:x.git',
  )
  assert.deepEqual(set, { fetch: 'https://<redacted>@example.com/x.git', push: 'git@example.com:x.git' })
  assert.deepEqual(await done('remote_get', repo, 'redact_auth=false'), {
    fetch: 'https://ann:p%40ss%20w@example.com/x.git',
    push: 'git@example.com:x.git',
  })
  await done('remote_set', repo, 'https://example.com/y.git', 'remote=upstream')
  assert.deepEqual(Object.keys(Object(await done('remotes', repo))), ['origin', 'upstream'])
  await done('remote_set', repo, 'https://example.com/z.git')
  const url = 'https://example.com/z.git'
  assert.deepEqual(await done('remote_get', repo), { fetch: url, push: url })
  assert.match(await failure('remote_get', repo, 'nosuch'), /Remote 'nosuch' not present in git checkout located at/)
  assert.match(
    await failure('remote_set', repo, 'http://example.com/x.git', 'https_user=ann'),
    /only supported for HTTPS/,
  )
})

test('the configuration', { skip }, async () => {
  using folder = await Repository.make()
  const at = `cwd=${folder.repo}`
  assert.equal(await done('config_get', 'user.name', at), 'Ann')
  assert.equal(await done('config_get', 'foo.bar', at), null)
  assert.deepEqual(await done('config_set', 'foo.bar', 'one', at), ['one'])
  assert.deepEqual(await done('config_set', 'foo.bar', 'two words', 'add=true', at), ['one', 'two words'])
  assert.deepEqual(await done('config_get', 'foo.bar', 'all=true', at), ['one', 'two words'])
  assert.equal(await done('config_get', 'foo.bar', at), 'two words')
  assert.deepEqual(await done('config_get_regexp', "'^foo\\.'", at), { 'foo.bar': ['one', 'two words'] })
  assert.deepEqual(await done('config_get_regex', 'foo', 'value_regex=^one', at), { 'foo.bar': ['one'] })
  assert.deepEqual(await done('config_get_regexp', 'nosuch', at), {})
  assert.match(await failure('config_unset', 'foo.bar', at), /Multiple values exist for key 'foo.bar'/)
  assert.equal(await done('config_unset', 'foo.bar', '^one', at), true)
  assert.deepEqual(await done('config_set', 'foo.bar', 'multivar=[1, 2, 3]', at), ['1', '2', '3'])
  assert.equal(await done('config_unset', 'foo.bar', 'all=true', at), true)
  assert.match(await failure('config_unset', 'foo.bar', at), /Key 'foo.bar' does not exist/)
  assert.match(await failure('config_unset', 'foobar', at), /Section or key is invalid/)
  assert.match(await failure('config_set', 'foo.bar', at), /One of 'value' and 'multivar' is required/)
  assert.match(await failure('config_set', 'foo.bar', '1', 'multivar=2', at), /Only one of/)
  assert.match(await failure('config_get', 'foo.bar'), /'cwd' argument required unless global=True/)
  assert.match(await failure('config_get', 'foo.bar', at, 'nosuch=1'), /keyword arguments are not valid: nosuch=1/)
})

test('worktrees', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  const tree = folder.file('tree')
  const head = await done('revision', repo)
  await done('tag', repo, 'v1')
  assert.match(String(await done('worktree_add', repo, '../tree', 'branch=hotfix')), /Preparing worktree/)
  await done('worktree_add', repo, '../free', 'detach=true')
  assert.equal(await done('is_worktree', tree), true)
  assert.equal(await done('is_worktree', repo), false)
  assert.equal(await done('is_worktree', folder.file('nosuch')), false)
  assert.deepEqual(await done('list_worktrees', repo), {
    [repo]: { stale: false, HEAD: head, detached: false, branch: 'main' },
    [tree]: { stale: false, HEAD: head, detached: false, branch: 'hotfix' },
    [folder.file('free')]: { stale: false, HEAD: head, detached: true, branch: null, tags: ['v1'] },
  })
  assert.match(
    await failure('worktree_add', repo, '../x', 'branch=y', 'detach=true'),
    /Only one of 'branch' and 'detach'/,
  )
  assert.match(await failure('worktree_rm', repo), /is not a git worktree/)
  assert.match(await failure('worktree_rm', folder.file('nosuch')), /does not exist/)
  assert.equal(await done('worktree_rm', tree), true)
  assert.deepEqual(Object.keys(Object(await done('list_worktrees', repo, 'stale=true'))), [tree])
  assert.equal(Object.keys(Object(await done('list_worktrees', repo, 'all=true'))).length, 3)
  assert.match(String(await done('worktree_prune', repo)), /Removing worktrees\/tree/)
  assert.deepEqual(await done('list_worktrees', repo, 'stale=true'), {})
})

test('submodules', { skip }, async () => {
  using folder = await Repository.make()
  using library = await Repository.make()
  const { repo } = folder
  const allow = "git_opts='-c protocol.file.allow=always'"
  await done('submodule', repo, 'add', `opts='${library.repo} lib'`, allow)
  assert.ok(existsSync(`${repo}/lib/a`))
  assert.match(String(await done('submodule', repo, 'status')), / lib \(/)
})

test('archive', { skip }, async () => {
  using folder = await Repository.make()
  const { repo } = folder
  const list = async (path: string) => (await host.type('archive.list', path)).return
  assert.equal(await done('archive', repo, folder.file('x.tar.gz')), true)
  assert.deepEqual(await list(folder.file('x.tar.gz')), ['repo/', 'repo/a'])
  await done('archive', repo, folder.file('x.zip'), 'main', 'prefix=""')
  assert.deepEqual(await list(folder.file('x.zip')), ['a'])
  await done('archive', repo, folder.file('y'), 'prefix=p/', 'format=tar')
  assert.deepEqual((await host.type('archive.list', folder.file('y'), 'tar')).return, ['p/', 'p/a'])
})

test('a file in place of a worktree’s .git is not believed', { skip }, async () => {
  using folder = new ConfigFolder()
  mkdirSync(folder.file('x'))
  folder.write('x/.git', 'no\n')
  assert.equal(await done('is_worktree', folder.file('x')), false)
  rmSync(folder.file('x/.git'))
  assert.equal(await done('is_worktree', folder.file('x')), false)
})
