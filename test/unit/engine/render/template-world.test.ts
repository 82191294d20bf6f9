import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { RenderError } from '../../../../src/engine/render/render-error.ts'
import { TemplateWorld } from '../../../../src/engine/render/template-world.ts'
import { FunctionHost } from '../../../support/function-host.ts'

async function rendered(text: string, sls?: string): Promise<string> {
  const world = new TemplateWorld(createFunctionContext(new FunctionHost({}).inputs).context)
  const request = { text, file: 'a/b.sls', saltenv: 'base', ...(sls === undefined ? {} : { sls }) }
  return (await world.render(request)).text
}

describe('absolute paths are those of the host, as in Salt', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'template-world-'))
    await writeFile(join(folder, 'state.json'), '{"version": [1, 2]}')
    await writeFile(join(folder, 'bad.jinja'), 'x\n{{ gone }}\n')
  })
  after(() => rm(folder, { recursive: true }))

  it('imports what a program left there', async () => {
    assert.equal(await rendered(`{% import_json '${folder}/state.json' as s %}{{ s.version[1] }}`), '2')
  })

  it('finds nothing where there is no file, or a folder', async () => {
    assert.equal(await rendered(`{% include ['${folder}', '${folder}/none'] ignore missing %}x`), 'x')
    await assert.rejects(rendered(`{% include '${folder}/none' %}`), { type: 'TemplateNotFound' })
  })

  it('names the file that is wrong', async () => {
    await assert.rejects(rendered(`{% include '${folder}/bad.jinja' %}`), (error) => {
      assert.ok(error instanceof RenderError)
      const { file, line } = error.places.at(-1) ?? {}
      assert.deepEqual({ file, line }, { file: `${folder}/bad.jinja`, line: 2 })
      return true
    })
  })
})

describe('variables of SLS files', () => {
  const names = ['sls', 'slspath', 'slsdotpath', 'slscolonpath', 'sls_path', 'tplpath', 'tplfile', 'tpldir', 'tpldot']
  const text = `{{ [${names.map((name) => `${name} is defined`).join(', ')}] | unique }}`

  it('are there for those', async () => assert.equal(await rendered(text, 'a.b'), '[True]'))
  it('are not there for other templates', async () => assert.equal(await rendered(text), '[False]'))
})
