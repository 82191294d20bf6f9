/** Folders that links lead back to. */
import assert from 'node:assert/strict'
import { existsSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { StateHost } from '../../../support/state-host.ts'

test('file.tidied that follows links looks at each folder once', async () => {
  using folder = new ConfigFolder({ 'top/a/old.log': 'x', 'top/new.txt': 'x', 'other/old.log': 'x' })
  for (const name of ['one', 'two', 'a/up']) symlinkSync(folder.file('top'), folder.file(`top/${name}`))
  symlinkSync(folder.file('other'), folder.file('top/far'))
  const host = new StateHost()
  const args = { name: folder.file('top'), matches: ['.*log', 'far'], followlinks: true }
  const { result, changes } = await host.apply('file.tidied', args)
  const removed = ['far/old.log', 'a/old.log', 'far'].map((name) => folder.file(`top/${name}`))
  assert.deepEqual([result, changes], [true, { removed }])
  assert.equal(existsSync(folder.file('other/old.log')), false)
  const without = await host.test('file.tidied', { ...args, followlinks: false })
  assert.equal(without.result, true)
})
