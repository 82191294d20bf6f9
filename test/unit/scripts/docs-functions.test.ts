import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { functionPages } from '../../../scripts/docs-functions.ts'
import { projectFolder } from '../../../scripts/pages.ts'

test('the pages of functions are up to date', async () => {
  for (const { path, text } of await functionPages()) {
    assert.equal(readFileSync(join(projectFolder, 'docs/reference', path), 'utf8'), text, 'run npm run docs')
  }
})
