import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { statePages } from '../../../scripts/docs-states.ts'
import { projectFolder } from '../../../scripts/pages.ts'
import { requisiteWords, reversedWords } from '../../../src/engine/state/compile/requisite-words.ts'
import { globalOptions } from '../../../src/engine/state/low-chunk.ts'
import { stateRegistry } from '../../../src/plugins/registry.ts'

test('the pages of states are up to date', async () => {
  for (const { path, text } of await statePages()) {
    const file = join(projectFolder, 'docs/reference', path)
    assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : '', text, `run npm run docs (${path})`)
  }
})

test('each state has a section with its arguments and its examples', async () => {
  const pages = new Map((await statePages()).map(({ path, text }) => [path, text]))
  for (const [module, { functions }] of Object.entries(await stateRegistry.loadDocs())) {
    const page = pages.get(`states/${module}.md`) ?? ''
    for (const [short, { doc, examples }] of Object.entries(functions)) {
      assert.ok(page.includes(`## ${module}.${short}\n`) && page.includes(doc), `${module}.${short}`)
      for (const example of examples) assert.ok(page.includes(`\`\`\`yaml\n${example}\n\`\`\``), example)
    }
    assert.match(pages.get('states/README.md') ?? '', new RegExp(`\\[${module}\\]\\(${module}\\.md\\)`))
  }
})

test('what all states take has a page', async () => {
  const page = (await statePages()).find(({ path }) => path === 'states/requisites.md')?.text ?? ''
  const words = [...globalOptions, ...requisiteWords, ...reversedWords.keys(), 'use_in', 'order']
  assert.deepEqual(
    words.filter((word) => !page.includes(`\`${word}\``)),
    [],
  )
})
