/** The metadata of a scheduled job, with the times that Salt adds to it. */

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = 'January February March April May June July August September October November December'.split(' ')

/** `_TOS`: offset of the local time (`+0100`); `_TS`: local time as of C's `ctime`; `_TT`: year, month, day and hour in UTC. */
export function scheduleMetadata(
  metadata: Readonly<Record<string, unknown>>,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const now = new Date(nowMs)
  return { ...metadata, _TOS: offsetText(-now.getTimezoneOffset()), _TS: localText(now), _TT: worldText(now) }
}

function offsetText(aheadMinutes: number): string {
  const minutes = Math.abs(aheadMinutes)
  return `${aheadMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}

function localText(now: Date): string {
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')
  const month = months[now.getMonth()]?.slice(0, 3)
  return `${days[now.getDay()]} ${month} ${String(now.getDate()).padStart(2)} ${time} ${now.getFullYear()}`
}

/** The last part is the number of the month, as in Salt. */
function worldText(now: Date): string {
  const month = now.getUTCMonth()
  const parts = [now.getUTCFullYear(), months[month], two(now.getUTCDate()), days[now.getUTCDay()]]
  return [...parts, two(now.getUTCHours()), two(month + 1)].join(' ')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
