import assert from 'node:assert/strict'
import { createHash, createPublicKey } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { KeyStore, keyStates } from '../../../../src/engine/keys/key-store.ts'
import { newPublicPem } from './key-files.ts'

let folder: string
let keys: KeyStore

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'keys-'))
  keys = new KeyStore(join(folder, 'pki', 'master'), { maximumPending: 3 })
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const path = (...parts: string[]) => join(folder, 'pki', 'master', ...parts)

describe('the key store', () => {
  it('is empty before anything was stored', () => {
    assert.deepEqual(keys.list(), { accepted: [], denied: [], pending: [], rejected: [] })
    assert.equal(keys.state('alpha'), undefined)
    assert.equal(keys.accept('alpha'), false)
    assert.equal(keys.reject('alpha'), false)
    assert.equal(keys.delete('alpha', 'accepted'), false)
    assert.equal(fs.existsSync(path('minions_pre')), false)
  })

  it('uses the folder names of Salt, closed to others', () => {
    keys.prepare()
    assert.deepEqual(fs.readdirSync(path()).sort(), ['minions', 'minions_denied', 'minions_pre', 'minions_rejected'])
    for (const name of fs.readdirSync(path())) assert.equal(fs.statSync(path(name)).mode & 0o777, 0o700)
  })

  it('moves a key from state to state, the content unchanged', () => {
    const pem = newPublicPem()
    keys.prepare()
    keys.storePending('alpha', pem)
    assert.equal(keys.state('alpha'), 'pending')
    assert.equal(keys.accept('alpha'), true)
    assert.equal(keys.state('alpha'), 'accepted')
    assert.equal(keys.accept('alpha'), false, 'it is not pending any more')
    assert.equal(keys.reject('alpha', 'accepted'), true)
    assert.equal(keys.state('alpha'), 'rejected')
    assert.equal(keys.accept('alpha', 'rejected'), true)
    assert.equal(fs.readFileSync(path('minions', 'alpha'), 'utf8'), pem)
    assert.equal(keys.delete('alpha', 'accepted'), true)
    assert.equal(keys.state('alpha'), undefined)
    assert.deepEqual(
      keyStates.flatMap((state) => fs.readdirSync(keys.folder(state))),
      [],
    )
  })

  it('keeps a denied key beside the accepted one, which counts', () => {
    const [first, second] = [newPublicPem(), newPublicPem()]
    keys.storePending('alpha', first)
    keys.accept('alpha')
    keys.storeDenied('alpha', second)
    assert.equal(keys.state('alpha'), 'accepted')
    assert.deepEqual(keys.states('alpha'), ['accepted', 'denied'])
    assert.notEqual(keys.read('alpha', 'accepted').fingerprint, keys.read('alpha', 'denied').fingerprint)
    assert.equal(keys.accept('alpha', 'denied'), true)
    assert.equal(keys.read('alpha', 'accepted').pem, second)
    assert.deepEqual(keys.states('alpha'), ['accepted'])
  })

  it('lets a rejection count before everything, and an acceptance end it', () => {
    keys.storePending('alpha', newPublicPem())
    keys.reject('alpha')
    keys.storePending('alpha', newPublicPem())
    assert.equal(keys.state('alpha'), 'rejected')
    keys.accept('alpha')
    assert.deepEqual(keys.states('alpha'), ['accepted'])
  })

  it('reads key and fingerprint', () => {
    const pem = newPublicPem()
    keys.storePending('alpha', pem)
    const raw = Buffer.from(String(createPublicKey(pem).export({ format: 'jwk' }).x), 'base64url')
    const pairs = createHash('sha256').update(raw).digest('hex').match(/../g)?.join(':')
    const { publicKeyRaw, fingerprint, ...rest } = keys.read('alpha', 'pending')
    assert.deepEqual({ raw: Buffer.from(publicKeyRaw), fingerprint }, { raw, fingerprint: pairs })
    assert.deepEqual(rest, { id: 'alpha', state: 'pending', pem })
  })

  it('lists a broken or foreign key, and reports it when it is read', () => {
    keys.prepare()
    fs.writeFileSync(path('minions', 'broken'), 'no key')
    fs.writeFileSync(path('minions', 'huge'), 'x'.repeat(100_000))
    assert.deepEqual(keys.list().accepted, ['broken', 'huge'])
    for (const id of ['broken', 'huge']) {
      assert.throws(() => keys.read(id, 'accepted'), { code: 'key-invalid', where: path('minions', id) })
    }
    assert.throws(() => keys.read('nobody', 'accepted'), { code: 'no-match' })
  })

  it('sorts without regard to case and ignores what is no key, counted', () => {
    keys.prepare()
    for (const name of ['beta', 'Alpha', 'alpha', 'Zoo', 'žena', '.hidden', 'bad name', 'star*']) {
      fs.writeFileSync(path('minions_pre', name), newPublicPem())
    }
    fs.mkdirSync(path('minions_pre', 'folder'))
    assert.deepEqual(keys.list().pending, ['Alpha', 'alpha', 'beta', 'Zoo', 'žena'])
    assert.equal(keys.ignored, 3)
  })

  it('sees what another process does', () => {
    keys.storePending('alpha', newPublicPem())
    assert.deepEqual(keys.ids('pending'), ['alpha'])
    fs.renameSync(path('minions_pre', 'alpha'), path('minions_pre', 'beta'))
    assert.deepEqual(keys.ids('pending'), ['beta'])
    fs.utimesSync(path('minions_pre'), 1, 1)
    assert.deepEqual(keys.ids('pending'), ['beta'])
    assert.equal(keys.ids('pending'), keys.ids('pending'), 'an unchanged folder is not read again')
    fs.writeFileSync(path('minions_pre', 'gamma'), newPublicPem())
    assert.deepEqual(keys.ids('pending'), ['beta', 'gamma'])
  })

  it('lists its own changes at once, in order', () => {
    const many = new KeyStore(join(folder, 'many'))
    const pem = newPublicPem()
    assert.deepEqual(many.ids('pending'), [])
    for (const id of ['m3', 'M1', 'm2', 'm1', 'm3']) many.storePending(id, pem)
    assert.deepEqual(many.ids('pending'), ['M1', 'm1', 'm2', 'm3'])
    many.accept('m2')
    many.delete('M1', 'pending')
    assert.deepEqual(many.list(), { accepted: ['m2'], denied: [], pending: ['m1', 'm3'], rejected: [] })
  })

  it('matches globs and lists over states', () => {
    for (const id of ['web1', 'web2', 'db1']) keys.storePending(id, newPublicPem())
    keys.accept('web1')
    assert.deepEqual(keys.match('web*'), { accepted: ['web1'], pending: ['web2'] })
    assert.deepEqual(keys.match('*', ['pending']), { pending: ['db1', 'web2'] })
    assert.deepEqual(keys.match('web1,db?'), { accepted: ['web1'], pending: ['db1'] })
    assert.deepEqual(keys.match(['nosuch']), {})
  })

  it('limits the keys that wait', () => {
    for (const id of ['a', 'b', 'c']) keys.storePending(id, newPublicPem())
    assert.throws(() => keys.storePending('d', newPublicPem()), { code: 'overloaded' })
    keys.storePending('c', newPublicPem())
    keys.accept('a')
    keys.storePending('d', newPublicPem())
    assert.deepEqual(keys.list().pending, ['b', 'c', 'd'])
  })

  it('keeps a key that was decided on at first sight, however many wait', () => {
    for (const id of ['a', 'b', 'c']) keys.storePending(id, newPublicPem())
    keys.storeDecided('d', newPublicPem(), 'accepted')
    keys.storeDecided('b', newPublicPem(), 'rejected')
    assert.deepEqual(keys.list(), { accepted: ['d'], denied: [], pending: ['a', 'c'], rejected: ['b'] })
  })

  it('never leaves its folders and never writes through a link', () => {
    const outside = join(folder, 'outside')
    for (const id of ['../outside', '..', 'a/../../outside', 'x\0']) {
      assert.throws(() => keys.storePending(id, 'x'), { code: 'bad-id' })
      assert.throws(() => keys.state(id), { code: 'bad-id' })
      assert.throws(() => keys.delete(id, 'accepted'), { code: 'bad-id' })
    }
    keys.prepare()
    fs.symlinkSync(outside, path('minions_pre', 'alpha'))
    keys.storePending('alpha', newPublicPem())
    assert.equal(fs.existsSync(outside), false)
    assert.equal(fs.lstatSync(path('minions_pre', 'alpha')).isSymbolicLink(), false)
  })

  it('keeps the id of 255 bytes that a file system allows', () => {
    const id = 'ž'.repeat(127)
    keys.storePending(id, newPublicPem())
    assert.equal(keys.accept(id), true)
    assert.deepEqual(keys.ids('accepted'), [id])
  })
})
