import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readCases, runCase } from '../../../support/render-cases.ts'

const folder = fileURLToPath(new URL('../../../cases/render/', import.meta.url))

for (const [file, what] of [
  ['render.json', 'templates render as in Salt'],
  ['jinja.json', 'templates render as in Jinja'],
  ['python-values.json', 'values behave as in Python'],
  ['constructs.json', 'constructs of real templates render as in Jinja'],
  ['imports.json', 'what is imported is reported at its path'],
] as const) {
  const cases = await readCases(`${folder}${file}`)
  describe(what, () => {
    for (const one of cases) {
      test(one.name, async () => {
        const failure = await runCase(one)
        assert.equal(failure?.got, failure?.wanted)
      })
    }
  })
}
