import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { parseDate, parseTime, twoDigits } from '../../engine/functions/date-words.ts'
import { linesOf, mustRun } from '../../engine/functions/host-programs.ts'
import { timezoneDoc, zoneFunctions, zoneName } from '../../engine/functions/zone-functions.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

/** systemsetup ends with 0 also where it may not do what it is asked for. */
async function systemsetup(ctx: FunctionContext, ...words: readonly string[]): Promise<string> {
  const { stdout } = await mustRun(ctx, ['systemsetup', ...words])
  if (/administrator access|^### Error:|^\w+ is not a/m.test(stdout)) {
    throw new SaltError('execution-failed', stdout.trim())
  }
  return stdout
}

/** What stands behind the first colon. */
async function answerOf(ctx: FunctionContext, question: string): Promise<string> {
  const text = await systemsetup(ctx, question)
  return text.slice(text.indexOf(':') + 1).trim()
}

const asking = (name: string, doc: string, question: string) =>
  fn({
    doc,
    returns: s.string(),
    examples: [`salt '*' timezone.${name}`],
    run: (ctx) => answerOf(ctx, question),
  })

async function listZones(ctx: FunctionContext): Promise<string[]> {
  const text = await systemsetup(ctx, '-listtimezones')
  return linesOf(text.slice(text.indexOf(':') + 1)).map((line) => line.trim())
}

const usesNetworkTime = async (ctx: FunctionContext): Promise<boolean> =>
  (await answerOf(ctx, '-getusingnetworktime')).toLowerCase() === 'on'

const noClock = (name: string, doc: string) =>
  fn({ doc, returns: s.boolean('Always false'), examples: [`salt '*' timezone.${name}`], run: () => false })

export const timezoneMac = defineModule({
  name: 'timezone',
  doc: timezoneDoc,
  available: ({ grains }) => grains.kernel === 'Darwin' || 'timezone: the system is not macOS',
  functions: {
    ...zoneFunctions,
    get_date: asking('get_date', 'Tell the date of this host.', '-getdate'),
    get_time: asking('get_time', 'Tell the time of this host.', '-gettime'),
    get_zone: asking('get_zone', 'Tell the time zone of this host.', '-gettimezone'),
    get_time_server: asking('get_time_server', 'Tell which server the time is taken from.', '-getnetworktimeserver'),
    get_hwclock: noClock('get_hwclock', 'Tell that a Mac does not say what its hardware clock keeps.'),
    set_hwclock: {
      ...noClock('set_hwclock', 'Tell that what the hardware clock of a Mac keeps cannot be set.'),
      args: { clock: s.string('Without effect') },
      examples: ["salt '*' timezone.set_hwclock UTC"],
    },
    set_date: fn({
      doc: 'Set the date of this host.',
      args: { date: s.string('Such as 05/09/2026: month, day and year') },
      returns: s.boolean('Always true'),
      examples: ["salt '*' timezone.set_date 1/13/2026"],
      async run(ctx, args) {
        const date = parseDate(args.date)
        if (date === undefined) throw new SaltError('bad-arguments', `Invalid date format: ${args.date}`)
        await systemsetup(ctx, '-setdate', `${twoDigits(date.month)}:${twoDigits(date.day)}:${date.year}`)
        return true
      },
    }),
    set_time: fn({
      doc: 'Set the time of this host.',
      args: { time: s.string('Such as 14:05:30 or 2:05 PM') },
      returns: s.boolean('Always true'),
      examples: ["salt '*' timezone.set_time 17:34:00"],
      async run(ctx, args) {
        const time = parseTime(args.time)
        if (time === undefined) throw new SaltError('bad-arguments', `Invalid time format: ${args.time}`)
        await systemsetup(ctx, '-settime', [time.hour, time.minute, time.second].map(twoDigits).join(':'))
        return true
      },
    }),
    list_zones: fn({
      doc: 'List the time zones that can be set.',
      returns: s.array(s.string()),
      examples: ["salt '*' timezone.list_zones"],
      run: listZones,
    }),
    set_zone: fn({
      doc: 'Set the time zone of this host.',
      args: { time_zone: zoneName },
      returns: s.boolean('Whether it worked'),
      examples: ["salt '*' timezone.set_zone America/Denver"],
      async run(ctx, { time_zone }) {
        if (!(await listZones(ctx)).includes(time_zone)) {
          throw new SaltError('bad-arguments', `Invalid Timezone: ${time_zone}`)
        }
        await systemsetup(ctx, '-settimezone', time_zone)
        return (await answerOf(ctx, '-gettimezone')).includes(time_zone)
      },
    }),
    zone_compare: fn({
      doc: 'Tell whether this host is set to a time zone.',
      args: { time_zone: zoneName },
      returns: s.boolean(),
      examples: ["salt '*' timezone.zone_compare America/Boise"],
      run: async (ctx, { time_zone }) => (await answerOf(ctx, '-gettimezone')) === time_zone,
    }),
    get_using_network_time: fn({
      doc: 'Tell whether the time is taken from a server.',
      returns: s.boolean(),
      examples: ["salt '*' timezone.get_using_network_time"],
      run: usesNetworkTime,
    }),
    set_using_network_time: fn({
      doc: 'Set whether the time is taken from a server.',
      args: { setting: s.union([s.boolean(), s.string()], 'on or off') },
      returns: s.boolean('Whether it worked'),
      examples: ["salt '*' timezone.set_using_network_time true"],
      async run(ctx, { setting }) {
        const on = setting === true || /^(?:on|yes|true|1)$/i.test(String(setting))
        await systemsetup(ctx, '-setusingnetworktime', on ? 'on' : 'off')
        return (await usesNetworkTime(ctx)) === on
      },
    }),
    set_time_server: fn({
      doc: 'Set which server the time is taken from.',
      args: { time_server: s.withDefault(s.string('Name or address of the server'), 'time.apple.com') },
      returns: s.boolean('Whether it worked'),
      examples: ["salt '*' timezone.set_time_server time.acme.com"],
      async run(ctx, { time_server }) {
        await systemsetup(ctx, '-setnetworktimeserver', time_server)
        return (await answerOf(ctx, '-getnetworktimeserver')).includes(time_server)
      },
    }),
  },
})
