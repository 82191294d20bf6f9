/** A schedule on a clock that the test moves: what runs, and when. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { silentLog } from '../../../../src/base/log.ts'
import { Schedule, type ScheduleMapping } from '../../../../src/engine/schedule/schedule.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
/** A Wednesday, one o'clock in Berlin. */
const begin = Date.UTC(2026, 0, 7, 12)

before(() => {
  process.env.TZ = 'Europe/Berlin'
})

interface Setting {
  readonly whens?: Readonly<Record<string, unknown>>
  /** What `random.below` gives. */
  readonly random?: number
  /** Runs do not end by themselves. */
  readonly endless?: boolean
  readonly from?: number
}

class Rig {
  readonly clock: FakeClock
  /** `NAME@seconds since the start`, by the monotonic clock. */
  readonly ran: string[] = []
  readonly schedule: Schedule
  readonly ends: (() => void)[] = []
  functions: string[] = []

  constructor(opts: ScheduleMapping, { whens = {}, random = 0, endless = false, from = begin }: Setting = {}) {
    this.clock = new FakeClock(from)
    this.schedule = new Schedule({
      clock: this.clock,
      log: silentLog,
      random: { below: (limit) => Math.min(random, limit - 1) },
      alias: (name) => whens[name],
      run: async ({ job, fun }) => {
        this.ran.push(`${job.name}@${(this.clock.monotonic() - from) / second}`)
        this.functions.push(fun)
        if (endless) await new Promise<void>((resolve) => this.ends.push(resolve))
      },
    })
    this.schedule.replace({ opts })
    this.schedule.start()
  }

  async advance(ms: number): Promise<void> {
    await settle()
    await this.clock.advance(ms)
  }

  skipped(name: string): string | undefined {
    return this.schedule.status(name)?.skipped?.reason
  }
}

function job(timing: Readonly<Record<string, unknown>>): ScheduleMapping {
  return { job: { function: 'test.ping', ...timing } }
}

interface Case {
  readonly name: string
  readonly job: Readonly<Record<string, unknown>>
  readonly globals?: Readonly<Record<string, unknown>>
  /** How long the clock runs. */
  readonly forMs: number
  /** Seconds after the start. */
  readonly at: readonly number[]
  readonly skipped?: string | undefined
  readonly setting?: Setting
  readonly functions?: readonly string[]
}

const cases: readonly Case[] = [
  { name: 'seconds', job: { seconds: 20 }, forMs: minute, at: [20, 40, 60] },
  { name: 'all spans add up', job: { seconds: 5, minutes: '1', hours: 1, days: 0 }, forMs: 2 * hour, at: [3665] },
  { name: 'days', job: { days: 2 }, forMs: 100 * hour, at: [172_800, 345_600] },
  { name: 'cron', job: { cron: '*/5 * * * *' }, forMs: 11 * minute, at: [300, 600] },
  { name: 'a time of day comes every day', job: { when: '5:00pm' }, forMs: 29 * hour, at: [4 * 3600, 28 * 3600] },
  { name: 'several times', job: { when: ['1:30pm', 'Wednesday 1:10pm', '2025-01-01'] }, forMs: hour, at: [600, 1800] },
  { name: 'a weekday', job: { when: 'Thursday 1:00pm' }, forMs: 48 * hour, at: [86_400] },
  { name: 'a date that is over', job: { when: '2026-01-07 12:59' }, forMs: 48 * hour, at: [] },
  {
    name: 'a name of whens',
    job: { when: 'tea time' },
    forMs: 5 * hour,
    at: [4 * 3600],
    setting: { whens: { 'tea time': '5pm' } },
  },
  { name: 'once', job: { once: '2026-01-07T13:30:00' }, forMs: 48 * hour, at: [1800] },
  { name: 'once, as YAML writes it', job: { once: '2026-01-07 13:30:00' }, forMs: hour, at: [1800] },
  { name: 'once, in a form', job: { once: '7.1.2026 13:30', once_fmt: '%d.%m.%Y %H:%M' }, forMs: hour, at: [1800] },
  { name: 'once, a second ago', job: { once: '2026-01-07T12:59:59' }, forMs: hour, at: [0] },
  { name: 'once, missed while it was down', job: { once: '2026-01-07T12:59:00' }, forMs: hour, at: [] },
  { name: 'at the start too', job: { seconds: 30, run_on_start: true }, forMs: minute, at: [0, 30, 60] },
  {
    name: 'at the start, but not when its time is over',
    job: { once: '2026-01-01T00:00:00', run_on_start: true },
    forMs: minute,
    at: [],
  },
  {
    name: 'at the start, but not when disabled',
    job: { seconds: 90, run_on_start: true, enabled: false },
    forMs: minute,
    at: [],
    skipped: 'disabled',
  },
  { name: 'disabled', job: { seconds: 20, enabled: false }, forMs: minute, at: [], skipped: 'disabled' },
  { name: 'disabled by word', job: { seconds: 20, enabled: 'False' }, forMs: minute, at: [], skipped: 'disabled' },
  {
    name: 'all disabled',
    job: { seconds: 20 },
    globals: { enabled: false },
    forMs: minute,
    at: [],
    skipped: 'disabled',
  },
  { name: 'splay', job: { seconds: 60, splay: 15 }, forMs: 3 * minute, at: [66, 126], setting: { random: 5 } },
  {
    name: 'splay between two numbers',
    job: { cron: '*/5 * * * *', splay: { start: 10, end: 20 } },
    forMs: 11 * minute,
    at: [317, 617],
    setting: { random: 7 },
  },
  {
    name: 'splay of all',
    job: { when: '1:30pm' },
    globals: { splay: 15 },
    forMs: hour,
    at: [1806],
    setting: { random: 5 },
  },
  {
    name: 'jitter, earlier',
    job: { minutes: 10, jitter: 60 },
    forMs: 30 * minute,
    at: [570, 1170, 1770],
    setting: { random: 30 },
  },
  {
    name: 'jitter of cron does not run it twice',
    job: { cron: '*/5 * * * *', jitter: 60 },
    forMs: 16 * minute,
    at: [270, 570, 870],
    setting: { random: 30 },
  },
  {
    name: 'within a range',
    job: { minutes: 30, range: { start: '1:00pm', end: '2:00pm' } },
    forMs: 2 * hour,
    at: [1800, 3600],
    skipped: 'not_in_range',
  },
  // Overdue when its range begins, it runs then, and goes on from there.
  {
    name: 'from the beginning of a range',
    job: { minutes: 40, range: { start: '2:30pm', end: '3:30pm' } },
    forMs: 4 * hour,
    at: [5400, 7800],
    skipped: 'not_in_range',
  },
  {
    name: 'outside a range',
    job: { minutes: 30, range: { start: '1:20pm', end: '2:10pm', invert: true } },
    forMs: 2 * hour,
    at: [4200.001, 6000.001],
    skipped: undefined,
  },
  {
    name: 'cron outside its range waits for its next time',
    job: { cron: '0 * * * *', range: { start: '2:30pm', end: '4:30pm' } },
    forMs: 4 * hour,
    at: [7200, 10_800],
    skipped: 'not_in_range',
  },
  {
    name: 'skipped during a range',
    job: { minutes: 20, skip_during_range: { start: '1:10pm', end: '1:50pm' } },
    forMs: 2 * hour,
    at: [3600, 4800, 6000, 7200],
  },
  {
    name: 'skipped during the range of all',
    job: { minutes: 20 },
    globals: { skip_during_range: { start: '1:10pm', end: '2:50pm' } },
    forMs: 2 * hour,
    at: [7200],
  },
  {
    name: 'made up for after a range',
    job: { minutes: 20, skip_during_range: { start: '1:10pm', end: '1:50pm' }, run_after_skip_range: true },
    forMs: 70 * minute,
    at: [3001, 3600],
  },
  {
    name: 'something else instead',
    job: { minutes: 20, skip_during_range: { start: '1:10pm', end: '1:30pm' } },
    globals: { skip_function: 'test.true' },
    forMs: 40 * minute,
    at: [1200, 2400],
    functions: ['test.true', 'test.ping'],
  },
  {
    name: 'a time that is left out',
    job: { minutes: 20, skip_explicit: ['2026-01-07T13:40:00'] },
    forMs: hour,
    at: [1200, 3600],
  },
  {
    name: 'a time that is left out, and one that is added',
    job: {
      minutes: 20,
      skip_explicit: [{ time: '13:40 7', time_fmt: '%H:%M %d' }, { time: '2026-01-07T13:20:00' }],
      run_explicit: [{ time: '2026-01-07T13:25:00' }],
    },
    forMs: 50 * minute,
    at: [1500, 2400],
  },
  {
    name: 'only when it is told',
    job: { run_explicit: ['2026-01-07T13:25:00', '2026-01-07T12:00:00'] },
    forMs: hour,
    at: [1500],
  },
  {
    name: 'until',
    job: { minutes: 20, until: '2026-01-07 1:50pm' },
    forMs: 2 * hour,
    at: [1200, 2400],
    skipped: 'until_passed',
  },
  { name: 'after', job: { minutes: 20, after: '01/07/2026 1:50pm' }, forMs: 80 * minute, at: [3600, 4800] },
  {
    name: 'not yet after',
    job: { minutes: 20, after: '2026-01-08' },
    forMs: 80 * minute,
    at: [],
    skipped: 'after_not_passed',
  },
  {
    name: 'one at a time',
    job: { seconds: 20 },
    forMs: minute,
    at: [20],
    skipped: 'maxrunning',
    setting: { endless: true },
  },
  {
    name: 'two at a time',
    job: { seconds: 20, maxrunning: 2 },
    forMs: minute,
    at: [20, 40],
    skipped: 'maxrunning',
    setting: { endless: true },
  },
  {
    name: 'without counting',
    job: { seconds: 20, jid_include: false },
    forMs: minute,
    at: [20, 40, 60],
    setting: { endless: true },
  },
  { name: 'a rehearsal', job: { seconds: 20, dry_run: true }, forMs: minute, at: [] },
  { name: 'no time at all', job: {}, forMs: hour, at: [] },
]

for (const { name, job: timing, globals = {}, forMs, at, setting = {}, ...expected } of cases) {
  test(name, async () => {
    const rig = new Rig({ ...globals, ...job(timing) }, setting)
    await rig.advance(forMs)
    assert.deepEqual(
      rig.ran,
      at.map((seconds) => `job@${seconds}`),
    )
    if ('skipped' in expected) assert.equal(rig.skipped('job'), expected.skipped)
    if (expected.functions !== undefined) assert.deepEqual(rig.functions, expected.functions)
    rig.schedule[Symbol.dispose]()
    assert.equal(rig.clock.pending, 0)
  })
}

for (const [raw, words] of [
  [{ seconds: 10 }, /it has no function/],
  [{ function: 'a.b', seconds: 0.5 }, /every 0.5 seconds/],
  [{ function: 'a.b', seconds: -1 }, /seconds is not a number/],
  [{ function: 'a.b', minutes: 'often' }, /minutes is not a number/],
  [{ function: 'a.b', seconds: 10, cron: '* * * * *' }, /Unable to use "seconds"/],
  [{ function: 'a.b', when: '5pm', cron: '* * * * *' }, /when and cron exclude each other/],
  [{ function: 'a.b', cron: '* * * *' }, /4 fields/],
  [{ function: 'a.b', when: ['5pm', 'soon'] }, /'soon' cannot be understood/],
  [{ function: 'a.b', once: 'tomorrow' }, /'tomorrow' cannot be understood/],
  [{ function: 'a.b', seconds: 10, range: '8am' }, /range is not a mapping/],
  [{ function: 'a.b', seconds: 10, splay: { start: 9, end: 3 } }, /the end of splay/],
  [{ function: 'a.b', seconds: 10, kwargs: [1] }, /kwargs is not a mapping/],
  [{ function: 'a.b', seconds: 10, maxrunning: 'all' }, /maxrunning is not a number/],
] as const) {
  test(`does not run, and says why: ${JSON.stringify(raw)}`, async () => {
    const rig = new Rig({ job: raw, other: { function: 'a.b', seconds: 20 } })
    await rig.advance(20 * second)
    assert.deepEqual(rig.ran, ['other@20'])
    assert.match(rig.schedule.status('job')?.fault ?? '', words)
    assert.equal(rig.schedule.runNow('job'), false)
  })
}

test('a job that is no mapping, and rules that are wrong, leave the others alone', async () => {
  const rig = new Rig({ nonsense: 'every day', splay: 'some', skip_during_range: 8, job: { fun: 'a.b', seconds: 20 } })
  await rig.advance(20 * second)
  assert.deepEqual(rig.ran, ['job@20'])
})

test('intervals do not mind that the clock is set', async () => {
  const rig = new Rig(job({ minutes: 10 }))
  await rig.advance(5 * minute)
  rig.clock.set(-3 * hour)
  await rig.advance(10 * minute)
  rig.clock.set(30 * 24 * hour)
  await rig.advance(10 * minute)
  assert.deepEqual(rig.ran, ['job@600', 'job@1200'])
})

test('a time of day is kept when the clock is set forward meanwhile, within a minute', async () => {
  const rig = new Rig(job({ when: '5:00pm' }))
  await rig.advance(90 * second)
  rig.clock.set(3 * hour + 50 * minute)
  await rig.advance(10 * minute)
  // At 90 s it is 16:51:30: five o'clock is 8 min 30 s later.
  assert.deepEqual(rig.ran, ['job@600'])
})

test('the clock is set forward beyond a time: cron makes up for it once, a time of day is missed', async () => {
  const rig = new Rig({
    cron: { function: 'a.b', cron: '*/10 * * * *' },
    when: { function: 'a.b', when: '1:30pm' },
    once: { function: 'a.b', once: '2026-01-07T13:35:00' },
  })
  await rig.advance(30 * second)
  rig.clock.set(hour)
  await rig.advance(minute)
  assert.deepEqual(rig.ran, ['cron@60'])
  assert.equal(rig.skipped('when'), 'missed')
  assert.equal(rig.skipped('once'), 'missed')
  await rig.advance(10 * minute)
  assert.deepEqual(rig.ran, ['cron@60', 'cron@600'])
})

test('the clock is set forward a little beyond a time: it runs late', async () => {
  const rig = new Rig(job({ when: '1:30pm' }))
  await rig.advance(29 * minute)
  rig.clock.set(80 * second)
  await rig.advance(minute)
  assert.equal(rig.ran.length, 1)
})

test('the clock is set back by an hour: nothing of the day runs twice, and what is hourly goes on', async () => {
  const rig = new Rig({
    daily: { function: 'a.b', when: '1:30pm' },
    cron: { function: 'a.b', cron: '30 13 * * *' },
    often: { function: 'a.b', cron: '15,45 * * * *' },
    once: { function: 'a.b', once: '2026-01-07T13:30:00' },
  })
  await rig.advance(40 * minute)
  assert.deepEqual(rig.ran, ['often@900', 'daily@1800', 'cron@1800', 'once@1800'])
  rig.ran.length = 0
  rig.clock.set(-hour)
  await rig.advance(70 * minute)
  // It is 12:40 again: quarter to and quarter past come after 5, 35 and 65 minutes.
  assert.deepEqual(rig.ran, ['often@2700', 'often@4500', 'often@6300'])
})

test('a clock that was years ahead is set right: times count anew', async () => {
  const rig = new Rig(job({ cron: '30 13 * * *' }), { from: Date.UTC(2040, 0, 7, 12) })
  await rig.advance(40 * minute)
  rig.clock.set(begin - Date.UTC(2040, 0, 7, 12) - 40 * minute)
  await rig.advance(40 * minute)
  assert.deepEqual(rig.ran, ['job@1800', 'job@4200'])
})

test('clocks are put forward: the time that does not come is that of the gap', async () => {
  const from = Date.UTC(2026, 2, 29, 0)
  const rig = new Rig(
    { cron: { function: 'a.b', cron: '30 2 * * *' }, when: { function: 'a.b', when: '2:30am' } },
    { from },
  )
  await rig.advance(27 * hour)
  // One o'clock in Berlin. The gap ends an hour later; the next 2:30 is 24.5 hours after the start.
  assert.deepEqual(rig.ran, ['cron@3600', 'when@3600', 'cron@88200', 'when@88200'])
})

test('clocks are put back: the time that comes twice is used once', async () => {
  const from = Date.UTC(2026, 9, 25, 0)
  const rig = new Rig(
    {
      cron: { function: 'a.b', cron: '30 2 * * *' },
      when: { function: 'a.b', when: '2:30am' },
      hourly: { function: 'a.b', cron: '30 * * * *' },
    },
    { from },
  )
  await rig.advance(2 * hour)
  assert.deepEqual(rig.ran, ['cron@1800', 'when@1800', 'hourly@1800', 'hourly@5400'])
})

test('a job that stays as it is keeps its pace while others change', async () => {
  const rig = new Rig(job({ seconds: 30 }))
  await rig.advance(20 * second)
  rig.schedule.replace({ opts: { ...job({ seconds: 30 }), other: { function: 'a.b', seconds: 15 } } })
  await rig.advance(20 * second)
  assert.deepEqual(rig.ran, ['job@30', 'other@35'])
  rig.schedule.replace({ opts: { job: { function: 'a.b', seconds: 25 } } })
  await rig.advance(30 * second)
  assert.deepEqual(rig.ran, ['job@30', 'other@35', 'job@65'])
})

test('a job that is changed while it runs is still counted', async () => {
  const rig = new Rig(job({ seconds: 20 }), { endless: true })
  await rig.advance(20 * second)
  rig.schedule.replace({ opts: job({ seconds: 10 }) })
  await rig.advance(10 * second)
  assert.equal(rig.skipped('job'), 'maxrunning')
  for (const end of rig.ends) end()
  await settle()
  await rig.advance(10 * second)
  assert.deepEqual(rig.ran, ['job@20', 'job@40'])
})

test('a name of whens that changes its meaning', async () => {
  const whens: Record<string, unknown> = { tea: '5pm' }
  const rig = new Rig({ ...job({ when: 'tea' }), other: { function: 'a.b', minutes: 50 } }, { whens })
  await rig.advance(20 * minute)
  whens.tea = '1:30pm'
  rig.schedule.refresh()
  await rig.advance(40 * minute)
  assert.deepEqual(rig.ran, ['job@1800', 'other@3000'])
})

test('the configuration wins over pillar, and a job of the daemon over both', async () => {
  const rig = new Rig({ both: { function: 'of.opts', seconds: 10 }, mine: { function: 'of.opts', seconds: 10 } })
  rig.schedule.replace({
    pillar: { both: { function: 'of.pillar', seconds: 10 }, alone: { function: 'of.pillar', seconds: 10 } },
    system: { mine: { function: 'of.daemon', seconds: 10 } },
  })
  await rig.advance(10 * second)
  assert.deepEqual(rig.functions.toSorted(), ['of.daemon', 'of.opts', 'of.pillar'])
})

test('there is one timer, and none where nothing is to come', async () => {
  const rig = new Rig({
    a: { function: 'a.b', hours: 1 },
    b: { function: 'a.b', hours: 2 },
    c: { function: 'a.b', cron: '@daily' },
  })
  assert.equal(rig.clock.pending, 1)
  rig.schedule.replace({ opts: { a: { function: 'a.b', once: '2020-01-01T00:00:00' } } })
  assert.equal(rig.clock.pending, 0)
})

test('before the start nothing runs but what is asked for', async () => {
  const clock = new FakeClock(begin)
  const ran: string[] = []
  const schedule = new Schedule({
    clock,
    log: silentLog,
    alias: () => undefined,
    run: async ({ job: { name } }) => void ran.push(name),
  })
  schedule.replace({ opts: job({ seconds: 10, run_on_start: true }) })
  await clock.advance(minute)
  assert.deepEqual(ran, [])
  assert.equal(schedule.runNow('job'), true)
  assert.equal(schedule.runNow('other'), false)
  await settle()
  schedule.start()
  await settle()
  await clock.advance(10 * second)
  assert.deepEqual(ran, ['job', 'job', 'job'])
  schedule[Symbol.dispose]()
})

test('what is wrong or doubtful in a configuration is told with its place', () => {
  const { log, lines } = new RecordedLog()
  const schedule = new Schedule({
    clock: new FakeClock(begin),
    log,
    alias: () => undefined,
    where: (path) => `/etc/salt/minion:${path.join('/')}`,
    run: async () => {},
  })
  const good = { function: 'a.b', minutes: 1, name: 'good', jid_include: true, _seen: 1 }
  const opts = {
    wrong: { function: 'a.b', minutes: 'x' },
    odd: { function: 'a.b', seconds: 5, secnds: 5 },
    timeless: { function: 'a.b' },
    splay: 'x',
    good,
  }
  schedule.replace({ opts, pillar: { there: { function: 'a.b' } } })
  const wrong = 'ERROR a scheduled job is wrong, and does not run'
  const doubtful = 'WARNING a scheduled job may not be meant so'
  const timeless = 'reason=it has no time, and runs only when it is asked for'
  assert.deepEqual(lines, [
    'ERROR a rule of the schedule is wrong, and is left out reason=splay is not a number from 0 on where=/etc/salt/minion:schedule/splay',
    `${doubtful} job=there ${timeless}`,
    `${wrong} job=wrong reason=minutes is not a number from 0 on where=/etc/salt/minion:schedule/wrong`,
    `${doubtful} job=odd reason='secnds' is no key of a job, and does nothing. Did you mean 'seconds'? where=/etc/salt/minion:schedule/odd`,
    `${doubtful} job=timeless ${timeless} where=/etc/salt/minion:schedule/timeless`,
  ])
  schedule[Symbol.dispose]()
})
