import { SaltError } from './errors.ts'

/** Splits a command line into words as a POSIX shell does, without expanding anything (Python's `shlex.split`). */
export function splitShellWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index)
    if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character
      word ??= ''
    } else if (character === quote) quote = undefined
    else if (character === '\\' && quote !== "'") {
      const next = line.charAt(++index)
      if (next === '') throw unbalanced(line, 'it ends with a backslash')
      word = (word ?? '') + (quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next)
    } else word = (word ?? '') + character
  }
  if (quote !== undefined) throw unbalanced(line, `a ${quote} is not closed`)
  if (word !== undefined) words.push(word)
  return words
}

function unbalanced(line: string, why: string): SaltError {
  return new SaltError('bad-arguments', `The command cannot be split into words: ${why}: ${line}`)
}
