import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { MasterPin, type MasterPinOptions } from '../../../src/client/master-pin.ts'
import { temporaryIdentity } from '../../../src/wire/identity.ts'

describe('the pin of a master', () => {
  const good = temporaryIdentity()
  const evil = temporaryIdentity()
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pin-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const pin = (more: Partial<MasterPinOptions> = {}): MasterPin =>
    new MasterPin({
      pkiDir: folder,
      address: 'salt:4506',
      several: false,
      masterFinger: '',
      requireMasterFinger: false,
      log: silentLog,
      ...more,
    })
  const stored = (): string => readFileSync(join(folder, 'minion_master.pub'), 'utf8')

  it('is the first key that is shown, and no other one afterwards', () => {
    pin().check(good)
    assert.equal(stored(), good.publicPem)
    assert.throws(() => pin().check(evil), { code: 'master-mismatch' })
    pin().check(good)
  })

  it('is that of master_finger only', () => {
    const careful = pin({ masterFinger: good.fingerprint.toUpperCase() })
    assert.throws(() => careful.check(evil), { code: 'master-mismatch' })
    assert.equal(existsSync(join(folder, 'minion_master.pub')), false)
    careful.check(good)
    assert.equal(stored(), good.publicPem)
  })

  it('that was trusted on first use is trusted no more when master_finger is set to another one', () => {
    pin().check(evil)
    const told = pin({ masterFinger: good.fingerprint })
    assert.throws(() => told.check(evil), { code: 'master-mismatch' })
    assert.throws(() => told.check(good), { code: 'master-mismatch' })
    pin({ masterFinger: evil.fingerprint }).check(evil)
  })

  it('that another process has made meanwhile counts', () => {
    const waiting = pin()
    pin().check(good)
    assert.throws(() => waiting.check(evil), { code: 'master-mismatch' })
    assert.equal(stored(), good.publicPem)
    waiting.check(good)
    assert.deepEqual(waiting.publicKeyRaw, Buffer.from(good.publicKeyRaw))
  })

  it('is one of each address, also of addresses that look alike', () => {
    pin({ several: true, address: '[2001:db8::1:2]:4506' }).check(good)
    pin({ several: true, address: '[2001:db8:1::2]:4506' }).check(evil)
    pin({ several: true, address: '[2001:db8::1:2]:4506' }).check(good)
  })

  it('is required when require_master_finger is set', () => {
    assert.throws(() => pin({ requireMasterFinger: true }).check(good), { code: 'master-mismatch' })
    pin().check(good)
    pin({ requireMasterFinger: true }).check(good)
  })
})
