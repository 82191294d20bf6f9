import { setTimeout as pause } from 'node:timers/promises'
import { asSaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../../engine/plugin.ts'
import { impossible, pending, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { checkAnswer, type Expectation } from './answer-check.ts'

const kinds = (more: readonly string[]) => ['string', 'pcre', ...more] as const
const args = {
  name: s.string('The URL'),
  match: s.optional(s.any('What the answer must have in it')),
  match_type: s.withDefault(s.literal(kinds([]), 'string, or pcre for a regular expression'), 'string'),
  status: s.optional(s.any('The status that the answer must have')),
  status_type: s.withDefault(
    s.literal(kinds(['list']), 'string, pcre for a regular expression, or list where any of a list is good'),
    'string',
  ),
}
const extra = s.any('Arguments of http.query; with test_url, a dry run asks that')

type Given = Readonly<Record<string, unknown>>

interface Question {
  readonly url: string
  readonly options: Given
  readonly wanted: Expectation
}

function ask(ctx: StateContext, { url, options }: Question, more: Given): Promise<unknown> {
  const { wait_for: waitFor, ...others } = options
  const waits = waitFor !== undefined && waitFor !== 0
  return waits
    ? ctx.salt('http.wait_for_successful_query', [url], { ...others, wait_for: waitFor, ...more })
    : ctx.salt('http.query', [url], { ...others, ...more })
}

async function attempt(ctx: StateContext, question: Question): Promise<StateOutcome> {
  const data = await ask(ctx, question, { text: true, status: true })
  const { isGood, comment } = checkAnswer(data, question.wanted)
  return { result: isGood, comment, changes: {}, more: { data } }
}

/** A dry run asks nobody, unless the author has named whom it may ask. */
async function plan(
  ctx: StateContext,
  question: Question,
  apply: (question: Question) => Promise<StateOutcome>,
): Promise<StatePlan> {
  const { options, wanted } = question
  if (wanted.match === undefined && wanted.status === undefined) {
    const comment = ' Either match text (match) or a status code (status) is required.'
    return impossible(comment, { more: { data: {} } })
  }
  const { test_url: testUrl } = options
  const mark = testUrl === undefined ? ' (TEST MODE)' : ` (TEST MODE, TEST URL WAS: ${testUrl})`
  const doIt = () => apply(question)
  if (!ctx.run.isTest) return pending({ comment: mark, changes: {}, apply: doIt })
  const { wait_for: _, ...once } = options
  const data = await ask(ctx, { ...question, options: once }, { text: true, status: true, test: true })
  const { comment } = checkAnswer(data, wanted)
  return pending({ comment: `${comment}${mark}`, changes: {}, more: { data }, apply: doIt })
}

interface Want {
  readonly name: string
  readonly match?: unknown
  readonly match_type: string
  readonly status?: unknown
  readonly status_type: string
}

function questionOf({ name, match, match_type, status, status_type }: Want, options: Given): Question {
  return { url: name, options, wanted: { match, matchType: match_type, status, statusType: status_type } }
}

/** The first good answer; when the time is over, the last one or the error of the last attempt. */
async function attemptUntilGood(
  ctx: StateContext,
  question: Question,
  waitForMs: number,
  intervalMs: number,
): Promise<StateOutcome> {
  const end = performance.now() + waitForMs
  for (;;) {
    const outcome = await attempt(ctx, question).catch((error: unknown) => asSaltError(error))
    ctx.signal.throwIfAborted()
    if (!(outcome instanceof Error) && outcome.result) return outcome
    if (performance.now() + intervalMs > end) {
      if (outcome instanceof Error) throw outcome
      return outcome
    }
    await pause(intervalMs, undefined, { signal: ctx.signal })
  }
}

export const http = defineStates({
  name: 'http',
  doc: 'Asks web servers, and checks what they answer.',
  functions: {
    query: state({
      doc: 'Ask a web server once. Text and status, where both are given, must both be right.',
      args: { ...args, wait_for: s.optional(s.seconds('Ask again and again for so long, until there is no error')) },
      extra,
      examples: [
        'http://www.example.org/:\n  http.query:\n    - status: 200',
        "site is there:\n  http.query:\n    - name: http://www.example.org/\n    - match: 'It.*works'\n    - match_type: pcre\n    - status: [200, 304]\n    - status_type: list",
      ],
      plan(ctx, { wait_for, ...want }, { extra: options }) {
        const question = questionOf(want, wait_for === undefined ? options : { ...options, wait_for })
        return plan(ctx, question, (asked) => attempt(ctx, asked))
      },
    }),
    wait_for_successful_query: state({
      doc: 'Ask a web server again and again, until the answer is right or the time is over.',
      args: {
        ...args,
        wait_for: s.withDefault(s.seconds('How long to go on asking'), 300),
        request_interval: s.withDefault(s.seconds('How long to wait between two questions'), 1),
      },
      extra,
      examples: [
        'http://www.example.org/:\n  http.wait_for_successful_query:\n    - status: 200\n    - wait_for: 60\n    - request_interval: 5',
      ],
      plan(ctx, { wait_for, request_interval, ...want }, { extra: options }) {
        return plan(ctx, questionOf(want, options), (asked) =>
          attemptUntilGood(ctx, asked, wait_for * 1000, request_interval * 1000),
        )
      },
    }),
  },
})
