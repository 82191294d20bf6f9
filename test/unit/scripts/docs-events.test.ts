import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventPages } from '../../../scripts/docs-events.ts'
import { projectFolder } from '../../../scripts/pages.ts'
import { eventMap } from '../../../src/bus/event-map.ts'

const [page = { path: '', text: '' }] = eventPages()

test('docs/reference/events.md is up to date', () => {
  assert.equal(readFileSync(join(projectFolder, 'docs/reference', page.path), 'utf8'), page.text)
})

test('the page has every event with its fields', () => {
  const sections = page.text.match(/^### /gm) ?? []
  assert.equal(sections.length, Object.keys(eventMap).length)
  assert.match(page.text, /### `salt\/job\/JID\/ret\/ID`\n\nA minion has returned\. Fired by the master\.\n\n\| Field/)
  assert.match(page.text, /\| `reason` \* \| text; may be absent \|/)
})
