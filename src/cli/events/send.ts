/** `salt event send` */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { OptionValues } from '../parse-command.ts'
import { eventBusOf } from './event-bus-of.ts'

/** Resolves to the exit code: 0 when the daemon has taken the event. What DATA says wins over what follows it. */
export async function send(options: OptionValues, tag: string, words: readonly string[]): Promise<number> {
  const { parseWords, splitKwargs } = await import('../../engine/arguments/parse.ts')
  const noParse = options.text('no-parse')?.split(',') ?? []
  const { positional, keyword } = splitKwargs(await parseWords(words, { noParse }))
  const [data = {}, ...more] = positional
  if (more.length > 0 || !isRecord(data)) {
    throw new SaltError('usage', 'the data of an event is one mapping', {
      hint: `Quote it for the shell, and write more as name=value: salt event send ${tag} '{stage: done}' version=2`,
    })
  }
  await using bus = await eventBusOf(options)
  await bus.fireEvent({ ...keyword, ...data }, tag)
  return 0
}
