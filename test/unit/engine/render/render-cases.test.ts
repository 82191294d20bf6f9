import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readCases, runCase } from '../../../support/render-cases.ts'

const casesFile = fileURLToPath(new URL('../../../cases/render/render.json', import.meta.url))
const cases = await readCases(casesFile)

describe('templates render as the reference renders them', () => {
  for (const one of cases) {
    test(one.name, async () => {
      const failure = await runCase(one)
      assert.equal(failure?.got, failure?.wanted)
    })
  }
})
