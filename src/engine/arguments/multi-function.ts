/** Several functions in one job: `salt '*' test.ping,test.echo , hello`. */
import { SaltError } from '../../base/errors.ts'
import { type ParseWordsOptions, parseWords } from './parse.ts'

export interface FunctionCalls {
  /** One name, or several for a job of several functions. */
  readonly fun: string | readonly string[]
  /** Arguments of the one function, or one list for each. */
  readonly arg: readonly unknown[]
}

/**
 * Reads the function word and the words after it.
 *
 * With several functions the separator stands between their arguments, as a word of its own (as often as there are commas in
 * the function word) or inside words. Throws `incomplete` when there are fewer groups than functions.
 */
export async function parseMultiFunction(
  funWord: string,
  words: readonly string[],
  separator = ',',
  options: ParseWordsOptions = {},
): Promise<FunctionCalls> {
  if (!funWord.includes(',')) return { fun: funWord, arg: await parseWords(words, options) }
  const fun = funWord.split(',')
  if (fun.includes('')) {
    throw new SaltError('incomplete', `a function name is missing in ${JSON.stringify(funWord)}`, {
      hint: 'Name the functions with one comma between them and no spaces: test.ping,test.version',
    })
  }
  const alone = words.filter((word) => word === separator).length === fun.length - 1
  const groups = alone ? splitAtSeparators(words, separator) : splitInsideWords(words, separator)
  if (groups.length < fun.length) {
    throw new SaltError('incomplete', 'Cannot execute compound command without defining all arguments.', {
      hint: `Put ${separator} between the arguments of each function: ${[funWord, ...fun.slice(1).map(() => separator)].join(' ')}`,
    })
  }
  return { fun, arg: await Promise.all(groups.map((group) => parseWords(group, options))) }
}

function splitAtSeparators(words: readonly string[], separator: string): string[][] {
  const groups: string[][] = [[]]
  for (const word of words) {
    if (word === separator) groups.push([])
    else groups.at(-1)?.push(word)
  }
  return groups
}

function splitInsideWords(words: readonly string[], separator: string): string[][] {
  const groups: string[][] = [[]]
  for (const word of words) {
    const [first = '', ...rest] = word.split(separator)
    if (rest.length === 0) groups.at(-1)?.push(word)
    else {
      if (first !== '') groups.at(-1)?.push(first)
      for (const part of rest) groups.push(part === '' ? [] : [part])
    }
  }
  return groups
}
