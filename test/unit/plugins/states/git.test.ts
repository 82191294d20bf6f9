/** The states of git with a real git and real repositories, in temporary folders. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { findProgram } from '../../../../src/engine/functions/process-identity.ts'
import type { PerformedState } from '../../../../src/engine/state/perform.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { StateHost } from '../../../support/state-host.ts'

const skip = findProgram('git') === undefined ? 'git is not installed' : false
const environment = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.com',
}

/** A repository `origin` with a first commit on main, and a place `clone` for its clone. */
class World extends ConfigFolder {
  readonly host = new StateHost()
  readonly origin = this.file('origin')
  readonly clone = this.file('clone')
  readonly first: string

  constructor() {
    super()
    mkdirSync(this.origin)
    this.git('origin', 'init', '--quiet', '--initial-branch=main')
    this.first = this.commit('a', 'one\n')
  }

  git(folder: string, ...words: readonly string[]): string {
    return execFileSync('git', words, { cwd: this.file(folder), env: environment, encoding: 'utf8' }).trim()
  }

  /** Resolves to the id of a new commit of `origin`, or of another repository. */
  commit(name: string, text: string, folder = 'origin'): string {
    writeFileSync(this.file(`${folder}/${name}`), text)
    this.git(folder, 'add', name)
    this.git(folder, 'commit', '--quiet', '-m', `Change ${name}`)
    return this.git(folder, 'rev-parse', 'HEAD')
  }

  /** Runs the state twice: first dry. Both must agree on what changes. */
  async latest(args: Readonly<Record<string, unknown>> = {}): Promise<{ dry: PerformedState; run: PerformedState }> {
    const all = { name: this.origin, target: this.clone, ...args }
    const before = this.#look()
    const dry = await this.host.test('git.latest', all)
    assert.equal(this.#look(), before, 'a dry run changes nothing')
    return { dry, run: await this.host.apply('git.latest', all) }
  }

  #look(): string {
    if (!existsSync(`${this.clone}/.git`)) return String(existsSync(this.clone))
    return [
      this.git('clone', 'for-each-ref'),
      this.git('clone', 'status', '--branch', '--porcelain'),
      readFileSync(`${this.clone}/.git/HEAD`, 'utf8'),
      readFileSync(`${this.clone}/.git/config`, 'utf8'),
    ].join('\n')
  }
}

test('latest clones, is content, and follows', { skip }, async () => {
  using world = new World()
  const { dry, run } = await world.latest({ rev: 'main' })
  assert.deepEqual(dry, {
    result: null,
    comment: `Repository ${world.origin} would be cloned to ${world.clone}`,
    changes: { new: `${world.origin} => ${world.clone}` },
  })
  assert.deepEqual(run, {
    result: true,
    comment: `${world.origin} cloned to ${world.clone}`,
    changes: { new: `${world.origin} => ${world.clone}`, revision: { old: null, new: world.first } },
  })
  const again = await world.latest({ rev: 'main' })
  const content = { result: true, comment: `Repository ${world.clone} is up-to-date`, changes: {} }
  assert.deepEqual(again, { dry: content, run: content })
  const second = world.commit('a', 'two\n')
  const next = await world.latest({ rev: 'main' })
  const revision = { old: world.first, new: second }
  const short = [world.first.slice(0, 7), second.slice(0, 7)]
  assert.deepEqual(next.dry, {
    result: null,
    comment: `Remote 'origin' would be fetched. Repository would be updated from ${short[0]} to ${short[1]}.`,
    changes: { revision },
  })
  assert.deepEqual(next.run, {
    result: true,
    comment: `${world.origin} was fetched, resulting in updated refs. Repository was fast-forwarded to origin/main (${short[1]}).`,
    changes: { revision },
  })
  assert.equal(readFileSync(`${world.clone}/a`, 'utf8'), 'two\n')
})

test('latest of HEAD follows what the remote has as its branch', { skip }, async () => {
  using world = new World()
  await world.latest()
  const second = world.commit('a', 'two\n')
  const { run } = await world.latest()
  assert.match(run.comment, /Repository was fast-forwarded to remote HEAD \([0-9a-f]{7}\)\.$/)
  assert.deepEqual(run.changes, { revision: { old: world.first, new: second } })
})

test('latest of a tag stops following a branch', { skip }, async () => {
  using world = new World()
  world.git('origin', 'tag', '-a', 'v1', '-m', 'one')
  const second = world.commit('a', 'two\n')
  const { run } = await world.latest({ rev: 'v1' })
  assert.equal(run.result, true, run.comment)
  assert.equal(
    run.comment,
    `${world.origin} cloned to ${world.clone}. Repository was reset to v1 (${world.first.slice(0, 7)}). Tracking branch was unset.`,
  )
  assert.equal(world.git('clone', 'rev-parse', 'HEAD'), world.first)
  const again = await world.latest({ rev: 'v1' })
  assert.equal(again.run.comment, `Repository ${world.clone} is up-to-date`)
  world.git('origin', 'tag', 'v2')
  const moved = await world.latest({ rev: 'v2' })
  assert.equal(moved.run.result, true, moved.run.comment)
  assert.deepEqual(moved.run.changes, { new_tags: ['v2'], revision: { old: world.first, new: second } })
  assert.match(moved.run.comment, /Repository was reset to v2 \(fast-forward\)/)
})

test('latest brings tags and takes those away that the remote has no more', { skip }, async () => {
  using world = new World()
  await world.latest({ rev: 'main' })
  world.git('origin', 'tag', 'v1')
  const { dry, run } = await world.latest({ rev: 'main' })
  assert.deepEqual([dry.result, dry.changes], [null, { new_tags: ['v1'] }])
  assert.deepEqual([run.result, run.changes], [true, { new_tags: ['v1'] }])
  world.git('origin', 'tag', '-d', 'v1')
  const kept = await world.latest({ rev: 'main', sync_tags: false })
  assert.deepEqual(kept.run, { result: true, comment: `Repository ${world.clone} is up-to-date`, changes: {} })
  const gone = await world.latest({ rev: 'main' })
  assert.deepEqual(gone.dry.changes, { deleted_tags: ['v1'] })
  assert.match(gone.run.comment, /Changes made: The following tags were removed from the local checkout: v1$/)
  assert.equal(world.git('clone', 'tag'), '')
})

test('latest of a commit, whole or in short, and of one that is not there', { skip }, async () => {
  using world = new World()
  world.commit('a', 'two\n')
  const { run } = await world.latest({ rev: world.first })
  assert.equal(world.git('clone', 'rev-parse', 'HEAD'), world.first, run.comment)
  const again = await world.latest({ rev: world.first.slice(0, 10).toUpperCase() })
  assert.deepEqual([again.run.result, again.run.changes], [true, {}], again.run.comment)
  const wrong = await world.latest({ rev: 'nosuch' })
  assert.deepEqual(wrong.dry, wrong.run)
  assert.deepEqual(wrong.run, {
    result: false,
    comment: "No revision matching 'nosuch' exists in the remote repository",
    changes: {},
  })
  const unknown = await world.latest({ rev: 'f'.repeat(40) })
  assert.equal(unknown.run.result, false)
  assert.match(unknown.run.comment, /^Fetch did not successfully retrieve rev 'f+' from /)
})

test('latest leaves local changes alone unless it may reset', { skip }, async () => {
  using world = new World()
  await world.latest({ rev: 'main' })
  writeFileSync(`${world.clone}/a`, 'mine\n')
  const content = await world.latest({ rev: 'main' })
  const comment = `Repository ${world.clone} is up-to-date, but with uncommitted changes. Set 'force_reset' to True to purge uncommitted changes.`
  assert.deepEqual(
    [content.dry, content.run],
    [
      { result: true, comment, changes: {} },
      { result: true, comment, changes: {} },
    ],
  )
  const remote = await world.latest({ rev: 'main', force_reset: 'remote-changes' })
  assert.equal(remote.run.comment, comment)
  const second = world.commit('a', 'two\n')
  const refused = await world.latest({ rev: 'main' })
  assert.deepEqual([refused.dry.result, refused.run.result], [false, false])
  assert.equal(
    refused.run.comment,
    `Repository would be updated from ${world.first.slice(0, 7)} to ${second.slice(0, 7)}, but there are uncommitted changes. Set 'force_reset' to True (or 'remote-changes') to force this update and discard these changes.`,
  )
  assert.equal(readFileSync(`${world.clone}/a`, 'utf8'), 'mine\n')
  const forced = await world.latest({ rev: 'main', force_reset: 'remote-changes' })
  assert.equal(forced.dry.result, null)
  assert.deepEqual(forced.run.changes, { 'forced update': true, revision: { old: world.first, new: second } })
  assert.match(forced.run.comment, /Uncommitted changes were discarded\. Repository was hard-reset to origin\/main/)
  writeFileSync(`${world.clone}/a`, 'mine\n')
  const purged = await world.latest({ rev: 'main', force_reset: true })
  assert.deepEqual([purged.dry.result, purged.dry.changes], [null, { 'forced update': true }])
  assert.deepEqual([purged.run.result, purged.run.changes], [true, { 'forced update': true }])
  assert.equal(readFileSync(`${world.clone}/a`, 'utf8'), 'two\n')
})

test('latest refuses to throw local commits away, and does it when told to', { skip }, async () => {
  using world = new World()
  await world.latest({ rev: 'main' })
  const mine = world.commit('b', 'mine\n', 'clone')
  const second = world.commit('a', 'two\n')
  const refused = await world.latest({ rev: 'main' })
  assert.deepEqual([refused.dry.result, refused.run.result], [null, false], 'only fetching shows it')
  assert.equal(
    refused.run.comment.split('\n\n')[0],
    `Repository would be updated to ${second.slice(0, 7)}, but this is not a fast-forward merge. Set 'force_reset' to True to force this update.`,
  )
  const known = await world.latest({ rev: 'main' })
  assert.deepEqual([known.dry.result, known.run.result], [false, false])
  const forced = await world.latest({ rev: 'main', force_reset: true })
  assert.deepEqual(forced.dry.changes, { 'forced update': true, revision: { old: mine, new: second } })
  assert.deepEqual(forced.run.changes, forced.dry.changes)
})

test('latest into a branch of its own', { skip }, async () => {
  using world = new World()
  await world.latest({ rev: 'main' })
  world.git('origin', 'checkout', '--quiet', '-b', 'dev')
  const dev = world.commit('a', 'dev\n')
  const { dry, run } = await world.latest({ rev: 'dev', branch: 'dev' })
  assert.equal(
    dry.comment,
    `Remote 'origin' would be fetched. New branch 'dev' would be checked out, with origin/dev (${dev.slice(0, 7)}) as a starting point. Tracking branch would be set to origin/dev.`,
  )
  assert.equal(run.result, true, run.comment)
  assert.match(run.comment, /New branch 'dev' was checked out, with origin\/dev \([0-9a-f]{7}\) as a starting point/)
  assert.equal(world.git('clone', 'rev-parse', '--abbrev-ref', 'dev@{upstream}'), 'origin/dev')
  const back = await world.latest({ rev: 'main', branch: 'main' })
  assert.match(back.dry.comment, /^Branch 'main' would be checked out and fast-forwarded to [0-9a-f]{7}$/)
  assert.equal(back.run.comment, "'main' was checked out")
  writeFileSync(`${world.clone}/a`, 'mine\n')
  const dirty = await world.latest({ rev: 'dev', branch: 'dev', force_reset: true })
  assert.match(dirty.run.comment, /Local branch 'main' has uncommitted changes\. Set 'force_checkout' to True/)
})

test('latest takes another address, without a word of its password', { skip }, async () => {
  using world = new World()
  await world.latest({ rev: 'main' })
  world.git('clone', 'remote', 'set-url', 'origin', 'https://ann:s3cret@example.com/app.git')
  const { dry, run } = await world.latest({ rev: 'main' })
  assert.equal(dry.result, null)
  const words = `from https://<redacted>@example.com/app.git to ${world.origin}`
  assert.equal(
    dry.comment,
    `Repository ${world.clone} is up-to-date\n\nChanges that would be made: Remote 'origin' would be changed ${words}`,
  )
  assert.equal(run.comment, `Repository ${world.clone} is up-to-date\n\nChanges made: Remote 'origin' changed ${words}`)
  const other = await world.latest({ rev: 'main', remote: 'upstream' })
  assert.equal(other.run.result, true, other.run.comment)
  assert.equal(world.git('clone', 'remote', 'get-url', 'upstream'), world.origin)
})

test('latest without moving the branch', { skip }, async () => {
  using world = new World()
  await world.latest({ rev: 'main' })
  const second = world.commit('a', 'two\n')
  const { run } = await world.latest({ rev: 'main', update_head: false })
  const comment = `origin/main (${second.slice(0, 7)}) is already present and local HEAD (${world.first.slice(0, 7)}) does not match, but update_head=False. HEAD has not been updated locally.`
  assert.deepEqual(run, { result: true, comment, changes: {} })
  assert.equal(world.git('clone', 'rev-parse', 'origin/main'), second)
  assert.equal(world.git('clone', 'rev-parse', 'HEAD'), world.first)
  const again = await world.latest({ rev: 'main', update_head: false })
  assert.deepEqual([again.dry.comment, again.run.comment], [comment, comment])
})

test('latest with part of the history, bare, as a mirror, and with submodules', { skip }, async () => {
  using world = new World()
  world.commit('a', 'two\n')
  const url = `file://${world.origin}`
  const shallow = await world.latest({ name: url, rev: 'main', depth: 1 })
  assert.equal(shallow.run.result, true, shallow.run.comment)
  assert.equal(world.git('clone', 'rev-list', '--count', 'HEAD'), '1')
  assert.deepEqual((await world.latest({ name: url, rev: 'main', depth: 1 })).run.changes, {})
  for (const [folder, args, words] of [
    ['bare.git', { bare: true }, ' as bare repository'],
    ['mirror.git', { mirror: true }, ' as mirror'],
  ] as const) {
    const target = world.file(folder)
    const made = await world.latest({ target, ...args })
    assert.equal(made.run.comment, `${world.origin} cloned to ${target}${words}`)
    const idle = await world.latest({ target, ...args })
    assert.equal(
      idle.run.comment,
      `Repository ${target} is up-to-date\n\nChanges made: Bare repository at ${target} was fetched`,
    )
    const before = world.git('origin', 'rev-parse', 'HEAD')
    const id = world.commit('a', `${folder}\n`)
    const news = await world.latest({ target, ...args })
    assert.deepEqual(news.run.changes, { revision: { old: before, new: id } })
    assert.equal(world.git(folder, 'rev-parse', 'HEAD'), id)
  }
  const refused = await world.latest({ bare: true, rev: 'main' })
  assert.equal(refused.run.comment, "'rev' is not compatible with the 'mirror' and 'bare' arguments")
  const depth = await world.latest({ depth: 1, target: world.file('deep') })
  assert.match(depth.run.comment, /^When 'depth' is used, 'rev' must be set to the name of a branch/)
})

test('latest in a folder that is something else', { skip }, async () => {
  using world = new World()
  world.write('clone/keep', 'mine\n')
  const refused = await world.latest()
  assert.match(
    refused.dry.comment,
    /exists, is non-empty and is not a git repository\. Set the 'force_clone' option to True/,
  )
  assert.equal(refused.run.result, false)
  const { dry, run } = await world.latest({ force_clone: true })
  assert.match(dry.comment, /^Target directory .+ exists\. Since force_clone=True, the contents of /)
  assert.deepEqual(run.changes, {
    'forced clone': true,
    new: `${world.origin} => ${world.clone}`,
    revision: { old: null, new: world.first },
  })
  assert.equal(existsSync(`${world.clone}/keep`), false)
  const file = world.write('file', '')
  const onFile = await world.latest({ target: file })
  assert.equal(onFile.run.comment, `Target '${file}' exists and is a regular file, cannot proceed`)
  const empty = world.file('empty')
  mkdirSync(empty)
  assert.equal((await world.latest({ target: empty })).run.result, true)
})

test('latest says what is wrong with its arguments and with the other side', { skip }, async () => {
  using world = new World()
  for (const [args, comment] of [
    [{ target: '' }, "'target' argument is required"],
    [{ target: 'clone' }, "target 'clone' is not an absolute path"],
    [{ rev: '' }, "'' is not a valid value for the 'rev' argument"],
    [{ remote: '' }, "'remote' argument is required"],
    [{ identity: { a: 1 } }, 'identity must be either a list or a string'],
    [{ identity: 'id_rsa' }, "identity 'id_rsa' is not an absolute path"],
    [{ https_user: 'ann' }, 'Failed to check remote refs: Basic Auth only supported for HTTPS scheme'],
  ] as const) {
    const { dry, run } = await world.latest(args)
    assert.deepEqual([dry, run], [{ result: false, comment, changes: {} }, dry])
  }
  const gone = await world.latest({ name: world.file('nosuch') })
  assert.match(
    gone.run.comment,
    /^Failed to check remote refs: fatal: .*nosuch.* does not appear to be a git repository/,
  )
})

test('latest of an empty repository', { skip }, async () => {
  using world = new World()
  const empty = world.file('empty')
  mkdirSync(empty)
  world.git('empty', 'init', '--quiet', '--bare')
  const { run } = await world.latest({ name: empty })
  assert.deepEqual(run, {
    result: true,
    comment: `${empty} cloned to ${world.clone}`,
    changes: { new: `${empty} => ${world.clone}` },
  })
  assert.equal((await world.latest({ name: empty })).run.result, true)
  rmSync(world.clone, { recursive: true })
  await world.latest()
  const refused = await world.latest({ name: empty })
  assert.equal(refused.run.comment, 'Remote repository is empty, cannot update from a non-empty to an empty repository')
})

test('cloned makes a clone and changes its branch', { skip }, async () => {
  using world = new World()
  world.git('origin', 'branch', 'dev')
  const args = { name: world.origin, target: world.clone }
  const dry = await world.host.test('git.cloned', { ...args, branch: 'dev' })
  assert.equal(dry.comment, `${world.origin} would be cloned to ${world.clone} with branch 'dev'`)
  const run = await world.host.apply('git.cloned', { ...args, branch: 'dev' })
  assert.deepEqual(run, {
    result: true,
    comment: `${world.origin} cloned to ${world.clone} with branch 'dev'`,
    changes: { new: `${world.origin} => ${world.clone}` },
  })
  assert.equal(
    (await world.host.apply('git.cloned', { ...args, branch: 'dev' })).comment,
    `Repository already exists at ${world.clone} and is checked out to branch 'dev'`,
  )
  assert.equal((await world.host.test('git.cloned', args)).comment, `Repository already exists at ${world.clone}`)
  const changed = await world.host.apply('git.cloned', { ...args, branch: 'main' })
  assert.deepEqual(changed, {
    result: true,
    comment: "Branch changed to 'main'",
    changes: { branch: { old: 'dev', new: 'main' } },
  })
  const wrong = await world.host.apply('git.cloned', { ...args, branch: 'nosuch' })
  assert.match(wrong.comment, /^Failed to change branch to 'nosuch': fatal: /)
  const nowhere = await world.host.apply('git.cloned', { name: world.file('x'), target: world.file('y') })
  assert.match(nowhere.comment, /^Clone failed: /)
  const other = await world.host.apply('git.cloned', { name: world.origin, target: world.file('.') })
  assert.equal(other.result, false)
})

test('detached checks a commit out by itself', { skip }, async () => {
  using world = new World()
  world.git('origin', 'tag', '-a', 'v1', '-m', 'one')
  const second = world.commit('a', 'two\n')
  const args = { name: world.origin, target: world.clone }
  const dry = await world.host.test('git.detached', { ...args, rev: 'v1' })
  assert.equal(dry.comment, `Repository ${world.origin} would be cloned to ${world.clone}`)
  const run = await world.host.apply('git.detached', { ...args, rev: 'v1' })
  assert.deepEqual(run.changes, { HEAD: { old: null, new: world.first } }, run.comment)
  assert.equal(
    run.comment,
    `${world.origin} cloned to ${world.clone}. Commit ID ${world.first} was checked out at ${world.clone}.`,
  )
  assert.equal(world.git('clone', 'rev-parse', '--abbrev-ref', 'HEAD'), 'HEAD')
  assert.equal(
    (await world.host.test('git.detached', { ...args, rev: 'v1' })).comment,
    'Already checked out at correct revision',
  )
  const third = world.commit('a', 'three\n')
  const next = await world.host.test('git.detached', { ...args, rev: 'main' })
  assert.deepEqual(next.changes, { HEAD: { old: world.first, new: third } })
  const local = await world.host.apply('git.detached', { ...args, rev: 'main', fetch_remote: false })
  assert.deepEqual(local.changes, { HEAD: { old: world.first, new: second } }, local.comment)
  const moved = await world.host.apply('git.detached', { ...args, rev: third, hard_reset: true, submodules: true })
  assert.deepEqual(moved.changes, { HEAD: { old: second, new: third } }, moved.comment)
  const wrong = await world.host.test('git.detached', { ...args, rev: 'nosuch' })
  assert.deepEqual([wrong.result, wrong.comment], [false, "Revision 'nosuch' does not exist"])
})

test('present makes repositories', { skip }, async () => {
  using world = new World()
  const name = world.file('new.git')
  const dry = await world.host.test('git.present', { name })
  assert.deepEqual(dry, { result: null, comment: 'New bare repository would be created', changes: { new: name } })
  const run = await world.host.apply('git.present', { name, shared: 'group' })
  assert.deepEqual(run, { result: true, comment: `Initialized bare repository in ${name}`, changes: { new: name } })
  assert.deepEqual(await world.host.apply('git.present', { name }), { result: true, comment: '', changes: {} })
  world.write('full/keep', '')
  const full = { name: world.file('full'), bare: false }
  assert.match(
    (await world.host.test('git.present', full)).comment,
    /^Target '.+' exists, is non-empty, and is not a git/,
  )
  const forced = await world.host.apply('git.present', { ...full, force: true, template: world.origin })
  assert.deepEqual(forced.changes, { 'forced init': true, new: full.name })
  assert.match(forced.comment, /^Initialized repository in .+\. Template directory set to .+\.$/)
})

test('settings of a repository', { skip }, async () => {
  using world = new World()
  const repo = world.origin
  const set = { name: 'foo.bar', multivar: ['one', 2], repo }
  assert.equal((await world.host.test('git.config_set', set)).comment, "'foo.bar' would be added as ['one', '2']")
  const run = await world.host.apply('git.config_set', set)
  assert.deepEqual(run, {
    result: true,
    comment: "'foo.bar' was added as ['one', '2']",
    changes: { 'foo.bar': { old: null, new: ['one', '2'] } },
  })
  assert.equal((await world.host.apply('git.config_set', set)).comment, "'foo.bar' is already set to ['one', '2']")
  const single = await world.host.apply('git.config_set', { name: 'foo.bar', value: true, repo })
  assert.deepEqual(single.changes, { 'foo.bar': { old: ['one', '2'], new: ['True'] } })
  await world.host.apply('git.config_set', { ...set, name: 'foo.baz' })
  const several = await world.host.test('git.config_unset', { name: 'foo\\..+', repo })
  assert.equal(
    several.comment,
    "Multivar(s) matched by the key expression (set 'all' to True to force removal): foo.baz (one, 2)",
  )
  const one = await world.host.apply('git.config_unset', { name: 'foo.baz', value_regex: 'one', repo })
  assert.deepEqual(one, { result: true, comment: 'Value(s) successfully unset', changes: { 'foo.baz': ['one'] } })
  const all = await world.host.apply('git.config_unset', { name: 'foo\\..+', repo, all: true })
  assert.deepEqual(all.changes, { 'foo.bar': ['True'], 'foo.baz': ['2'] })
  assert.equal(
    (await world.host.apply('git.config_unset', { name: 'foo\\..+', repo })).comment,
    'No matching keys are set',
  )
  for (const [args, comment] of [
    [{ name: 'a.b', value: 1 }, "Non-global config options require the 'repo' argument to be set"],
    [{ name: 'a.b', value: 1, multivar: 'a,b', repo }, "Only one of 'value' and 'multivar' is permitted"],
    [{ name: 'a.b', repo }, "One of 'value' and 'multivar' is required"],
  ] as const) {
    assert.equal((await world.host.test('git.config_set', args)).comment, comment)
  }
  const bad = await world.host.apply('git.config_set', { name: 'nodot', value: 1, repo })
  assert.match(bad.comment, /^Failed to set 'nodot' to '1': error: key does not contain a section/)
})
