import { durationForm } from '../../base/duration.ts'
import { jidToTime } from '../../engine/jobs/jid.ts'
import { isQueueTime } from '../../engine/options/queue-ttl.ts'
import type { OptionValues } from '../parse-command.ts'
import { executorFault } from './executors.ts'
import { returnerFault } from './returners.ts'

const least: Readonly<Record<string, number>> = {
  subset: 1,
  'batch-wait': 0,
  'batch-safe-limit': 1,
  'batch-safe-size': 1,
}

/** Why the options of `salt` cannot be honored, or undefined. Salt runs such a line, or ends with a traceback. */
export function optionFault(options: OptionValues): string | undefined {
  for (const [name, bound] of Object.entries(least)) {
    const number = options.integer(name)
    if (number !== undefined && number < bound) return `option --${name}: ${number} is less than ${bound}`
  }
  const jid = options.text('jid')
  if (jid !== undefined && jidToTime(jid) === undefined) {
    return `option --jid: '${jid}' is not a job id, which has 20 digits: YYYYmmddHHMMSSffffff`
  }
  if (options.has('batch') && options.has('async')) {
    return 'options -b/--batch and --async exclude each other: the command itself starts each next batch'
  }
  return returnerFault(options) ?? queueFault(options) ?? executorFault(options.text('module-executors'))
}

/** Options that take only minions which are there. */
const choosing = ['batch', 'batch-safe-limit', 'subset']

function queueFault(options: OptionValues): string | undefined {
  const time = options.text('queue')
  if (time === undefined) return undefined
  const other = choosing.find((name) => options.has(name))
  if (other !== undefined)
    return `options --queue and --${other} exclude each other: that takes only minions which are there`
  if (time === '' || isQueueTime(time)) return undefined
  return `option --queue: '${time}' is no time from a second to a year; write ${durationForm}`
}
