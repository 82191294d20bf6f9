/** Files that others remove while a state looks at their folder. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { type TestContext, test } from 'node:test'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { StateHost } from '../../../support/state-host.ts'

/** Every folder tells of one more file, which is gone when somebody looks at it. */
function withGhosts(context: TestContext): void {
  const real = fs.readdirSync
  const haunted = (folder: fs.PathLike): string[] => [...real(folder), 'ghost']
  const mock = context.mock.method(fs, 'readdirSync', haunted as typeof fs.readdirSync)
  syncBuiltinESMExports()
  context.after(() => {
    mock.mock.restore()
    syncBuiltinESMExports()
  })
}

test('file.tidied leaves alone what is gone already', async (context) => {
  using folder = new ConfigFolder({ 'a/old.log': 'x', 'old.log': 'x' })
  const host = new StateHost()
  withGhosts(context)
  const { result, changes } = await host.apply('file.tidied', { name: folder.path, matches: ['.*'] })
  assert.deepEqual([result, changes], [true, { removed: [folder.file('a/old.log'), folder.file('old.log')] }])
})

test('file.retention_schedule does not count what is gone already', async (context) => {
  using folder = new ConfigFolder({ one: 'x' })
  const host = new StateHost()
  withGhosts(context)
  const { result, changes } = await host.apply('file.retention_schedule', {
    name: folder.path,
    retain: { most_recent: 1 },
  })
  assert.deepEqual([result, changes.retained, changes.deleted], [true, ['one'], []])
})
