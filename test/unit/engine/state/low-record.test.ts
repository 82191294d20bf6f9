import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LowChunk } from '../../../../src/engine/state/low-chunk.ts'
import { lowFaults, lowRecord, readLow } from '../../../../src/engine/state/low-record.ts'

const chunk: LowChunk = {
  ...{ state: 'file', fun: 'managed', id: 'conf', name: '/etc/x', sls: 'web.conf', env: 'dev', order: 10_003.0001 },
  requisites: [
    { kind: 'require', state: 'pkg', id: 'x' },
    { kind: 'require', state: undefined, id: 'y' },
    { kind: 'watch', state: 'sls', id: 'base.*' },
  ],
  args: { mode: '0644', failhard: true },
}

test('a call and its dictionary are the same thing', () => {
  const record = lowRecord(chunk)
  assert.deepEqual(record, {
    ...{ state: 'file', name: '/etc/x', __sls__: 'web.conf', __env__: 'dev', __id__: 'conf', mode: '0644' },
    ...{ failhard: true, require: [{ pkg: 'x' }, 'y'], watch: [{ sls: 'base.*' }], order: 10_003.0001, fun: 'managed' },
  })
  assert.deepEqual(readLow(record), chunk)
})

test('a dictionary from a command line', () => {
  assert.deepEqual(readLow({ state: 'test', fun: 'nop', name: 'x', foo: 1 }), {
    ...{ state: 'test', fun: 'nop', id: 'x', name: 'x', sls: undefined, env: 'base', order: 1 },
    ...{ requisites: [], args: { foo: 1 } },
  })
  assert.equal(readLow({ state: 'test.nop', name: 'x' })?.fun, 'nop')
})

test('a dictionary that is no call', () => {
  assert.deepEqual(lowFaults({ fun: 'nop' }), ['Missing "state" data', 'Missing "name" data'])
  assert.deepEqual(lowFaults({ state: 'test', name: 'x' }), ['Missing "fun" data'])
  assert.deepEqual(lowFaults({ state: 'test', fun: 'nop', name: 5 }), [
    "ID '5' is not formed as a string, but is a int",
  ])
  assert.deepEqual(lowFaults(['x']), ['Low data is not a dictionary and is invalid'])
  assert.equal(readLow({ state: 'test', name: 'x' }), undefined)
})
