import assert from 'node:assert/strict'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepPillar, readKeptPillar } from '../../../../src/engine/pillar/kept-pillar.ts'
import { PillarFolder } from '../../../support/pillar-cases.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

const nothing = { pillar: {}, secrets: [] }

function keeperIn(folder: PillarFolder) {
  const all: Record<string, unknown> = { cachedir: folder.path }
  const { log, lines } = new RecordedLog()
  return { keeper: { id: 'alpha', config: { all, get: (name: string) => all[name] }, log }, lines }
}

test('what is kept comes back, and nobody else can read it', async () => {
  using folder = new PillarFolder()
  const { keeper } = keeperIn(folder)
  assert.deepEqual(readKeptPillar(keeper), nothing)
  const compiled = { pillar: { a: 'hidden', b: [1, null, { c: 'ü' }] }, secrets: ['hidden'] }
  await keepPillar(keeper, compiled)
  assert.deepEqual(readKeptPillar(keeper), compiled)
  const kept = join(folder.path, 'pillar')
  assert.equal(statSync(kept).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(kept).sort(), ['cache.sls', 'secrets.json', 'top.sls'])
  for (const name of readdirSync(kept)) assert.equal(statSync(join(kept, name)).mode & 0o777, 0o600)
})

test('rubbish on the disk is nothing, and told', async () => {
  using folder = new PillarFolder()
  const { keeper, lines } = keeperIn(folder)
  await keepPillar(keeper, { pillar: { a: 1 }, secrets: [] })
  const file = join(folder.path, 'pillar/cache.sls')
  for (const text of ['#!yaml\n{oops', '#!yaml\n[1]', 'a: 1\n', '']) {
    writeFileSync(file, text)
    assert.deepEqual(readKeptPillar(keeper), nothing, text)
  }
  assert.match(lines.join('\n'), /the pillar that was kept on disk cannot be read/)
})

test('a folder that cannot be written is told, and no more', async () => {
  using folder = new PillarFolder({ pillar: 'a file' })
  const { keeper, lines } = keeperIn(folder)
  await keepPillar(keeper, nothing)
  assert.match(lines.join('\n'), /pillar cannot be kept on disk/)
})
