import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PlainFiles } from '../../../../src/engine/pillar/plain-files.ts'
import { compileCase, PillarFolder } from '../../../support/pillar-cases.ts'

describe('files of pillar without templates', () => {
  const render = async (config: Readonly<Record<string, unknown>>): Promise<{ readonly rendered: number }> => {
    const known = new PlainFiles()
    let rendered = 0
    const real = known.value.bind(known)
    known.value = (text, again) =>
      real(text, () => {
        rendered += 1
        return again()
      })
    const memory = new Map([['plain files jinja|yaml', known]])
    using folder = new PillarFolder({ 'base/top.sls': 'base: {"*": [a]}', 'base/a.sls': 'a: 1' })
    for (const id of ['alpha', 'beta']) {
      const { pillar } = await compileCase({ id, config }, folder, memory)
      assert.deepEqual(pillar, { a: 1 })
    }
    return { rendered }
  }

  it('are read once for all minions, with the options that a master has', async () => {
    assert.deepEqual(await render({ jinja_sls_env: {} }), { rendered: 2 })
    assert.deepEqual(await render({}), { rendered: 2 })
  })

  it('are read each time where templates may be written in another way', async () => {
    assert.deepEqual(await render({ jinja_sls_env: { block_start_string: '<%' } }), { rendered: 0 })
  })
})
