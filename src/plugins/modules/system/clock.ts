/** Functions of `system` about date and time. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import {
  type CalendarDate,
  checkedDate,
  parseDate,
  parseTime,
  type TimeOfDay,
  twoDigits,
} from '../../../engine/functions/date-words.ts'
import { mustRun, runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const utcOffset = s.optional(s.string('How far from UTC, such as +0600; local time by default'))
const part = (what: string, minimum: number, maximum: number) =>
  s.optional(s.integer(`${what}; as it is by default`, { minimum, maximum }))

type Moment = CalendarDate & TimeOfDay

/** Minutes. */
function offsetMinutes(text: string): number {
  const [, sign = '', hours = '', minutes = ''] = /^([+-])?(\d{2})(\d{2})$/.exec(text) ?? []
  if (hours === '' || Number(hours) > 23 || Number(minutes) > 59) {
    throw new SaltError('bad-arguments', `Invalid UTC offset: ${JSON.stringify(text)}`, {
      hint: 'Give a sign, hours and minutes, such as -0700.',
    })
  }
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

/** The time of this host, which date knows even when the time zone has changed since this program was started. */
async function now(ctx: FunctionContext, offset: string | undefined): Promise<Moment> {
  if (offset !== undefined) return momentOf(Date.now() + offsetMinutes(offset) * 60_000)
  const { stdout } = await mustRun(ctx, ['date', '+%Y %m %d %H %M %S'])
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = stdout.trim().split(' ').map(Number)
  return { year, month, day, hour, minute, second }
}

function momentOf(milliseconds: number): Moment {
  const date = new Date(milliseconds)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  }
}

function millisecondsOf({ year, month, day, hour, minute, second }: Moment): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

function showDate({ year, month, day }: Moment): string {
  const weekday = weekdays[new Date(Date.UTC(year, month - 1, day)).getUTCDay()]
  return `${weekday} ${twoDigits(month)}/${twoDigits(day)}/${year}`
}

function showTime({ hour, minute, second }: Moment): string {
  return `${[hour % 12 || 12, minute, second].map(twoDigits).join(':')} ${hour < 12 ? 'AM' : 'PM'}`
}

function showBoth({ year, month, day, hour, minute, second }: Moment): string {
  return `${year}-${twoDigits(month)}-${twoDigits(day)} ${[hour, minute, second].map(twoDigits).join(':')}`
}

/** Sets the clock of the kernel, then the one of the hardware where there is one that can be set. */
async function setClock(ctx: FunctionContext, changes: Partial<Moment>, offset: string | undefined): Promise<boolean> {
  const wanted = { ...(await now(ctx, offset)), ...changes }
  if (checkedDate(wanted.year, wanted.month, wanted.day) === undefined) {
    throw new SaltError('bad-arguments', `there is no such day: ${showBoth(wanted).slice(0, 10)}`)
  }
  const moment = offset === undefined ? wanted : momentOf(millisecondsOf(wanted) - offsetMinutes(offset) * 60_000)
  const { year, month, day, hour, minute, second } = moment
  const word = `${[month, day, hour, minute].map(twoDigits).join('')}${year}.${twoDigits(second)}`
  await mustRun(ctx, ['date', ...(offset === undefined ? [] : ['-u']), word])
  if (await hasSettableClock(ctx)) await mustRun(ctx, ['hwclock', '--systohc'])
  return true
}

async function hasSettableClock(ctx: FunctionContext): Promise<boolean> {
  return (await runIfInstalled(ctx, ['hwclock', '--test', '--systohc']))?.retcode === 0
}

const telling = (name: string, doc: string, show: (moment: Moment) => string) =>
  fn({
    doc,
    args: { utc_offset: utcOffset },
    returns: s.string(),
    examples: [`salt '*' system.${name}`, `salt '*' system.${name} utc_offset="'-0500'"`],
    run: async (ctx, { utc_offset }) => show(await now(ctx, utc_offset)),
  })

const given = <T extends object>(values: T): Partial<Moment> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

export const clockFunctions = {
  get_system_date_time: telling('get_system_date_time', 'Tell date and time: 2026-05-09 14:05:30.', showBoth),
  get_system_date: telling('get_system_date', 'Tell the date: Sat 05/09/2026.', showDate),
  get_system_time: telling('get_system_time', 'Tell the time: 02:05:30 PM.', showTime),
  set_system_date_time: fn({
    doc: 'Set date and time; what is not given stays as it is.',
    args: {
      years: part('The year', 1970, 9999),
      months: part('The month', 1, 12),
      days: part('The day', 1, 31),
      hours: part('The hour', 0, 23),
      minutes: part('The minute', 0, 59),
      seconds: part('The second', 0, 59),
      utc_offset: utcOffset,
    },
    returns: s.boolean('Always true'),
    examples: ["salt '*' system.set_system_date_time 2026 5 12 11 37 53 utc_offset=\"'-0500'\""],
    run(ctx, { years: year, months: month, days: day, hours: hour, minutes: minute, seconds: second, utc_offset }) {
      return setClock(ctx, given({ year, month, day, hour, minute, second }), utc_offset)
    },
  }),
  set_system_date: fn({
    doc: 'Set the date; the time stays as it is.',
    args: { newdate: s.string('Such as 2026-05-09, 05-09-2026 or 05/09/26'), utc_offset: utcOffset },
    returns: s.boolean('Always true'),
    examples: ["salt '*' system.set_system_date '03-28-26'"],
    run(ctx, { newdate, utc_offset }) {
      const date = newdate.includes(':') ? undefined : parseDate(newdate)
      if (date === undefined) throw new SaltError('bad-arguments', `Invalid date format: ${newdate}`)
      return setClock(ctx, date, utc_offset)
    },
  }),
  set_system_time: fn({
    doc: 'Set the time; the date stays as it is.',
    args: {
      newtime: s.string('Such as 14:05, 14:05:30 or 2:05 PM'),
      utc_offset: utcOffset,
      posix: s.optional(s.any('Accepted, and without effect')),
      utc: s.optional(s.any('Accepted, and without effect')),
    },
    returns: s.boolean('Always true'),
    examples: ["salt '*' system.set_system_time '11:20 AM'"],
    run(ctx, { newtime, utc_offset }) {
      const time = parseTime(newtime)
      if (time === undefined) throw new SaltError('bad-arguments', `Invalid time format: ${newtime}`)
      return setClock(ctx, time, utc_offset)
    },
  }),
  has_settable_hwclock: fn({
    doc: 'Tell whether there is a hardware clock that can be set.',
    returns: s.boolean(),
    examples: ["salt '*' system.has_settable_hwclock"],
    run: hasSettableClock,
  }),
}
