import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { parseDateText } from '../../../../src/engine/schedule/date-text.ts'
import { parseTimeFormat } from '../../../../src/engine/schedule/time-format.ts'
import { parseTimeRange } from '../../../../src/engine/schedule/time-range.ts'

/** A Wednesday, one o'clock in Berlin. */
const now = Date.UTC(2026, 0, 7, 12)

before(() => {
  process.env.TZ = 'Europe/Berlin'
})

function utc(at: number | undefined): string {
  return at === undefined ? 'never' : new Date(at).toISOString().slice(0, 19)
}

for (const [text, at, after] of [
  ['5:00pm', '2026-01-07T16:00:00', '2026-01-07T16:00:00'],
  ['5pm', '2026-01-07T16:00:00', '2026-01-07T16:00:00'],
  ['8:00am', '2026-01-07T07:00:00', '2026-01-08T07:00:00'],
  ['12:30 a.m.', '2026-01-06T23:30:00', '2026-01-07T23:30:00'],
  ['17:00', '2026-01-07T16:00:00', '2026-01-07T16:00:00'],
  [1020, '2026-01-07T16:00:00', '2026-01-07T16:00:00'],
  ['Monday 5:00pm', '2026-01-12T16:00:00', '2026-01-12T16:00:00'],
  ['wed 9:00', '2026-01-07T08:00:00', '2026-01-14T08:00:00'],
  ['at 9:00 on Friday', '2026-01-09T08:00:00', '2026-01-09T08:00:00'],
  ['2026-01-07 14:30', '2026-01-07T13:30:00', '2026-01-07T13:30:00'],
  ['2026-01-07T14:30:00', '2026-01-07T13:30:00', '2026-01-07T13:30:00'],
  ['2026-01-07T14:30:00Z', '2026-01-07T14:30:00', '2026-01-07T14:30:00'],
  ['2026-01-07 14:30:00 -0500', '2026-01-07T19:30:00', '2026-01-07T19:30:00'],
  ['20260107T143000', '2026-01-07T13:30:00', '2026-01-07T13:30:00'],
  ['12/31/2025 11:59pm', '2025-12-31T22:59:00', 'never'],
  ['31.12.2026', '2026-12-30T23:00:00', '2026-12-30T23:00:00'],
  ['2026/07/01 8am', '2026-07-01T06:00:00', '2026-07-01T06:00:00'],
  ['Jan 5 3pm', '2026-01-05T14:00:00', '2027-01-05T14:00:00'],
  ['7th of January, 2026 2:30pm', '2026-01-07T13:30:00', '2026-01-07T13:30:00'],
  ['Wed Jan  7 14:30:00 2026', '2026-01-07T13:30:00', '2026-01-07T13:30:00'],
  ['Feb 29 00:00', '2026-02-28T23:00:00', '2028-02-28T23:00:00'],
  // Clocks are put forward: 2:30 does not come.
  ['2026-03-29 02:30', '2026-03-29T01:00:00', '2026-03-29T01:00:00'],
  // And back: the first of two.
  ['2026-10-25 02:30', '2026-10-25T00:30:00', '2026-10-25T00:30:00'],
] as const) {
  test(`${text} as read on ${utc(now)}`, () => {
    const date = parseDateText(text)
    assert.equal(utc(date.at(now)), at)
    assert.equal(utc(date.after(now)), after)
  })
}

for (const [text, words] of [
  ['', /it is empty/],
  ['whenever', /at character|'whenever' cannot be understood/],
  ['Monday 25:00', /at character 8: '25:00' is no time of day/],
  ['13:00pm', /is no time of day/],
  ['2026-02-30', /'2026-02-30' is no date/],
  ['Monday Tuesday', /at character 8: it names a second weekday/],
  ['5pm 6pm', /a second time/],
  ['January', /a month without a day/],
  ['2026', /a year without a day/],
  ['Jan 40', /no such day/],
  ['5:00pm !', /at character 8: '!' cannot be understood/],
  [true, /true is no date/],
  [99_999, /99999 is no date/],
] as const) {
  test(`no date: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseDateText(text), words)
  })
}

for (const [text, format, at] of [
  ['2026-01-07T14:30:00', undefined, '2026-01-07T13:30:00'],
  ['2026/01/07 02-30 PM', '%Y/%m/%d %I-%M %p', '2026-01-07T13:30:00'],
  ['07 Jan 26', '%d %b %y', '2026-01-06T23:00:00'],
  ['(2026-01-07) 12 AM', '(%Y-%m-%d) %I %p', '2026-01-06T23:00:00'],
  ['2026-01-07 14:30:00+0000', '%Y-%m-%d %H:%M:%S%z', '2026-01-07T14:30:00'],
  ['2026-01-07T14:30:00', '%Y-%m-%d', 'Date string could not be parsed'],
  ['2026-13-07T14:30:00', undefined, 'Date string could not be parsed'],
  ['25:00', '%H:%M', 'Date string could not be parsed'],
  ['13 PM', '%I %p', 'Date string could not be parsed'],
  ['1', '%Q', "'%Q' in the time format '%Q' is not known"],
  ['1 1', '%d %d', 'names a part twice'],
] as const) {
  test(`${text} in the form ${format ?? 'of Salt'}`, () => {
    if (at.startsWith('2')) assert.equal(utc(parseTimeFormat(text, format)), at)
    else assert.throws(() => parseTimeFormat(text, format), new RegExp(at.replace('%', '%')))
  })
}

const range = (start: unknown, end: unknown, invert = false) => parseTimeRange({ start, end, invert }, 'range')

for (const [start, end, within, outside] of [
  [
    '8:00am',
    '5:00pm',
    ['2026-01-07T07:00:00Z', '2026-01-07T16:00:00Z'],
    ['2026-01-07T06:59:59Z', '2026-01-07T16:00:01Z'],
  ],
  ['10:00pm', '4:00am', ['2026-01-07T21:30:00Z', '2026-01-08T02:59:00Z'], ['2026-01-07T12:00:00Z']],
  ['Monday 8am', 'Friday 5pm', ['2026-01-07T12:00:00Z'], ['2026-01-10T12:00:00Z', '2026-01-05T06:00:00Z']],
  ['2026-01-07 10:00', '2026-01-07 14:00', ['2026-01-07T12:00:00Z'], ['2026-01-08T12:00:00Z', '2026-01-06T12:00:00Z']],
  ['8:00am', '2026-01-08 12:00', ['2026-01-07T12:00:00Z'], ['2026-01-07T06:00:00Z', '2026-01-09T12:00:00Z']],
] as const) {
  test(`from ${start} to ${end}`, () => {
    for (const at of within) assert.ok(range(start, end).permits(Date.parse(at)), at)
    for (const at of outside) assert.ok(!range(start, end).permits(Date.parse(at)), at)
    for (const at of outside) assert.ok(range(start, end, true).permits(Date.parse(at)), `inverted: ${at}`)
  })
}

for (const [value, words] of [
  ['8am-5pm', /range is not a mapping/],
  [{ start: '8am' }, /range:end is missing/],
  [{ start: '8am', end: '8am' }, /must be later than its start/],
  [{ start: '2026-01-08', end: '2026-01-07' }, /must be later than its start/],
  [{ start: '8am', end: 'never' }, /cannot be understood/],
] as const) {
  test(`no range: ${JSON.stringify(value)}`, () => assert.throws(() => parseTimeRange(value, 'range'), words))
}
