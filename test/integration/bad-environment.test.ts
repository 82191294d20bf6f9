/** Daemons that find their folders in a state in which no daemon leaves them. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { loadOrCreateIdentity } from '../../src/wire/identity.ts'
import { asAnotherUser, whyNotAsAnotherUser } from '../support/another-user.ts'
import { InProcessFleet } from '../support/in-process-fleet.ts'
import { type Finished, programArgv, Running } from '../support/program.ts'

const nobody = 65_534
const asNobody = asAnotherUser(nobody)

describe('a daemon whose user', { skip: whyNotAsAnotherUser(nobody) }, () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-nobody-'))
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'master'), `root_dir: ${folder}/root\ninterface: 127.0.0.1\nret_port: 0\n`)
    writeFileSync(join(folder, 'minion'), `root_dir: ${folder}/root\nid: alpha\nmaster: 127.0.0.1:1\n`)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function refusal(daemon: string): Promise<Finished> {
    const argv = [...asNobody, ...programArgv('source'), daemon, '-c', folder]
    const finished = await new Running(argv, { timeoutMs: 20_000 }).finished
    assert.equal(finished.exitCode, 74, finished.stderr)
    assert.match(finished.stderr, /permission denied.* \[storage\]\n/)
    return finished
  }

  for (const daemon of ['master', 'minion']) {
    it(`may not write to root_dir ends, and says which option helps (${daemon})`, async () => {
      const { stderr } = await refusal(daemon)
      assert.match(stderr, new RegExp(`where: ${folder}/root/var/run/salt-${daemon}\\.pid\n +hint: .*\`root_dir\``))
      assert.equal(existsSync(join(folder, 'root')), false)
    })

    it(`may not read its private key ends, and makes no new one (${daemon})`, async () => {
      const pki = join(folder, 'root/etc/salt/pki', daemon)
      const key = join(pki, `${daemon}.pem`)
      loadOrCreateIdentity(pki, daemon)
      const before = readFileSync(key)
      for (let path = pki; path !== folder; path = dirname(path)) chownSync(path, nobody, nobody)
      const { stderr } = await refusal(daemon)
      assert.match(stderr, new RegExp(`private key cannot be read.*where: ${key}\n +hint: .*\`user\``, 's'))
      assert.deepEqual(readFileSync(key), before)
      assert.equal(existsSync(join(folder, `root/var/run/salt-${daemon}.pid`)), false, 'a pid file is left')
    })
  }
})

describe('a damaged file of the cache', () => {
  const garbage = 'no database at all '.repeat(500)
  let fleet: InProcessFleet
  beforeEach(() => {
    fleet = new InProcessFleet()
  })
  afterEach(() => fleet[Symbol.asyncDispose]())

  const cacheOf = (name: string, daemon: string): string => join(fleet.folder, name, 'root/var/cache/salt', daemon)

  function damage(folder: string, name: string): void {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), garbage)
  }

  function assertMovedAside(folder: string, name: string, logged: readonly string[]): void {
    const aside = readdirSync(folder).filter((entry) => entry.startsWith(`${name}.damaged-`))
    assert.equal(aside.length, 1, readdirSync(folder).join(' '))
    const movedTo = join(folder, aside[0] ?? '')
    assert.equal(readFileSync(movedTo, 'utf8'), garbage)
    assert.equal(logged.length, 1, logged.join('\n'))
    assert.ok(logged[0]?.includes(`file=${join(folder, name)} moved_to=${movedTo}`), logged.join())
  }

  for (const name of ['jobs.db', 'minions.db']) {
    it(`is moved aside by the master, which tells it and begins anew: ${name}`, async () => {
      const folder = cacheOf('master', 'master')
      damage(folder, name)
      const master = await fleet.startMaster()
      assertMovedAside(folder, name, master.log.matching(/WARNING a damaged file was moved aside/))
      await fleet.connect('alpha', master)
      const jid = await master.begin('alpha', 'test.ping')
      assert.equal((await master.follow(jid)).alpha?.ret?.return, true)
      await master.stop()
      await master.start()
      assert.equal((await master.follow(jid)).alpha?.ret?.return, true, 'the new file does not keep jobs')
    })
  }

  it('is moved aside by the minion, which tells it and does its jobs', async () => {
    const master = await fleet.startMaster()
    const folder = cacheOf('alpha', 'minion')
    const name = `spool-127.0.0.1-${master.port}.db`
    damage(folder, name)
    const minion = await fleet.startMinion('alpha', [master.port], '', { name: 'alpha' })
    await minion.connected()
    assertMovedAside(folder, name, minion.log.matching(/WARNING a damaged file was moved aside/))
    assert.equal((await master.publish('alpha', 'test.ping')).alpha?.state, 'returned')
  })
})
