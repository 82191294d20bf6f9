/** Users of the master's host who are not the master's own, and what they can do. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connectUserBus, type MasterBus } from '../../src/client/master-bus.ts'
import { findAccount } from '../../src/engine/functions/accounts.ts'
import { asAnotherUser, whyNotAsAnotherUser } from '../support/another-user.ts'
import { Fleet } from '../support/fleet.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { type Finished, programArgv, Running } from '../support/program.ts'

const skip = process.getuid?.() !== 0 && 'needs root, who may give files to other users'
const daemon = findAccount('daemon')?.uid ?? 1
const nobody = findAccount('nobody')?.uid ?? 65_534
const cannotBecome = whyNotAsAnotherUser(nobody)

const request = { tgt: '*', tgt_type: 'glob', fun: 'test.ping', arg: [], user: 'root', ret: '', timeout: 5 } as const
const sockDir = (master: TestMaster): string => master.options.paths.sock_dir
const asUser = (master: TestMaster, uid: number): Promise<MasterBus> =>
  connectUserBus({ sockDir: sockDir(master), uid, timeoutMs: 2000 })

function auditLines(master: TestMaster): Record<string, unknown>[] {
  const text = readFileSync(master.options.values.audit_file, 'utf8').trimEnd()
  return text.split('\n').map((line) => JSON.parse(line))
}

const acl = `publisher_acl:
  daemon:
    - test.ping
    - 'web*':
        - test.echo: {args: ['hello.*']}
    - '@manage'
  nobody: []
  no-such-user: [test.ping]
`

/** Runs a command as another user of this host. */
function saltAs(uid: number, fleet: Fleet, first: string, ...words: readonly string[]): Promise<Finished> {
  return new Running([...asAnotherUser(uid), ...programArgv('source'), first, '-c', fleet.config, ...words]).finished
}

describe('a user of the host', { skip }, () => {
  it('does not learn by asking which minions there are, or what their grains say', async () => {
    await using fleet = await InProcessFleet.start(['web1', 'db1'], acl)
    await using bus = await asUser(fleet.master, daemon)
    const targets = ['db1', 'nosuch', 'db1 or web1', 'G@id:db1', 'G@id:nosuch', '*']
    const answers = await Promise.all(
      targets.map((tgt) =>
        bus
          .call('publish', { ...request, tgt, tgt_type: 'compound', fun: 'test.echo', arg: ['hello'], follow: false })
          .catch((error: Error) => error.message),
      ),
    )
    assert.deepEqual(
      [...new Set(answers)],
      ['daemon may call test.echo on other minions only, or with other arguments'],
    )
  })

  it('can publish what is permitted to him, under his own name', async () => {
    await using fleet = await InProcessFleet.start(['web1', 'db1'], acl)
    await using bus = await asUser(fleet.master, daemon)
    const ids: string[] = []
    const { jid, minions } = await bus.call(
      'publish',
      { ...request, follow: true },
      { onItem: (item) => item.kind === 'outcome' && ids.push(item.id) },
    )
    assert.deepEqual(
      [minions, ids.sort()],
      [
        ['db1', 'web1'],
        ['db1', 'web1'],
      ],
    )
    await bus.call('publish', { ...request, tgt: 'web1', fun: 'test.echo', arg: ['hello you'], follow: true })
    const refused = [
      { fun: 'cmd.run', arg: ['id'] },
      { fun: ['test.ping', 'cmd.run'], arg: [[], ['id']] },
      { fun: 'test.echo', arg: ['bye'], tgt: 'web1' },
      { fun: 'test.echo', arg: ['hello'], tgt: '*' },
    ]
    for (const other of refused) {
      await assert.rejects(bus.call('publish', { ...request, ...other, follow: false }), { code: 'denied' })
    }
    // A returner writes with the rights of the minion, to wherever it is told to.
    const returner = { ret: 'file', ret_kwargs: { path: '/etc/cron.d/mine' } }
    await assert.rejects(bus.call('publish', { ...request, ...returner, follow: false }), {
      code: 'denied',
      message: /daemon must not give options of returners/,
    })
    // Written at the end of the turn in which it was answered.
    await fleet.master.stop()
    const lines = auditLines(fleet.master).filter(({ action }) => action === 'publish')
    assert.deepEqual(
      lines.map(({ decision, subject }) => [decision, subject]),
      ['allowed', 'allowed', 'refused', 'refused', 'refused', 'refused'].map((decision) => [
        decision,
        { kind: 'user', name: 'daemon' },
      ]),
    )
    assert.equal(lines[0]?.jid, jid)
    assert.match(String(lines[0]?.where), /etc\/master:7$/)
    assert.doesNotMatch(readFileSync(fleet.master.options.values.audit_file, 'utf8'), /hello/)
  })

  it('is refused on the bus, too, where he chose the jid himself', async () => {
    await using fleet = await InProcessFleet.start(['web1'], acl)
    await using events = await fleet.master.events()
    await using bus = await asUser(fleet.master, daemon)
    const other = { ...request, jid: '20260101000000000002', fun: 'test.version', follow: false }
    await assert.rejects(bus.call('publish', other), { code: 'denied' })
    const { data } = await events.until(/^salt\/job\/20260101000000000002\/error$/)
    assert.deepEqual([data.user, data.fun, (data.error as { name: string }).name], ['daemon', 'test.version', 'denied'])
  })

  it('can do nothing else', async () => {
    await using fleet = await InProcessFleet.start(['web1'], acl)
    const { master } = fleet
    const foreign = await master.begin('web1', 'test.ping')
    await master.follow(foreign)
    await using bus = await asUser(master, daemon)
    const own = await bus.call('publish', { ...request, follow: true })
    assert.equal((await bus.call('follow', { jid: own.jid })).jid, own.jid)
    const listed = (await bus.call('jobs', {})).map(({ jid, user }) => [jid, user])
    assert.ok(listed.some(([jid]) => jid === own.jid))
    assert.deepEqual(new Set(listed.map(([, user]) => user)), new Set(['daemon']))
    assert.deepEqual(await bus.call('jobs', { jid: foreign }), [])
    await assert.rejects(bus.call('follow', { jid: foreign }), { code: 'no-match' })
    // A jid that the master is going to give to somebody else.
    for (const jid of ['20991121000000000001', '99999999999999999999']) {
      await assert.rejects(bus.call('publish', { ...request, jid, follow: false }), { code: 'bad-arguments' })
    }
    await bus.call('publish', { ...request, jid: '20260101000000000001', follow: true })
    await assert.rejects(bus.call('fire', { tag: 'x', data: {} }), { code: 'denied' })
    await assert.rejects(bus.call('status', null), { code: 'denied' })
    await assert.rejects(bus.call('subscribe', { pattern: '', match: 'startswith' }), { code: 'denied' })
    await assert.rejects(bus.call('key.changed', { id: 'web1', act: 'delete', user: 'root' }), { code: 'denied' })
    await assert.rejects(bus.call('files.offer', { paths: ['/etc/hostname'] }), { code: 'denied' })
    await assert.rejects(bus.call('runner', { fun: 'jobs.list_jobs', arg: [], user: 'root' }), { code: 'denied' })
    await assert.rejects(bus.call('wheel', { fun: 'key.list_all', arg: [], user: 'root' }), { code: 'denied' })
    const up = await bus.call('runner', { fun: 'manage.up', arg: [], user: 'root' })
    assert.deepEqual(up.return, ['web1'])
    const [refused, ...more] = auditLines(master).filter(({ action }) => action === 'follow')
    assert.deepEqual([refused?.jid, refused?.decision, more], [foreign, 'refused', []])
  })

  it('sees only the minions on which something is permitted to him', async () => {
    await using fleet = await InProcessFleet.start(
      ['web1', 'db1'],
      "publisher_acl: {daemon: [{'web*': [test.ping]}]}\n",
    )
    await using bus = await asUser(fleet.master, daemon)
    assert.deepEqual(await bus.call('targets', { tgt: '*', tgt_type: 'glob' }), {
      minions: ['web1'],
      connected: ['web1'],
    })
  })

  it('has a key and a socket that are his alone, and cannot use those of another', async () => {
    await using fleet = await InProcessFleet.start([], acl)
    const { master } = fleet
    const folder = join(sockDir(master), 'users')
    for (const [name, mode] of [
      [`${daemon}.key`, 0o400],
      [`${daemon}.ipc`, 0o600],
    ] as const) {
      const status = statSync(join(folder, name))
      assert.deepEqual([status.uid, status.mode & 0o777], [daemon, mode])
    }
    for (const path of [sockDir(master), folder]) assert.equal(statSync(path).mode & 0o777, 0o711)
    for (const name of ['bus.key', 'master_bus.ipc']) {
      assert.equal(statSync(join(sockDir(master), name)).mode & 0o077, 0)
    }
    assert.equal(master.log.matching(/users that this host does not have.*no-such-user/).length, 1)
    await assert.rejects(asUser(master, 4_000_000), { code: 'denied' })
    await using bus = await asUser(master, nobody)
    await assert.rejects(bus.call('publish', { ...request, follow: false }), {
      code: 'denied',
      message: 'no entry of publisher_acl permits test.ping to nobody',
    })
  })

  it('is let in and out when the configuration is read again', async () => {
    await using fleet = await InProcessFleet.start(['web1'])
    const { master } = fleet
    await assert.rejects(asUser(master, daemon), { code: 'denied' })
    assert.equal(statSync(sockDir(master)).mode & 0o777, 0o700)
    await master.reload('publisher_acl: {daemon: [test.ping]}\n')
    {
      await using bus = await asUser(master, daemon)
      await bus.call('publish', { ...request, follow: true })
      await master.reload('publisher_acl: {daemon: [test.echo]}\n')
      await assert.rejects(bus.call('publish', { ...request, follow: true }), { code: 'denied' })
      await assert.rejects(master.reload('publisher_acl: [daemon]\n'), { code: 'configuration' })
      await bus.call('publish', { ...request, fun: 'test.echo', arg: ['still'], follow: true })
      await master.reload('')
      await bus.closed
    }
    await assert.rejects(asUser(master, daemon), { code: 'denied' })
    assert.equal(existsSync(join(sockDir(master), 'users')), false)
    assert.equal(statSync(sockDir(master)).mode & 0o777, 0o700)
  })

  it('is kept out by the blacklist, as root is', async () => {
    await using fleet = await InProcessFleet.start(
      ['web1'],
      'publisher_acl: {daemon: [.*]}\npublisher_acl_blacklist: {users: [root], modules: [cmd]}\nsudo_acl: true\n',
    )
    await using bus = await asUser(fleet.master, daemon)
    await assert.rejects(bus.call('publish', { ...request, fun: 'cmd.run', arg: ['id'], follow: false }), {
      code: 'denied',
      message: 'publisher_acl_blacklist → "modules" → item 1 forbids cmd.run',
    })
    await assert.rejects(fleet.master.publish('*', 'test.ping', [], { user: 'root' }), { code: 'denied' })
    await assert.rejects(fleet.master.publish('*', 'test.ping', [], { user: 'sudo_fred' }), { code: 'denied' })
    assert.equal((await fleet.master.publish('*', 'test.ping', [], { user: 'sudo_daemon' })).web1?.state, 'returned')
  })

  it('is let in by a master that root starts as another user', { skip: cannotBecome }, async () => {
    await using fleet = await Fleet.start({
      master: 'user: daemon\npublisher_acl: {nobody: [test.ping], no-such-user: [test.ping]}\n',
      starter: (_daemon, { folder }) => {
        chmodSync(folder, 0o711)
        return []
      },
    })
    const status = statSync(join(fleet.sockDir, 'users', `${nobody}.key`))
    assert.deepEqual([status.uid, status.mode & 0o777], [nobody, 0o400])
    const [permitted, denied, stranger] = await Promise.all([
      saltAs(nobody, fleet, '*', 'test.ping'),
      saltAs(nobody, fleet, '*', 'cmd.run', 'id'),
      saltAs(nobody - 1, fleet, '*', 'test.ping'),
    ])
    // Permitted, but there is no minion.
    assert.deepEqual([permitted.exitCode, denied.exitCode, stranger.exitCode], [2, 77, 77], permitted.stderr)
    assert.match(stranger.stderr, /this user may not give orders to the master/)
    assert.match((await fleet.salt('*', 'test.ping')).stdout, /No minions matched/)
  })

  it('uses the command line as ever', { skip: cannotBecome }, async () => {
    await using fleet = await Fleet.start({ minions: { web1: '' }, master: acl })
    chmodSync(fleet.folder, 0o711)
    const [ping, denied, run, root] = await Promise.all([
      saltAs(daemon, fleet, '*', 'test.ping'),
      saltAs(daemon, fleet, '*', 'cmd.run', 'id'),
      saltAs(daemon, fleet, 'run', 'manage.up'),
      fleet.salt('*', 'cmd.run', 'echo fine'),
    ])
    assert.equal(ping.stdout, 'web1:\n    True\n', ping.stderr)
    assert.deepEqual([denied.exitCode, denied.stdout], [77, ''])
    assert.match(
      denied.stderr,
      /no entry of publisher_acl permits cmd\.run to daemon \[denied\]\n.*salt acl explain daemon/,
    )
    assert.match(run.stdout, /web1/, run.stderr)
    assert.match(root.stdout, /fine/)
  })
})
