/** Which events go through, by the rules of a beacon. Each read is a list of `KEY=STATE`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChangeRules } from '../../../../src/engine/beacon.ts'
import { ChangeFilter } from '../../../../src/engine/beacons/change-filter.ts'

const all = { onchangeonly: false, emitatstartup: true, delayMs: 0 }
const changes = { ...all, onchangeonly: true }
const later = { ...changes, delayMs: 10 }

interface Case {
  readonly name: string
  readonly rules: ChangeRules
  /** Milliseconds, what is there, what is told, and in which time to look again. */
  readonly reads: readonly (readonly [number, string, string, number?])[]
}

const cases: readonly Case[] = [
  {
    name: 'everything, each time',
    rules: all,
    reads: [
      [0, 'a=1', 'a=1'],
      [1, 'a=1 b=1', 'a=1 b=1'],
    ],
  },
  {
    name: 'only changes',
    rules: changes,
    reads: [
      [0, 'a=1', 'a=1'],
      [1, 'a=1', ''],
      [2, 'a=2 b=1', 'a=2 b=1'],
      [3, 'b=1', ''],
      [4, 'a=2 b=1', 'a=2'],
    ],
  },
  {
    name: 'only changes after the start',
    rules: { ...changes, emitatstartup: false },
    reads: [
      [0, 'a=1', ''],
      [1, 'a=1 b=1', 'b=1'],
      [2, 'a=2 b=1', 'a=2'],
    ],
  },
  {
    name: 'only changes that last',
    rules: later,
    reads: [
      [0, 'a=1', 'a=1'],
      [1, 'a=2', '', 10],
      [5, 'a=2', '', 6],
      [11, 'a=2', 'a=2'],
      [12, 'a=2', ''],
    ],
  },
  {
    name: 'no change that is taken back in time',
    rules: later,
    reads: [
      [0, 'a=1', 'a=1'],
      [1, 'a=2', '', 10],
      [5, 'a=1', ''],
      [12, 'a=1', ''],
      [13, 'a=2', '', 10],
      [15, 'a=3', '', 10],
      [24, 'a=3', '', 1],
      [25, 'a=3', 'a=3'],
    ],
  },
  {
    name: 'what comes only where it stays',
    rules: later,
    reads: [
      [0, '', ''],
      [1, 'a=1', '', 10],
      [5, '', ''],
      [6, 'a=1', '', 10],
      [16, 'a=1', 'a=1'],
    ],
  },
  {
    name: 'several changes of one thing in one read',
    rules: changes,
    reads: [[0, 'a=1 a=1 a=2 a=1', 'a=1 a=2 a=1']],
  },
]

for (const { name, rules, reads } of cases) {
  test(`tells ${name}`, () => {
    const filter = new ChangeFilter(rules)
    for (const [atMs, given, expected, again] of reads) {
      const events = given.split(' ').flatMap((word) => {
        const [key = '', state] = word.split('=')
        return state === undefined ? [] : [{ key, state, data: { word } }]
      })
      const { told, againMs } = filter.filter(events, atMs)
      assert.deepEqual([told.map(({ data }) => data.word).join(' '), againMs], [expected, again], `at ${atMs}`)
    }
  })
}

test('lets an event have rules of its own, and takes tag and data where nothing else is said', () => {
  const filter = new ChangeFilter(all)
  const event = { tag: 'x', data: { running: true }, rules: { onchangeonly: true, emitatstartup: false } }
  assert.deepEqual(filter.filter([event, { data: {} }], 0).told, [{ data: {} }])
  assert.deepEqual(filter.filter([event, { data: {} }], 1).told, [{ data: {} }])
  const changed = { ...event, data: { running: false } }
  assert.deepEqual(filter.filter([changed], 2).told, [changed])
})
