/** Who becomes a minion of a master, and which master a minion takes for its own. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { KeyStore } from '../../src/engine/keys/key-store.ts'
import { temporaryIdentity } from '../../src/wire/identity.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'
import { type Finished, run } from '../support/program.ts'

describe('the admission of minions', () => {
  let fleet: InProcessFleet

  beforeEach(() => {
    fleet = new InProcessFleet()
  })
  afterEach(() => fleet[Symbol.asyncDispose]())

  /** Below the root_dir of the master, as are the paths of its configuration. */
  const write = (name: string, content: string): void => {
    const path = join(fleet.folder, 'master/root', name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content, { mode: 0o600 })
  }

  const call = ({ folder }: TestMinion, ...words: readonly string[]): Promise<Finished> =>
    run('source', ['call', '-c', join(folder, 'etc'), ...words])

  it('accepts and rejects by the files of ids, and lets the others wait', async () => {
    write('etc/autosign', '# servers\nweb*\n^db\\d+$\n')
    write('etc/autoreject', 'web-old\n')
    const master = await fleet.startMaster(
      'auto_accept: false\nautosign_file: /etc/autosign\nautoreject_file: /etc/autoreject\n',
    )
    await Promise.all(['web1', 'db7'].map((id) => fleet.connect(id, master)))
    const rejected = await fleet.startMinion('web-old', [master.port])
    assert.match(await rejected.waiting('rejected'), /autoreject/)
    const waiting = await fleet.startMinion('db-x', [master.port])
    assert.match(await waiting.waiting('pending'), /salt key -a db-x/)
    const keys = new KeyStore(master.options.paths.pki_dir)
    assert.deepEqual(
      [keys.ids('accepted'), keys.ids('rejected'), keys.ids('pending')].map((ids) => [...ids].sort()),
      [['db7', 'web1'], ['web-old'], ['db-x']],
    )
  })

  it('accepts by the grains that a minion shows', async () => {
    write('etc/grains/uuid', 'one-of-ours\n')
    const master = await fleet.startMaster('auto_accept: false\nautosign_grains_dir: /etc/grains\n')
    const shows = (uuid: string): string => `autosign_grains: [uuid]\ngrains: {uuid: ${uuid}}\n`
    await fleet.connect('ours', master, shows('one-of-ours'))
    const other = await fleet.startMinion('other', [master.port], shows('anything'))
    await other.waiting('pending')
  })

  it('says when a file of ids is not there, and when anybody could write to it', async () => {
    write('etc/autoreject', 'anything\n')
    chmodSync(join(fleet.folder, 'master/root/etc/autoreject'), 0o666)
    const master = await fleet.startMaster(
      'auto_accept: false\nautosign_file: /etc/autosing\nautoreject_file: /etc/autoreject\n',
    )
    assert.deepEqual(master.options.warnings, [
      `autosign_file: there is no ${join(fleet.folder, 'master/root/etc/autosing')}`,
    ])
    const minion = await fleet.startMinion('anything', [master.port])
    await minion.waiting('pending')
    assert.equal(master.log.matching(/WARNING .*autoreject/).length, 1)
  })

  it('takes a file that the group may write to only where permissive_pki_access says so, and warns once', async () => {
    write('etc/autosign', 'web1\nweb2\n')
    chmodSync(join(fleet.folder, 'master/root/etc/autosign'), 0o660)
    const configuration = 'auto_accept: false\nautosign_file: /etc/autosign\n'
    const master = await fleet.startMaster(configuration)
    const minions = await Promise.all(['web1', 'web2'].map((id) => fleet.startMinion(id, [master.port])))
    await Promise.all(minions.map((minion) => minion.waiting('pending')))
    assert.equal(master.log.matching(/WARNING ignored a file that others may write to.*autosign mode=660/).length, 1)
    await master.reload(`${configuration}permissive_pki_access: true\n`)
    await Promise.all(minions.map((minion) => minion.connected()))
  })

  it('is told to a waiting minion when it is decided anew, not when the minion asks again', async () => {
    const master = await fleet.startMaster('auto_accept: false\n')
    const minion = await fleet.startMinion('web1', [master.port])
    await minion.waiting('pending')
    const keys = new KeyStore(master.options.paths.pki_dir)
    const since = performance.now()
    keys.reject('web1')
    await minion.waiting('rejected')
    keys.accept('web1', 'rejected')
    await minion.connected()
    assert.ok(performance.now() - since < 9000, 'a waiting minion asks again after ten seconds')
  })

  it('rejects by the file even where every key is accepted', async () => {
    write('etc/autoreject', 'bad\n')
    const master = await fleet.startMaster('auto_accept: true\nautoreject_file: /etc/autoreject\n')
    const bad = await fleet.startMinion('bad', [master.port])
    await bad.waiting('rejected')
    await fleet.connect('badger', master)
  })

  it('lets no more keys wait than 5000, and still accepts who need not wait', async () => {
    const { publicPem } = temporaryIdentity()
    for (let number = 0; number < 5000; number++) write(`etc/salt/pki/master/minions_pre/x${number}`, publicPem)
    write('etc/autosign', 'ours\n')
    const master = await fleet.startMaster('auto_accept: false\nautosign_file: /etc/autosign\n')
    await using events = await master.events()
    const late = await fleet.startMinion('late', [master.port])
    assert.match(await late.waiting('busy'), /too many keys wait for acceptance/)
    const { data } = await events.until(/^salt\/auth$/)
    assert.deepEqual([data.act, data.result, data.id], ['full', false, 'late'])
    await fleet.connect('ours', master)
    const keys = new KeyStore(master.options.paths.pki_dir)
    assert.deepEqual([keys.count('pending'), keys.states('late'), keys.states('ours')], [5000, [], ['accepted']])
  })

  it('is told to salt call as well, which runs nothing', async () => {
    const master = await fleet.startMaster('auto_accept: false\n')
    const minion = await fleet.startMinion('alpha', [master.port])
    await minion.waiting('pending')
    const { exitCode, stdout, stderr } = await call(minion, 'test.ping')
    assert.deepEqual([exitCode, stdout], [77, ''])
    assert.match(stderr, /waits for acceptance; on the master: salt key -a alpha \[key-pending\]/)
  })

  describe('of a master by its minion', () => {
    let master: TestMaster
    beforeEach(async () => {
      master = await fleet.startMaster()
    })

    it('needs the fingerprint of master_finger', async () => {
      await fleet.connect('right', master, `master_finger: ${master.running.fingerprint}\n`)
      const finger = 'ab:'.repeat(31).concat('ab')
      const wrong = await fleet.startMinion('wrong', [master.port], `master_finger: ${finger}\n`)
      const told = await wrong.waiting('mismatch')
      for (const shown of [finger, master.running.fingerprint]) assert.ok(told.includes(shown), told)
      assert.equal(new KeyStore(master.options.paths.pki_dir).state('wrong'), undefined, 'it has not told who it is')
      const { exitCode, stdout, stderr } = await call(wrong, 'test.ping')
      assert.deepEqual([exitCode, stdout], [77, ''])
      assert.match(stderr, /does not match master_finger \[master-mismatch\]/)
      for (const shown of [finger, master.running.fingerprint]) assert.ok(stderr.includes(shown), stderr)
    })

    it('refuses one whose key is another than at the first contact, and says what to do, which helps', async () => {
      const minion = await fleet.connect('alpha', master)
      minion.forget()
      await master.stop()
      rmSync(master.options.paths.pki_dir, { recursive: true })
      await master.start()
      const told = await minion.waiting('mismatch')
      assert.match(told, /shows another key.*Trusted: .*; shown: .*remove the file/s)
      await minion.stop()
      rmSync(join(minion.options.paths.pki_dir, 'minion_master.pub'))
      minion.forget()
      await minion.start([master.port])
      await minion.connected()
    })
  })
})
