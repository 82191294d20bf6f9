import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { silentLog } from '../../../../src/base/log.ts'
import { MinionCache } from '../../../../src/daemons/master/minion-cache.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

describe('what the master knows of its minions', () => {
  let folder: string
  let warnings: string[]
  const open = () =>
    new MinionCache(join(folder, 'minions.db'), {
      clock: new FakeClock(),
      log: { ...silentLog, warning: (message) => void warnings.push(message) },
    })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-cache-'))
    warnings = []
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('outlives a restart, in a private file', () => {
    const first = open()
    first.set('alpha', 'aa:01', { os: 'Debian', cpus: 2 })
    first.set('beta', 'bb:02', { os: 'Alpine' })
    first.set('beta', 'bb:02', { os: 'Arch' })
    first[Symbol.dispose]()
    using again = open()
    assert.deepEqual([again.grains('alpha'), again.grains('beta')], [{ os: 'Debian', cpus: 2 }, { os: 'Arch' }])
    assert.equal(again.grains('gamma'), undefined)
    assert.equal(statSync(join(folder, 'minions.db')).mode & 0o777, 0o600)
  })

  it('is not inherited by another key of the same id', () => {
    const first = open()
    first.set('alpha', 'aa:01', { os: 'Debian' })
    first.keepOnly('alpha', 'aa:01')
    assert.deepEqual(first.grains('alpha'), { os: 'Debian' })
    first.keepOnly('alpha', 'cc:03')
    assert.equal(first.grains('alpha'), undefined)
    first[Symbol.dispose]()
    using again = open()
    assert.equal(again.grains('alpha'), undefined)
  })

  it('is learned anew when its file is damaged', () => {
    writeFileSync(join(folder, 'minions.db'), 'no database at all, but long enough to be taken for one'.repeat(40))
    using cache = open()
    cache.set('alpha', 'aa:01', { os: 'Debian' })
    assert.deepEqual(cache.grains('alpha'), { os: 'Debian' })
    assert.deepEqual(warnings, ['a damaged file was moved aside and a new one made'])
  })
})
