import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { beaconPages } from '../../../scripts/docs-beacons.ts'
import { projectFolder } from '../../../scripts/pages.ts'
import { beaconRegistry } from '../../../src/plugins/registry.ts'

const pages = await beaconPages()

for (const { path, text } of pages) {
  test(`docs/reference/${path} is up to date`, () => {
    assert.equal(readFileSync(join(projectFolder, 'docs/reference', path), 'utf8'), text)
  })
}

test('every beacon has a section', () => {
  const text = pages.map((page) => page.text).join('\n')
  const missing = Object.keys(beaconRegistry).filter((name) => !text.includes(`\n## ${name}\n`))
  assert.deepEqual(missing, [])
})
