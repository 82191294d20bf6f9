/** Bringing the user's plugins from the file server. */
import assert from 'node:assert/strict'
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
  assert.deepEqual(await syncPlugins(context, kinds), { modules: [], states: ['states.motd'], grains: ['grains.site'] })
  assert.deepEqual(refreshed, ['modules', 'grains'])
  refreshed.length = 0
  assert.deepEqual(await syncPlugins(context, kinds), { modules: [], states: [], grains: [] })
  assert.deepEqual(refreshed, [])
  assert.deepEqual(await syncPlugins(context, ['states'], { saltenv: ['base', 'dev'] }), { states: ['states.other'] })
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
