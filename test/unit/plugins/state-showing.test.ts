import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineModule } from '../../../src/engine/plugin.ts'
import { showingFunctions } from '../../../src/plugins/modules/state/showing.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

const state = defineModule({ name: 'state', doc: 'Those that show.', functions: showingFunctions })

const files = {
  'srv/top.sls': "base:\n  'role:web':\n    - match: grain\n    - web\n  'db*':\n    - db\n",
  'srv/web.sls':
    'include: [lib]\nx:\n  test.nop:\n    - name: {{ pillar.get("port", 80) }}!\nextend:\n  y:\n    test:\n      - foo: 1\n',
  'srv/lib.sls': 'y:\n  test.nop: []\n',
  'srv/db.sls': 'z: test.nop\n',
  'srv/bad.sls': 'z:\n  test:\n    - name: a\n',
  'srv/worse.sls': '{% if %}\n',
  'dev/web.sls': 'd: test.nop\n',
}

async function call(name: string, ...arg: readonly unknown[]): Promise<{ value: unknown; retcode: number }> {
  using folder = new ConfigFolder(files)
  const config = {
    id: 'alpha',
    cachedir: folder.file('cache'),
    file_roots: { base: [folder.file('srv')], dev: [folder.file('dev')] },
  }
  const host = new FunctionHost({ grains: { id: 'alpha', role: 'web' }, config, modules: [state] })
  const { return: value, retcode } = await host.call(`state.${name}`, ...arg)
  return { value: JSON.parse(JSON.stringify(value)), retcode }
}

const keyword = (values: Readonly<Record<string, unknown>>) => ({ ...values, __kwarg__: true })

const x = { test: [{ name: '80!' }, 'nop', { order: 10_001 }], __sls__: 'web', __env__: 'base' }
const y = { test: ['nop', { order: 10_000 }], __sls__: 'lib', __env__: 'base' }
const extension = [{ y: { test: [{ foo: 1 }], __sls__: 'web', __env__: 'base' } }]
const lowOfY = {
  state: 'test',
  name: 'y',
  __sls__: 'lib',
  __env__: 'base',
  __id__: 'y',
  foo: 1,
  order: 10_000,
  fun: 'nop',
}
const lowOfX = { state: 'test', name: '80!', __sls__: 'web', __env__: 'base', __id__: 'x', order: 10_001, fun: 'nop' }

describe('what SLS files come to is shown', () => {
  test('show_top', async () => {
    assert.deepEqual(await call('show_top'), { value: { base: ['web'] }, retcode: 0 })
  })

  test('show_highstate and show_sls, with what is extended beside it', async () => {
    const wanted = { value: { __extend__: extension, x, y }, retcode: 0 }
    assert.deepEqual(await call('show_highstate'), wanted)
    assert.deepEqual(await call('show_sls', 'web'), wanted)
    assert.deepEqual(await call('show_sls', ['web']), wanted)
  })

  test('show_lowstate and show_low_sls, with what is extended in it', async () => {
    const wanted = { value: [lowOfY, lowOfX], retcode: 0 }
    assert.deepEqual(await call('show_lowstate'), wanted)
    assert.deepEqual(await call('show_low_sls', 'web'), wanted)
    assert.deepEqual((await call('show_low_sls', 'web, db')).value, [
      lowOfY,
      lowOfX,
      { ...lowOfX, name: 'z', __sls__: 'db', __id__: 'z', order: 10_002 },
    ])
  })

  test('with another pillar, environment, and less', async () => {
    const { value } = await call('show_low_sls', 'web', keyword({ pillar: { port: 443 } }))
    assert.deepEqual(value, [lowOfY, { ...lowOfX, name: '443!' }])
    assert.deepEqual((await call('show_low_sls', 'web', keyword({ exclude: 'lib' }))).value, [lowOfX])
    assert.deepEqual((await call('show_low_sls', 'web', keyword({ exclude: [{ id: 'x' }] }))).value, [lowOfY])
    const dev = await call('show_low_sls', 'web', keyword({ saltenv: 'dev' }))
    assert.deepEqual(dev.value, [{ ...lowOfX, name: 'd', __env__: 'dev', __id__: 'd', order: 10_000 }])
  })

  test('show_states and show_state_usage', async () => {
    assert.deepEqual((await call('show_states')).value, ['lib', 'web'])
    const { value } = await call('show_state_usage')
    const base = {
      used: ['web'],
      unused: ['bad', 'db', 'lib', 'top', 'worse'],
      count_all: 6,
      count_used: 1,
      count_unused: 5,
    }
    assert.deepEqual(value, { base, dev: { used: [], unused: ['web'], count_all: 1, count_used: 0, count_unused: 1 } })
  })

  test('sls_exists and id_exists', async () => {
    for (const [mods, wanted] of [
      ['web', true],
      ['web,db', true],
      ['nosuch', false],
      ['worse', false],
    ] as const) {
      assert.deepEqual(await call('sls_exists', mods), { value: wanted, retcode: 0 }, mods)
    }
    assert.equal((await call('id_exists', 'x,y', 'web')).value, true)
    assert.equal((await call('id_exists', ['x', 'z'], 'web')).value, false)
    assert.equal((await call('id_exists', 'x', 'worse')).value, false)
  })

  test('errors are the result, and the job has failed', async () => {
    const form = ["No function declared in state 'test' in SLS 'bad'\n  at bad.sls:1:1"]
    const missing = ["No matching sls found for 'nosuch' in env 'base'"]
    for (const name of ['show_sls', 'show_low_sls']) {
      assert.deepEqual(await call(name, 'bad'), { value: form, retcode: 1 }, name)
      assert.deepEqual(await call(name, 'nosuch'), { value: missing, retcode: 1 }, name)
      const { value, retcode } = await call(name, 'worse')
      assert.match(String(value), /^Rendering SLS 'base:worse' failed: Jinja syntax error: /)
      assert.equal(retcode, 1)
    }
  })
})
