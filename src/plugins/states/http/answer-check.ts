/** What an answer of a web server is held against, and the words for it. */
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'

export interface Expectation {
  readonly match: unknown
  readonly matchType: string
  readonly status: unknown
  readonly statusType: string
}

export interface Verdict {
  readonly isGood: boolean
  readonly comment: string
}

/** `answer` is that of `http.query`. */
export function checkAnswer(answer: unknown, wanted: Expectation): Verdict {
  const { text = '', status = '' } = isRecord(answer) ? answer : {}
  const verdicts = [
    ...(wanted.match === undefined ? [] : [checkText(bodyText(text), wanted)]),
    ...(wanted.status === undefined ? [] : [checkStatus(pythonString(status), wanted)]),
  ]
  return {
    isGood: verdicts.every(({ isGood }) => isGood),
    comment: verdicts.map(({ comment }) => comment).join(' '),
  }
}

function bodyText(text: unknown): string {
  return text instanceof Uint8Array ? Buffer.from(text).toString('utf8') : pythonString(text)
}

function checkText(text: string, { match, matchType }: Expectation): Verdict {
  const wanted = pythonString(match)
  const isPattern = matchType === 'pcre'
  const isGood = isPattern ? finds(wanted, text) : text.includes(wanted)
  return { isGood, comment: `Match ${isPattern ? 'pattern' : 'text'} "${wanted}" was ${isGood ? '' : 'not '}found.` }
}

function checkStatus(given: string, { status, statusType }: Expectation): Verdict {
  if (statusType === 'list') {
    const all: readonly unknown[] = Array.isArray(status) ? status : [status]
    const isGood = all.some((one) => pythonString(one) === given)
    return { isGood, comment: isGood ? `Status ${given} was found.` : `Statuses ${pythonString(all)} were not found.` }
  }
  const wanted = pythonString(status)
  const isPattern = statusType === 'pcre'
  const isGood = isPattern ? finds(wanted, given) : wanted === given
  const what = isPattern ? `Status pattern "${wanted}"` : `Status ${wanted}`
  return { isGood, comment: `${what} was ${isGood ? '' : 'not '}found.` }
}

function finds(pattern: string, text: string): boolean {
  return new PythonRegex(pattern).searchEach([text])[0] === true
}
