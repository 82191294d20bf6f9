import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { Float } from '../../../../src/base/float.ts'
import { returnerOptions } from '../../../../src/engine/returners/returner-options.ts'
import { localCache } from '../../../../src/plugins/returners/local-cache.ts'
import { masterBus } from '../../../../src/plugins/returners/master-bus.ts'
import { multiReturner } from '../../../../src/plugins/returners/multi-returner.ts'
import { sqlite } from '../../../../src/plugins/returners/sqlite/module.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import {
  eventDelivery,
  type FiredEvent,
  openReturner,
  returnDelivery,
  someJid,
  someJob,
  someReturn,
} from '../../../support/returner-world.ts'

describe('returner master_bus', () => {
  it('puts each return under the tag, in order', async () => {
    const fired: FiredEvent[] = []
    await using bus = await openReturner(masterBus, { 'master_bus.tag': 'monitoring' }, { fired })
    await bus.deliver([returnDelivery(), returnDelivery({ return: { load: 1 } })])
    assert.deepEqual(fired, [
      { tag: 'monitoring', data: someReturn() },
      { tag: 'monitoring', data: someReturn({ return: { load: 1 } }) },
    ])
  })

  it('needs a tag', async () => {
    await assert.rejects(openReturner(masterBus), {
      code: 'configuration',
      message: /'tag' of the returner master_bus/,
    })
  })

  it('passes on that the master refused it', async () => {
    const fireMaster = (): Promise<void> => Promise.reject(new Error('reserved'))
    await using bus = await openReturner(masterBus, { 'master_bus.tag': 'salt/job' }, { fireMaster })
    await assert.rejects(bus.deliver([returnDelivery()]), /reserved/)
  })
})

describe('returner multi_returner', () => {
  const members = (all: Record<string, unknown>) =>
    multiReturner.members?.(returnerOptions(multiReturner, {}, { all }) as never)

  it('reads its members as Salt does, and as an option', () => {
    assert.deepEqual(members({ multi_returner: ['redis', 'file'] }), ['redis', 'file'])
    assert.deepEqual(members({ multi_returner: { returners: ['a'] } }), ['a'])
    assert.deepEqual(members({ 'multi_returner.returners': ['b'] }), ['b'])
    assert.throws(() => members({}), { code: 'configuration' })
  })
})

describe('returner sqlite', () => {
  it('writes what anybody can read, and everything once', async () => {
    using folder = new ConfigFolder()
    const file = folder.file('sub/returns.db')
    await using returner = await openReturner(sqlite, { 'sqlite.database': file })
    const batch = [
      { kind: 'job', job: someJob() } as const,
      returnDelivery({ return: { load: new Float(1) } }),
      returnDelivery({ id: 'web2', fun: ['test.ping', 'cmd.run'], retcode: 2, success: false }),
      eventDelivery(),
    ]
    await returner.deliver(batch)
    await returner.deliver(batch)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    using other = new DatabaseSync(file)
    const returns = other.prepare('SELECT fun, jid, id, success, full_ret, date FROM salt_returns ORDER BY id').all()
    assert.equal(returns.length, 2)
    assert.match(String(returns[0]?.full_ret), /"return": \{"load": 1\.0\}/)
    assert.deepEqual(
      returns.map(({ fun, id, success, date }) => [fun, id, success, date]),
      [
        ['test.ping', 'web1', '1', '2026-11-21T02:55:04.701Z'],
        ['test.ping,cmd.run', 'web2', '0', '2026-11-21T02:55:04.701Z'],
      ],
    )
    assert.equal(other.prepare('SELECT count(*) AS n FROM salt_events WHERE tag = ?').get('my/tag')?.n, 1)
    assert.equal(other.prepare('SELECT count(*) AS n FROM jids').get()?.n, 1)
  })

  it('gives back what it was given', async () => {
    using folder = new ConfigFolder()
    await using returner = await openReturner(sqlite, { cachedir: folder.path })
    const ret = someReturn({ return: ['a', { b: null }], retcode: 3, success: false, out: 'txt', user: 'root' })
    const later = someJob({ jid: '20261121030000000000', metadata: { ticket: 1 } })
    await returner.deliver([
      { kind: 'job', job: later },
      { kind: 'job', job: someJob() },
      { kind: 'return', ret },
    ])
    assert.deepEqual(await returner.cache?.load(later.jid), later)
    assert.deepEqual(await returner.cache?.load('nothing'), undefined)
    assert.deepEqual(await returner.cache?.returns(someJid), [ret])
    assert.deepEqual(await returner.cache?.list(5), [someJob(), later])
    assert.deepEqual(await returner.cache?.list(1), [later])
  })

  it('uses tables of Salt as they are, and reads its rows', async () => {
    using folder = new ConfigFolder()
    const file = folder.file('salt.db')
    using salt = new DatabaseSync(file)
    salt.exec(
      `CREATE TABLE jids (jid TEXT PRIMARY KEY, load TEXT NOT NULL);
       CREATE TABLE salt_returns (fun TEXT KEY, jid TEXT KEY, id TEXT KEY, fun_args TEXT, date TEXT NOT NULL,
         full_ret TEXT NOT NULL, success TEXT NOT NULL);
       INSERT INTO salt_returns VALUES ('test.ping', '1', 'old', NULL, 'then', '{"a": 1}', 'True');
       INSERT INTO jids VALUES ('1', 'nonsense')`,
    )
    await using returner = await openReturner(sqlite, { 'sqlite.database': file })
    await returner.deliver([returnDelivery()])
    const [row] = (await returner.cache?.returns('1')) ?? []
    assert.deepEqual([row?.id, row?.return, row?.success], ['old', { a: 1 }, true])
    assert.equal(await returner.cache?.load('1'), undefined)
    assert.deepEqual(await returner.cache?.list(10), [])
    assert.deepEqual(await returner.cache?.returns(someJid), [someReturn()])
  })

  it('says what is wrong with a file that is none, and writes nothing of a batch that fails', async () => {
    using folder = new ConfigFolder()
    const file = folder.file('bad.db')
    writeFileSync(file, 'this is no database, and long enough to be seen as such '.repeat(20))
    await assert.rejects(openReturner(sqlite, { 'sqlite.database': file }), { code: 'storage', where: file })
    await assert.rejects(openReturner(sqlite, { 'sqlite.database': '/proc/nothing/here.db' }), { code: 'storage' })
  })
})

describe('returner local_cache', () => {
  it('keeps returns on the minion and gives them back', async () => {
    using folder = new ConfigFolder()
    await using returner = await openReturner(localCache, { cachedir: folder.path })
    await returner.deliver([returnDelivery(), returnDelivery()])
    assert.deepEqual(await returner.cache?.returns(someJid), [someReturn()])
    assert.deepEqual((await returner.cache?.load(someJid))?.minions, ['web1'])
    assert.equal((await returner.cache?.list(10))?.length, 1)
  })

  it('is not opened on a master, which has it already', async () => {
    await assert.rejects(openReturner(localCache, {}, { role: 'master' }), { code: 'configuration' })
  })
})
