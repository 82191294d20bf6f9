import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Float } from '../../../../src/base/float.ts'
import { Secret } from '../../../../src/base/secret.ts'
import type { Delivery } from '../../../../src/engine/returner.ts'
import {
  deliveryJson,
  functionName,
  keyOf,
  recordOf,
  timeOf,
} from '../../../../src/engine/returners/delivery-record.ts'

const ret = {
  id: 'web1',
  jid: '20260102030405678901',
  fun: 'test.ping',
  fun_args: [],
  return: true,
  retcode: 0,
  success: true,
}
const event = { seq: 7, tag: 'a/b', data: { x: 1, _stamp: '2026-01-02T03:04:05.678901' } }
const job = {
  jid: ret.jid,
  fun: ['test.ping', 'test.echo'],
  arg: [],
  tgt: '*',
  tgt_type: 'glob',
  user: 'root',
  minions: ['web1'],
}
const all: readonly Delivery[] = [
  { kind: 'return', ret },
  { kind: 'event', event },
  { kind: 'job', job },
]

test('a record says what it is and who delivers it', () => {
  assert.deepEqual(
    all.map((delivery) => recordOf(delivery, 'master')),
    [
      { kind: 'return', ...ret, origin: 'master' },
      { kind: 'event', ...event, origin: 'master' },
      { kind: 'job', ...job, origin: 'master' },
    ],
  )
})

test('each delivery has a key of its own', () => {
  const keys = all.map((delivery) => keyOf(delivery, 'master'))
  assert.deepEqual(keys, [
    'return/20260102030405678901/web1',
    'event/master/2026-01-02T03:04:05.678901/7',
    'job/20260102030405678901',
  ])
})

test('the time is that of the jid or the stamp', () => {
  const expected = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
  assert.deepEqual(
    all.map((delivery) => Math.floor(timeOf(delivery) ?? 0)),
    [expected, expected, expected],
  )
  assert.equal(timeOf({ kind: 'return', ret: { ...ret, jid: 'req' } }), undefined)
  assert.equal(timeOf({ kind: 'event', event: { ...event, data: {} } }), undefined)
})

test('functions are named', () => {
  assert.equal(functionName('test.ping'), 'test.ping')
  assert.equal(functionName(job.fun), 'test.ping,test.echo')
})

test('JSON is what every reader takes', () => {
  const value = {
    nan: Number.NaN,
    list: [Number.POSITIVE_INFINITY, new Float(Number.NEGATIVE_INFINITY), new Float(1)],
    text: 'NaN',
    big: 2n ** 70n,
    password: new Secret('hidden'),
    lost: undefined,
    map: new Map([[1, new Float(Number.NaN)]]),
  }
  const text = deliveryJson(value)
  assert.deepEqual(JSON.parse(text), {
    nan: 'NaN',
    list: ['Infinity', '-Infinity', 1],
    text: 'NaN',
    big: 2 ** 70,
    password: '•••',
    map: { '1': 'NaN' },
  })
  assert.match(text, /1180591620717411303424/)
  assert.match(text, /1\.0/)
})
