import { s } from '../../../base/schema.ts'
import { defineReturner } from '../../../engine/returner.ts'
import { facilities, levels, withPrefix } from './priority.ts'

export const syslog = defineReturner({
  name: 'syslog',
  doc:
    'Writes one line of JSON to the system log for each return or event. Many log daemons cut long lines: ' +
    'what has more than 8192 bytes is written in several, which are numbered (`1/3`).',
  options: {
    level: s.withDefault(s.literal(withPrefix(levels), 'How important the lines are'), 'LOG_INFO'),
    facility: s.withDefault(s.literal(withPrefix(facilities), 'What the lines belong to'), 'LOG_USER'),
    tag: s.optional(s.string('Name in front of the lines, at most 32 characters; `salt-minion` or `salt-master`')),
    options: s.withDefault(
      s.array(
        s.literal(['LOG_PID', 'LOG_CONS', 'LOG_NDELAY', 'LOG_NOWAIT', 'LOG_PERROR', 'LOG_ODELAY']),
        '`LOG_PID` puts the process id behind the tag; the others are accepted',
      ),
      [],
    ),
    filter: s.withDefault(
      s.array(s.string(), 'Globs: only returns of these functions, and events with these tags, are written'),
      [],
    ),
  },
  takes: ['return', 'event'],
  examples: [
    "salt '*' test.ping --return syslog",
    "salt '*' state.apply --return syslog --return_kwargs '{level: LOG_NOTICE, facility: LOG_DAEMON}'",
  ],
  async open(context, options) {
    const { openSyslog } = await import('./syslog-writer.ts')
    return await openSyslog(context, options)
  },
})
