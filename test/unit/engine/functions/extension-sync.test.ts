/** Bringing the user's plugins from the file server. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { syncPlugins } from '../../../../src/engine/functions/extension-sync.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FunctionHost } from '../../../support/function-host.ts'

test('several kinds at once: what changes is loaded, and nothing where nothing does', async () => {
  using folder = new ConfigFolder({
    'srv/_states/motd.ts': 'export const a = 1\n',
    'srv/_grains/site.js': 'export const b = 1\n',
    'dev/_states/other.ts': 'export const c = 1\n',
  })
  const refreshed: string[] = []
  const host = new FunctionHost({
    config: { cachedir: folder.path, file_roots: { base: [folder.file('srv')], dev: [folder.file('dev')] } },
    services: {
      refreshModules: async () => void refreshed.push('modules'),
      refreshGrains: async () => {
        refreshed.push('grains')
        return {}
      },
    },
  })
  const { context } = createFunctionContext(host.inputs)
  const kinds = ['modules', 'states', 'grains'] as const
  const take = (): string[] => refreshed.splice(0)
  const motd = folder.file('extmods/states/motd.ts')
  assert.equal(await syncPlugins(context, kinds), true)
  assert.deepEqual([take(), existsSync(motd)], [['modules', 'grains'], true])
  assert.equal(await syncPlugins(context, kinds), false)
  assert.deepEqual(take(), [])
  assert.equal(await syncPlugins(context, ['states'], { saltenv: ['base', 'dev'] }), true)
  assert.deepEqual(take(), ['modules'])
  rmSync(folder.file('srv/_states/motd.ts'))
  assert.equal(await syncPlugins(context, ['states'], { saltenv: ['base', 'dev'] }), true)
  assert.deepEqual([take(), existsSync(motd)], [['modules'], false], 'what is gone is not used any more')
})

test('what came before something failed is loaded', async () => {
  using folder = new ConfigFolder({ 'srv/_modules/first.js': '', 'srv/_modules/second.js': '' })
  const refreshed: string[] = []
  const host = new FunctionHost({
    config: { cachedir: folder.path, file_roots: { base: [folder.file('srv')] } },
    services: { refreshModules: async () => void refreshed.push('modules') },
  })
  // No file takes the place of a folder.
  mkdirSync(folder.file('extmods/modules/second.js'), { recursive: true })
  await assert.rejects(syncPlugins(createFunctionContext(host.inputs).context, ['modules']))
  assert.equal(existsSync(folder.file('extmods/modules/first.js')), true)
  assert.deepEqual(refreshed, ['modules'])
})

test('what others share is loaded anew with all of them', async () => {
  using folder = new ConfigFolder({ 'srv/_utils/words.ts': 'export const a = 1\n' })
  const refreshed: string[] = []
  const host = new FunctionHost({
    config: { cachedir: folder.path, file_roots: { base: [folder.file('srv')] } },
    services: { refreshModules: async () => void refreshed.push('modules') },
  })
  await syncPlugins(createFunctionContext(host.inputs).context, ['utils'])
  assert.deepEqual(refreshed, ['modules'])
})
