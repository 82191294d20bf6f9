import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PluginCatalogue } from '../../../../src/engine/functions/catalogue.ts'
import { moduleRegistry } from '../../../../src/plugins/registry.ts'

describe('modules that the configuration forbids', () => {
  it('does not load a disabled one, and says why', async () => {
    const catalogue = new PluginCatalogue(moduleRegistry, { grains: {}, disabled: ['cmd'] })
    assert.deepEqual(
      await catalogue.load('cmd.run').then((found) => found.kind === 'unavailable' && found.message),
      "'cmd' is not available: disable_modules names it",
    )
    assert.equal((await catalogue.load('test.ping')).kind, 'loaded')
  })

  it('loads only those on a whitelist', async () => {
    const catalogue = new PluginCatalogue(moduleRegistry, { grains: {}, only: ['test'] })
    assert.equal((await catalogue.load('cmd.run')).kind, 'unavailable')
    assert.equal((await catalogue.load('test.ping')).kind, 'loaded')
  })
})
