import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '../../../../src/base/clock.ts'
import { formatStartTime, isJid, JidClock, jidToTime } from '../../../../src/engine/jobs/jid.ts'

function clockAt(times: number[]): Clock {
  return { now: () => times.shift() ?? 0, monotonic: () => 12.5, after: () => ({ cancel: () => {} }) }
}

describe('job ids', () => {
  const start = Date.UTC(2026, 10, 21, 2, 55, 4, 701)

  it('are the UTC time in 20 digits and name the same time again', () => {
    const jid = new JidClock(clockAt([start])).next()
    assert.equal(jid, '20261121025504701500')
    assert.equal(jidToTime(jid), start + 0.5)
  })

  it('grow strictly when the clock stands still or steps back', () => {
    const clock = new JidClock(clockAt([start, start, start - 60_000, start + 1]))
    const jids = [clock.next(), clock.next(), clock.next(), clock.next()]
    assert.deepEqual(jids, [...new Set(jids)].sort())
    assert.deepEqual(jids.slice(0, 3), ['20261121025504701500', '20261121025504701501', '20261121025504701502'])
  })

  it('print as Salt prints the start of a job', () => {
    assert.equal(formatStartTime('20261121025504701682'), '2026, Nov 21 02:55:04.701682')
    assert.equal(formatStartTime('20261121025504701682_4711'), '2026, Nov 21 02:55:04.701682')
    assert.equal(formatStartTime('no jid'), '')
  })

  it('are refused when they name no time', () => {
    for (const text of ['', 'req', '2026112102550470168', '20261321025504701682', '20260230000000000000']) {
      assert.equal(jidToTime(text), undefined, text)
    }
    assert.equal(isJid('20261121025504701682'), true)
    assert.equal(isJid('2026112102550470168x'), false)
  })
})
