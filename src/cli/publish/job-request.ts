import { SaltError } from '../../base/errors.ts'
import type { PublishRequest } from '../../client/api.ts'
import { parseMultiFunction } from '../../engine/arguments/multi-function.ts'
import { queueTtlSeconds } from '../../engine/options/queue-ttl.ts'
import { callingUser } from '../calling-user.ts'
import { targetTypeOptions } from '../options/target.ts'
import type { OptionValues } from '../parse-command.ts'
import { mapping } from './mapping.ts'
import { returnersOf } from './returners.ts'

/** The job that a command line asks for. Throws `usage` and `incomplete`. */
export async function jobRequest(
  options: OptionValues,
  words: readonly string[],
  configuredTimeout: number,
): Promise<PublishRequest> {
  const [target = '', funWord = 'test.ping', ...args] = words
  const tgtType = targetType(options)
  const noParse = options.text('no-parse')?.split(',') ?? []
  const { fun, arg } = await parseMultiFunction(funWord, args, options.text('args-separator') ?? ',', { noParse })
  const metadata = await mapping('--metadata', options.text('metadata'))
  const delimiter = options.text('delimiter')
  const jid = options.text('jid')
  return {
    tgt: tgtType === 'list' ? listed(target) : target,
    tgt_type: tgtType,
    fun,
    arg,
    user: callingUser(),
    ...(await returnersOf(options)),
    timeout: timeoutOf(options, configuredTimeout),
    ...(metadata === undefined ? {} : { metadata }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(jid === undefined ? {} : { jid }),
    ...queueOf(options),
  }
}

/** Left empty when it names nobody, so that it is refused like any empty target. */
function listed(target: string): readonly string[] {
  const ids = target.split(',').map((id) => id.trim())
  return ids.filter((id) => id !== '')
}

function queueOf(options: OptionValues): Pick<PublishRequest, 'queue'> {
  const time = options.text('queue')
  if (time === undefined) return {}
  return { queue: time === '' || queueTtlSeconds(time) }
}

function targetType(options: OptionValues): string {
  const given = Object.entries(targetTypeOptions).filter(([key]) => options.has(key))
  if (given.length > 1) {
    const names = given.map(([key]) => `--${key}`).join(' and ')
    throw new SaltError('usage', `a target has one kind, not both ${names}`, {
      hint: 'Join several kinds with -C: G@os:Debian and web*',
    })
  }
  return given[0]?.[1] ?? 'glob'
}

function timeoutOf(options: OptionValues, configured: number): number {
  const seconds = options.integer('timeout') ?? configured
  if (seconds < 0) throw new SaltError('usage', 'the timeout cannot be negative')
  return seconds
}
