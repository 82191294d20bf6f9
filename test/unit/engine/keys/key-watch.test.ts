import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type KeyState, KeyStore } from '../../../../src/engine/keys/key-store.ts'
import { watchKeys } from '../../../../src/engine/keys/key-watch.ts'
import { newPublicPem } from './key-files.ts'

let folder: string
let keys: KeyStore
let watch: Disposable
let changes: [string, KeyState | undefined][]
let arrived: () => void = () => {}

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'watch-'))
  keys = new KeyStore(folder)
  keys.storePending('known', newPublicPem())
  changes = []
  watch = watchKeys(keys, (id, state) => {
    changes.push([id, state])
    arrived()
  })
})
afterEach(() => {
  watch[Symbol.dispose]()
  fs.rmSync(folder, { recursive: true, force: true })
})

/** Resolves when the watch has said this; the test runner's own limit ends a wait in vain. */
async function said(id: string, state: KeyState | undefined): Promise<void> {
  // The watch itself does not keep the process alive.
  const alive = setInterval(() => {}, 1000)
  while (!changes.some((change) => change[0] === id && change[1] === state)) {
    await new Promise<void>((resolve) => {
      arrived = resolve
    })
  }
  clearInterval(alive)
}

describe('the key watch', { timeout: 20_000 }, () => {
  it('has the lists of its store know at once what another process has changed', async () => {
    const other = new KeyStore(folder)
    keys.accept('known')
    await said('known', 'accepted')
    for (let round = 0; round < 5; round++) {
      keys.storePending(`more-${round}`, newPublicPem())
      keys.accept(`more-${round}`)
      assert.ok(keys.ids('accepted').includes(`more-${round}`))
      other.reject(`more-${round}`, 'accepted')
      await said(`more-${round}`, 'rejected')
      assert.deepEqual(keys.ids('accepted'), ['known'])
    }
  })

  it('goes on past a file that cannot be looked at', async () => {
    const other = new KeyStore(folder)
    keys.prepare()
    fs.symlinkSync('loop', join(keys.folder('accepted'), 'loop'))
    other.storePending('alpha', newPublicPem())
    await said('alpha', 'pending')
  })

  it('tells of keys that appear, move and go', async () => {
    const other = new KeyStore(folder)
    other.storePending('alpha', newPublicPem())
    await said('alpha', 'pending')
    other.accept('alpha')
    await said('alpha', 'accepted')
    other.storeDenied('alpha', newPublicPem())
    other.delete('known', 'pending')
    await said('known', undefined)
    other.delete('alpha', 'accepted')
    await said('alpha', 'denied')
    assert.ok(!changes.some(([id]) => id.startsWith('.')))
  })

  it('tells of a key whose content is replaced', async () => {
    fs.writeFileSync(join(keys.folder('pending'), 'known'), `${newPublicPem()}\n`)
    await said('known', 'pending')
  })

  it('misses nothing of a burst', async () => {
    const other = new KeyStore(folder)
    const pem = newPublicPem()
    for (let number = 0; number < 1500; number++) other.storePending(`m${number}`, pem)
    await said('m1499', 'pending')
    await said('m0', 'pending')
    assert.equal(new Set(changes.map(([id]) => id)).size, 1500)
  })

  it('says nothing once it was ended', async () => {
    watch[Symbol.dispose]()
    new KeyStore(folder).storePending('late', newPublicPem())
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    assert.deepEqual(changes, [])
  })
})
