/** Cron expressions in the local time of Berlin, where clocks change on 2026-03-29 (2:00 → 3:00) and 2026-10-25 (3:00 → 2:00). */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { parseCron } from '../../../../src/engine/schedule/cron.ts'

before(() => {
  process.env.TZ = 'Europe/Berlin'
})

/** `2026-01-07 14:30` of local time; with `+1` or `+2` behind it, which of two. */
function local(instantMs: number | undefined): string {
  if (instantMs === undefined) return 'never'
  const date = new Date(instantMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}+${-date.getTimezoneOffset() / 60}`
}

function following(expression: string, from: string, count: number): string[] {
  const cron = parseCron(expression)
  const found: string[] = []
  let at: number | undefined = Date.parse(from)
  for (let turn = 0; turn < count && at !== undefined; turn++) {
    at = cron.next(at)
    found.push(local(at))
  }
  return found
}

for (const [expression, from, expected] of [
  ['*/15 * * * *', '2026-01-07T12:00:00Z', ['2026-01-07 13:15+1', '2026-01-07 13:30+1', '2026-01-07 13:45+1']],
  ['0 5 * * *', '2026-01-07T12:00:00Z', ['2026-01-08 05:00+1', '2026-01-09 05:00+1']],
  ['30 4 1,15 * *', '2026-01-07T12:00:00Z', ['2026-01-15 04:30+1', '2026-02-01 04:30+1']],
  ['0 0 * * mon', '2026-01-07T12:00:00Z', ['2026-01-12 00:00+1', '2026-01-19 00:00+1']],
  ['0 0 * * 7', '2026-01-07T12:00:00Z', ['2026-01-11 00:00+1']],
  ['0 0 * * sat-sun', '2026-01-07T12:00:00Z', ['2026-01-10 00:00+1', '2026-01-11 00:00+1', '2026-01-17 00:00+1']],
  ['0 0 13 * fri', '2026-01-07T12:00:00Z', ['2026-01-09 00:00+1', '2026-01-13 00:00+1', '2026-01-16 00:00+1']],
  ['0 0 29 feb *', '2026-01-07T12:00:00Z', ['2028-02-29 00:00+1', '2032-02-29 00:00+1']],
  ['5-20/5,50 8-9 * JAN *', '2026-01-07T08:19:00Z', ['2026-01-07 09:20+1', '2026-01-07 09:50+1', '2026-01-08 08:05+1']],
  ['7/20 * * * *', '2026-01-07T12:00:00Z', ['2026-01-07 13:07+1', '2026-01-07 13:27+1', '2026-01-07 13:47+1']],
  ['@hourly', '2026-01-07T12:00:00Z', ['2026-01-07 14:00+1']],
  ['@daily', '2026-01-07T12:00:00Z', ['2026-01-08 00:00+1']],
  ['@Weekly', '2026-01-07T12:00:00Z', ['2026-01-11 00:00+1']],
  ['@monthly', '2026-01-07T12:00:00Z', ['2026-02-01 00:00+1']],
  ['@yearly', '2026-01-07T12:00:00Z', ['2027-01-01 00:00+1']],
  // 2:30 does not come on this day: the job runs when the gap ends, and at its time the day after.
  ['30 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-29 03:00+2', '2026-03-30 02:30+2']],
  ['15,45 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-29 03:00+2', '2026-03-30 02:15+2']],
  ['*/30 * * * *', '2026-03-29T00:20:00Z', ['2026-03-29 01:30+1', '2026-03-29 03:00+2', '2026-03-29 03:30+2']],
  // 2:30 comes twice: a job with an hour of its own runs once, one for every hour in both.
  ['30 2 * * *', '2026-10-24T12:00:00Z', ['2026-10-25 02:30+2', '2026-10-26 02:30+1']],
  ['30 * * * *', '2026-10-24T23:40:00Z', ['2026-10-25 02:30+2', '2026-10-25 02:30+1', '2026-10-25 03:30+1']],
] as const) {
  test(`${expression} after ${from}`, () => {
    assert.deepEqual(following(expression, from, expected.length), expected)
  })
}

for (const [expression, words] of [
  ['99 * * * *', /the minute .* at character 1: '99' is no minute \(0 to 59\)/],
  ['* 24 * * *', /the hour .* at character 3: '24'/],
  ['0 0 1,,3 * *', /day of the month .* at character 7: a value is missing/],
  ['0 0 * foo *', /the month .* at character 7: 'foo' is no month \(1 to 12 or a name such as dec\)/],
  ['0 0 * * 8', /day of the week .* at character 9/],
  ['0 0 * * monday', /day of the week .* 'monday'/],
  ['*/0 * * * *', /the minute .* at character 3: the step '0'/],
  ['*/5/2 * * * *', /more than one step/],
  ['30-10 * * * *', /the range '30-10' ends before it begins/],
  ['1-2-3 * * * *', /more than one end/],
  ['-5 * * * *', /a value is missing/],
  ['* * * *', /has 4 fields instead of 5/],
  ['0 0 * * * *', /has 6 fields/],
  ['', /has 0 fields/],
  ['0 0 31 2,4 *', /no month .* has such a day/],
  ['@reboot', /'@reboot' is no cron expression/],
  ['@often', /'@often' is no cron expression/],
] as const) {
  test(`refused: ${JSON.stringify(expression)}`, () => {
    assert.throws(
      () => parseCron(expression),
      (error) => error instanceof SaltError && words.test(error.message),
    )
  })
}
