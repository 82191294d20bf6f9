/** `salt peer explain`, `salt acl explain` and `salt audit`, with and without a running master. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { type Finished, programArgv, Running, run } from '../support/program.ts'

const policies = `peer:
  web.*:
    - test.ping
    - 'G@role:db':
        - pkg.version: {args: ['nginx.*']}
publisher_acl:
  fred: [test.ping, {'web*': [pkg.version]}]
publisher_acl_blacklist: {modules: [cmd]}
`
const minions = { web1: '', db1: 'grains: {role: db}\n' }

let fleet: InProcessFleet
let master: TestMaster
before(async () => {
  fleet = new InProcessFleet()
  master = await fleet.startMaster(policies)
  await Promise.all(Object.entries(minions).map(([id, config]) => fleet.connect(id, master, config)))
})
after(() => fleet[Symbol.asyncDispose]())

const salt = (command: string, ...words: string[]): Promise<Finished> =>
  run('source', [command, words[0] ?? '', '-c', join(master.folder, 'etc'), ...words.slice(1)])
const lineOf = (text: string): number => policies.slice(0, policies.indexOf(text)).split('\n').length + 4

interface Case {
  command: 'peer' | 'acl'
  words: string[]
  allowed: boolean
  /** Without a master. */
  offline?: boolean
  line?: string
  permits?: unknown
}
const cases: Case[] = [
  { command: 'peer', words: ['web1', '*', 'test.ping'], allowed: true, line: 'test.ping' },
  { command: 'peer', words: ['web1', 'db1', 'pkg.version', 'nginx-full'], allowed: true, offline: false, line: 'pkg' },
  { command: 'peer', words: ['web1', '-G', 'role:db', 'pkg.version', 'nginx'], allowed: true, line: 'pkg' },
  {
    command: 'peer',
    words: ['web1', 'db1', 'pkg.version', 'vim+x'],
    allowed: false,
    permits: { peer: { web1: [{ db1: [{ 'pkg.version': { args: ['vim\\+x'] } }] }] } },
  },
  {
    command: 'peer',
    words: ['db1', '-L', 'web1,db1', 'test.ping,test.version', ','],
    allowed: false,
    permits: { peer: { db1: [{ 'L@web1,db1': ['test.ping', 'test.version'] }] } },
  },
  { command: 'peer', words: ['web1', 'db1', 'publish.publish'], allowed: false },
  { command: 'acl', words: ['fred', 'web1', 'pkg.version'], allowed: true, line: 'fred' },
  {
    command: 'acl',
    words: ['fred', '*', 'pkg.version', 'refresh=True'],
    allowed: false,
    permits: { publisher_acl: { fred: [{ '*': [{ 'pkg.version': { kwargs: { refresh: 'True' } } }] }] } },
  },
  { command: 'acl', words: ['fred', 'web1', 'cmd.run', 'id'], allowed: false, line: 'publisher_acl_blacklist' },
  { command: 'acl', words: ['root', 'web1', 'test.ping'], allowed: true },
]

for (const isOffline of [false, true]) {
  describe(`explain, ${isOffline ? 'by the files' : 'by the running master'}`, { concurrency: 2 }, () => {
    for (const { command, words, line, permits, ...one } of cases) {
      const allowed = isOffline ? (one.offline ?? one.allowed) : one.allowed
      it(`${allowed ? 'permits' : 'refuses'} ${command} ${words.join(' ')}`, async () => {
        const more = isOffline ? ['--offline'] : []
        const { exitCode, stdout, stderr } = await salt(command, 'explain', ...words, ...more, '--out', 'json')
        assert.equal(exitCode, allowed ? 0 : 77, stderr)
        const answer = JSON.parse(stdout)
        assert.deepEqual([answer.allowed, answer.source], [allowed, isOffline ? 'configuration' : 'master'])
        if (line !== undefined && allowed === one.allowed)
          assert.equal(answer.where, `${master.folder}/etc/master:${lineOf(line)}`)
        if (!allowed && allowed === one.allowed) assert.deepEqual(answer.would_permit, permits)
      })
    }
  })
}

describe('explain', () => {
  it('says in words what decides, what is not known, and what would permit it', async () => {
    const { stdout, exitCode } = await salt('peer', 'explain', '--offline', 'web1', 'web1', 'pkg.version', 'nginx')
    assert.equal(exitCode, 77)
    const place = 'peer → "web.*" → item 2 → "G@role:db" → item 1 → "pkg.version"'
    assert.equal(
      stdout,
      `web1 may not call pkg.version on web1
  reason:  ${place} permits pkg.version to web1 on G@role:db only, which web1 is not part of
  targets: web1
  by:      the configuration files
  not known without a running master: which minions G@role:db means: it asks for more than ids
  This would permit it, in the configuration of the master:
    peer:
      web1:
      - web1:
        - pkg.version:
            args:
            - nginx
`,
    )
  })

  it('permits with the rule that it names, and does not record that it was asked', async () => {
    const before = fs.statSync(master.options.values.audit_file).size
    const words = ['fred', 'db1', 'pkg.version', 'a b', 'c=1']
    const { stdout } = await salt('acl', 'explain', ...words, '--out', 'json')
    const { publisher_acl: rule } = JSON.parse(stdout).would_permit
    await master.reload(`publisher_acl: ${JSON.stringify(rule)}\n`)
    const again = await salt('acl', 'explain', ...words)
    assert.equal(again.exitCode, 0, again.stdout)
    await master.reload(policies)
    // The record is written at the end of the turn.
    await new Promise(setImmediate)
    const added = fs.readFileSync(master.options.values.audit_file, 'utf8').slice(before).trimEnd().split('\n')
    assert.deepEqual(
      added.map((line) => JSON.parse(line).action),
      ['reload', 'reload'],
    )
  })

  it('says what it needs, and where the configuration is wrong', async () => {
    assert.equal((await salt('peer', 'explain', 'web1')).exitCode, 64)
    assert.equal((await salt('peer', 'show')).exitCode, 64)
    const wrong = await salt('peer', 'explain', 'web1', '-C', 'web1 and (', 'test.ping')
    assert.match(wrong.stderr, /\[bad-target\]/)
    const etc = join(fleet.folder, 'wrong')
    fs.mkdirSync(etc)
    fs.writeFileSync(join(etc, 'master'), 'root_dir: /nowhere\npublisher_acl:\n  fred:\n    - 7\n')
    const { stderr, exitCode } = await run('source', ['acl', 'explain', '-c', etc, 'fred', '*', 'test.ping'])
    assert.equal(exitCode, 78)
    assert.match(stderr, /publisher_acl → "fred" → item 1: a function is expected.*\n.*wrong\/master:4/)
  })
})

describe('salt audit', () => {
  it('verifies the log of a running master, and prints its last lines', async () => {
    await master.publish('web1', 'test.ping', [], { user: 'root' })
    const verified = await salt('audit', 'verify')
    assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr)
    assert.match(
      verified.stdout,
      /^The audit log is as it was written: \d+ lines in 1 file, numbers 1 to \d+\.\nLast line: \d+:[0-9a-f]{64}\n$/,
    )
    const tail = await salt('audit', 'tail', '-n', '1')
    assert.match(
      tail.stdout,
      /^\d+ [\d-]+T[\d:.]+Z owner root publish test\.ping on web1 \(1 minion\): allowed, the bus key \[\d{20}\]\n$/,
    )
    const data = await salt('audit', 'tail', '-n', '2', '--out', 'json', '--out-indent', '-1')
    assert.equal(data.stdout.trimEnd().split('\n').length, 2)
    assert.equal(JSON.parse(data.stdout.trimEnd().split('\n')[1] ?? '').jid.length, 20)
  })

  it('prints a line for each record, whatever was asked for', async () => {
    const forged = 'x\n9 2026-11-21T10:19:52.123Z owner root publish test.ping on *: allowed \u001b[2K'
    await assert.rejects(master.publish(forged, 'test.ping', [], { user: 'root' }), { code: 'no-match' })
    const { stdout } = await salt('audit', 'tail', '-n', '1')
    assert.match(stdout, /^\d+ .*publish test\.ping on x\\x0a9 2026.*\n$/)
    assert.ok(!stdout.includes('\u001b'))
  })

  it('has a line for a key that was accepted by a rule, and for one by a wheel function', async () => {
    await using bus = await master.bus()
    await bus.call('wheel', { fun: 'key.gen_accept', arg: ['made1'], user: 'root' })
    const keys = fs
      .readFileSync(master.options.values.audit_file, 'utf8')
      .split('\n')
      .flatMap((line) => (line.includes('"key.accept"') ? [JSON.parse(line)] : []))
    assert.deepEqual(
      keys
        .filter(({ targets }) => targets.first[0] !== 'db1')
        .map(({ subject, targets, rule }) => [subject.kind, subject.name, targets.first[0], rule]),
      [
        ['minion', 'web1', 'web1', 'auto_accept is on'],
        ['wheel', 'root', 'made1', undefined],
      ],
    )
    await bus.call('wheel', { fun: 'key.delete', arg: ['made1'], user: 'root' })
  })

  it('names what was changed, and fails', async () => {
    const path = master.options.values.audit_file
    const copy = join(fleet.folder, 'copy')
    const lines = fs.readFileSync(path, 'utf8').split('\n')
    fs.writeFileSync(
      copy,
      lines.map((line, index) => (index === 1 ? line.replace('"n":2', '"n":2 ') : line)).join('\n'),
    )
    const { stdout, exitCode } = await salt('audit', 'verify', copy)
    assert.equal(exitCode, 1)
    assert.match(stdout, /copy:2: number 2 was changed\nThe audit log is broken in 1 place \(/)
    const expected = await salt('audit', 'verify', '--expect', `1:${'0'.repeat(64)}`)
    assert.equal(expected.exitCode, 1)
    assert.match(expected.stdout, /audit:1: number 1 was changed/)
    const missing = await salt('audit', 'verify', join(fleet.folder, 'none'))
    assert.deepEqual([missing.exitCode, /\[storage\]/.test(missing.stderr)], [74, true])
    assert.equal((await salt('audit', 'look')).exitCode, 64)
  })

  it('follows the log over the change of its file', async () => {
    const path = master.options.values.audit_file
    const following = new Running([
      ...programArgv('source'),
      'audit',
      'tail',
      '-f',
      '-n',
      '1',
      '-c',
      join(master.folder, 'etc'),
    ])
    await following.until(/\n/)
    await master.publish('web1', 'test.echo', ['one'])
    await following.until(/publish test\.echo on web1/)
    fs.renameSync(path, `${path}.1`)
    await master.publish('web1', 'test.fib', [2])
    await master.reload(policies)
    await master.publish('web1', 'test.sum', ['three'])
    await following.until(/publish test\.fib on web1[\s\S]*reload[\s\S]*publish test\.sum on web1/)
    following.child.kill('SIGINT')
    assert.equal((await following.finished).exitCode, 0)
    const { stdout } = await salt('audit', 'verify')
    assert.match(stdout, /in 2 files/)
  })
})
