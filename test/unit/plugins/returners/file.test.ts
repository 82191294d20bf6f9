import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { file } from '../../../../src/plugins/returners/file.ts'
import {
  eventDelivery,
  jobDelivery,
  manyEvents,
  openReturner,
  returnDelivery,
} from '../../../support/returner-world.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'file-returner-'))
  path = join(folder, 'out', 'all.jsonl')
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const open = (kwargs: Readonly<Record<string, unknown>> = {}) =>
  openReturner(file, { cachedir: folder }, { kwargs: { path, ...kwargs } })
const lines = (name = path): string[] => fs.readFileSync(name, 'utf8').split('\n').slice(0, -1)
const numbers = (name = path): number[] => lines(name).map((line) => JSON.parse(line).seq)

describe('returner file', () => {
  it('appends a line of JSON for each delivery to a private file', async () => {
    await using returner = await open()
    await returner.deliver([returnDelivery({ return: 'two\nlines' }), eventDelivery({ nothing: Number.NaN })])
    await returner.deliver([jobDelivery()])
    const [ret, event, job] = lines().map((line) => JSON.parse(line))
    assert.deepEqual([ret.kind, ret.return, ret.origin], ['return', 'two\nlines', 'web1'])
    assert.deepEqual([event.kind, event.tag, event.seq, event.data.nothing], ['event', 'my/tag', 1, 'NaN'])
    assert.deepEqual([job.kind, job.tgt], ['job', '*'])
    assert.equal(fs.statSync(path).mode & 0o777, 0o600)
  })

  it('takes a relative path from cachedir, with a name of its own where none is given', async () => {
    await using returner = await openReturner(file, { cachedir: folder })
    await returner.deliver([eventDelivery()])
    assert.equal(lines(join(folder, 'deliveries.jsonl')).length, 1)
  })

  it('begins a new file before it grows too large, and keeps so many former ones', async () => {
    await using returner = await open({ max_bytes: 400, keep: 2, fsync: 'never' })
    for (const event of manyEvents(12)) await returner.deliver([event])
    const perFile = numbers(`${path}.1`).length
    assert.ok(perFile >= 2, `${perFile} in a file`)
    assert.deepEqual(fs.readdirSync(join(folder, 'out')).sort(), ['all.jsonl', 'all.jsonl.1', 'all.jsonl.2'])
    const kept = [`${path}.2`, `${path}.1`, path].flatMap((name) => numbers(name))
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, index) => 13 - kept.length + index),
    )
    for (const name of [path, `${path}.1`]) assert.ok(fs.statSync(name).size <= 400)
    await returner.deliver(manyEvents(20, 100))
    assert.equal(lines().length, 20, 'a batch is not cut')
  })

  it('keeps none where none are to be kept', async () => {
    await using returner = await open({ max_bytes: 200, keep: 0 })
    for (const event of manyEvents(5)) await returner.deliver([event])
    assert.deepEqual(fs.readdirSync(join(folder, 'out')), ['all.jsonl'])
  })

  it('goes on with a new file when somebody moves it away', async () => {
    await using returner = await open()
    await returner.deliver(manyEvents(1))
    fs.renameSync(path, `${path}.moved`)
    await returner.deliver(manyEvents(1, 2))
    assert.deepEqual([numbers(`${path}.moved`), numbers()], [[1], [2]])
  })

  it('begins on a new line behind what was cut off', async () => {
    fs.mkdirSync(join(folder, 'out'))
    fs.writeFileSync(path, '{"kind": "ev')
    await using returner = await open()
    await returner.deliver(manyEvents(1))
    assert.deepEqual(lines()[0], '{"kind": "ev')
    assert.equal(JSON.parse(lines()[1] ?? '').seq, 1)
  })

  it('says what is wrong with a path, and works when that has gone', async () => {
    fs.mkdirSync(path, { recursive: true })
    await using returner = await open()
    await assert.rejects(returner.deliver(manyEvents(1)), { code: 'storage', message: /all\.jsonl: it is a folder/ })
    fs.rmdirSync(path)
    await returner.deliver(manyEvents(1))
    assert.deepEqual(numbers(), [1])
  })
})
