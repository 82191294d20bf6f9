/** Spans of time as people write them: `90`, `30m`, `12h`, `7d`. */

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** How such a span is written, for messages. */
export const durationForm = 'seconds such as 90, or a number with a unit: 30m, 12h, 7d'

/** Seconds; undefined when the text is not a span of time. `1h30m` is one, too. */
export function parseDuration(text: string): number | undefined {
  const word = text.trim().toLowerCase()
  if (/^\d+(\.\d+)?$/.test(word)) return Number(word)
  if (!/^(\d+(\.\d+)?[smhdw])+$/.test(word)) return undefined
  let seconds = 0
  for (const [, number, unit = ''] of word.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)) {
    seconds += Number(number) * (unitSeconds[unit] ?? 0)
  }
  return seconds
}

/** `45s`, `12m`, `3h`, `2d`: one number, rounded down, for tables. */
export function shortDuration(seconds: number): string {
  const units = ['d', 'h', 'm'] as const
  const unit = units.find((name) => seconds >= (unitSeconds[name] ?? 1)) ?? 's'
  return `${Math.max(0, Math.floor(seconds / (unitSeconds[unit] ?? 1)))}${unit}`
}
