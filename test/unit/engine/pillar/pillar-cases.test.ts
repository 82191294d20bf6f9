import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { compileCase, type PillarCase, PillarFolder } from '../../../support/pillar-cases.ts'

const folder = join(import.meta.dirname, '../../../cases/pillar')

for (const file of readdirSync(folder)) {
  const cases: readonly PillarCase[] = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  describe(`pillar: ${file}`, () => {
    for (const one of cases) it(one.name, () => check(one))
  })
}

async function check(one: PillarCase): Promise<void> {
  using files = new PillarFolder(one.files)
  const { pillar } = await compileCase(one, files)
  const { _errors: errors = [], ...data } = JSON.parse(JSON.stringify(pillar).replaceAll(files.path, '$DIR'))
  if (one.pillar !== undefined) assert.deepEqual(data, one.pillar, String(errors))
  const expected = one.errors ?? []
  assert.equal(errors.length, expected.length, `errors: ${errors.join('\n')}`)
  for (const [index, pattern] of expected.entries()) assert.match(errors[index], new RegExp(pattern, 's'))
}
