/** Names of syslog (RFC 5424, 6.2.1), in the order of their numbers. */
export const levels = ['EMERG', 'ALERT', 'CRIT', 'ERR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const

export const facilities = [
  ...(['KERN', 'USER', 'MAIL', 'DAEMON', 'AUTH', 'SYSLOG', 'LPR', 'NEWS', 'UUCP', 'CRON', 'AUTHPRIV', 'FTP'] as const),
  // 12 to 15 have no names in the C library.
  ...([undefined, undefined, undefined, undefined] as const),
  ...(['LOCAL0', 'LOCAL1', 'LOCAL2', 'LOCAL3', 'LOCAL4', 'LOCAL5', 'LOCAL6', 'LOCAL7'] as const),
] as const

/** As Salt names them, and without the beginning. */
export function withPrefix(names: readonly (string | undefined)[]): readonly string[] {
  const known = names.filter((name) => name !== undefined)
  return [...known.map((name) => `LOG_${name}`), ...known.map((name) => name.toLowerCase())]
}

function numberOf(names: readonly (string | undefined)[], name: string): number {
  return names.indexOf(name.replace(/^LOG_/i, '').toUpperCase())
}

/** The number in front of a line: facility times 8 plus level. */
export function priorityOf(facility: string, level: string): number {
  return numberOf(facilities, facility) * 8 + numberOf(levels, level)
}
