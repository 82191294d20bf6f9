import { randomInt } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../../engine/plugin.ts'
import { type Changes, done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { checkPillar } from './check-pillar.ts'

const name = s.string('Any text')
const pretended: Changes = { testing: { old: 'Unchanged', new: 'Something pretended to change' } }
const anything = s.any('Any argument')
const succeeds = { name, comment: s.withDefault(s.any('What to say'), 'Success!') }
const fails = { name, comment: s.withDefault(s.any('What to say'), 'Failure!') }
const drawn = 'true, false, or Random for either of them'

/** The work of a watch, for all of these states: it says which of the watched ones have changed something. */
function watch(ctx: StateContext): StatePlan {
  const { result = true, comment = 'Watch statement fired.', changes } = ctx.chunk.args
  const shown = isRecord(changes)
    ? changes
    : { 'Requisites with changes': ctx.changed.map(({ state: family, id }) => `${family}: ${id}`) }
  const told = pythonString(comment)
  return result === false ? impossible(told, { changes: shown }) : right(told, { changes: shown })
}

/** Throws `bad-arguments` for what is neither a truth value nor the word for a random one. */
function drawTruth(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (pythonString(value).toLowerCase() === 'random') return randomInt(2) === 1
  throw new SaltError(
    'bad-arguments',
    `You have specified the state option '${option}' with invalid arguments. It must be either True, False, or 'Random'`,
  )
}

function warningsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  const list = Array.isArray(value) ? value : [value]
  if (list.every((item) => typeof item === 'string')) return list
  throw new SaltError(
    'bad-arguments',
    "You have specified the state option 'warnings' with invalid arguments. It must be a string or a list of strings",
  )
}

export const test = defineStates({
  name: 'test',
  doc: 'States that do nothing to the system, to try out how states work together.',
  functions: {
    nop: state({
      doc: 'Do nothing, with success. Takes any argument.',
      args: { name },
      extra: anything,
      examples: ['nothing to do:\n  test.nop'],
      plan: () => right('Success!'),
      watch,
    }),
    succeed_without_changes: state({
      doc: 'Succeed without a change. Takes any argument.',
      args: succeeds,
      extra: anything,
      examples: ['all is well:\n  test.succeed_without_changes'],
      plan: (_ctx, { comment }) => right(pythonString(comment)),
      watch,
    }),
    fail_without_changes: state({
      doc: 'Fail without a change. Takes any argument.',
      args: fails,
      extra: anything,
      examples: ['only Debian is supported:\n  test.fail_without_changes:\n    - failhard: True'],
      plan: (_ctx, { comment }) =>
        pending({
          comment: "If we weren't testing, this would be a failure!",
          changes: {},
          testResult: false,
          apply: () => failed(pythonString(comment)),
        }),
      watch,
    }),
    succeed_with_changes: state({
      doc: 'Succeed, and report a change that did not happen. Takes any argument.',
      args: succeeds,
      extra: anything,
      examples: ['something changes:\n  test.succeed_with_changes'],
      plan: (_ctx, { comment }) =>
        pending({
          comment: "If we weren't testing, this would be successful with changes",
          changes: pretended,
          apply: () => done(pythonString(comment), pretended),
        }),
      watch,
    }),
    fail_with_changes: state({
      doc: 'Fail, and report a change that did not happen. Takes any argument.',
      args: fails,
      extra: anything,
      examples: ['it fails half way:\n  test.fail_with_changes'],
      plan: (_ctx, { comment }) =>
        pending({
          comment: "If we weren't testing, this would be failed with changes",
          changes: pretended,
          apply: () => failed(pythonString(comment), pretended),
        }),
      watch,
    }),
    configurable_test_state: state({
      doc: 'Report what it is told to.',
      args: {
        name,
        changes: s.withDefault(s.any(`Whether to report a change: ${drawn}`), true),
        result: s.withDefault(s.any(`Whether to succeed: ${drawn}`), true),
        comment: s.withDefault(s.any('What to say'), ''),
        warnings: s.optional(s.any('Warnings to give: a text, or a list of texts')),
      },
      examples: [
        'as told:\n  test.configurable_test_state:\n    - changes: True\n    - result: False\n    - comment: bar.baz',
      ],
      plan(_ctx, want) {
        const changes = drawTruth('changes', want.changes) ? pretended : {}
        const isGood = drawTruth('result', want.result)
        const warnings = warningsOf(want.warnings)
        const comment = pythonString(want.comment)
        return pending({
          comment: comment === '' ? 'This is a test' : comment,
          changes,
          testResult: want.changes === false ? true : null,
          ...(warnings.length === 0 ? {} : { warnings }),
          apply: () => (isGood ? done(comment, changes) : failed(comment, changes)),
        })
      },
      watch,
    }),
    show_notification: state({
      doc: 'Show a text.',
      args: { name, text: s.optional(s.any('The text')) },
      extra: anything,
      examples: ['a word to the reader:\n  test.show_notification:\n    - text: Log in again after this.'],
      plan(_ctx, { text }) {
        const shown = pythonString(text ?? '')
        if (shown === '') throw new SaltError('bad-arguments', 'Missing required argument text.')
        return right(shown)
      },
      watch,
    }),
    check_pillar: state({
      doc: 'Check that keys of pillar are there, and of the types that they should have.',
      args: {
        name,
        present: s.optional(s.any('Keys of any value but null: one, or a list; `:` leads into mappings')),
        boolean: s.optional(s.any('Keys whose values are true or false')),
        integer: s.optional(s.any('Keys whose values are integers')),
        string: s.optional(s.any('Keys whose values are texts')),
        listing: s.optional(s.any('Keys whose values are lists')),
        dictionary: s.optional(s.any('Keys whose values are mappings')),
        verbose: s.withDefault(s.boolean('Name those that are right, too'), false),
      },
      examples: [
        'pillar has what is needed:\n  test.check_pillar:\n    - present:\n        - cheese\n    - string: cheese',
      ],
      plan: (ctx, want) => checkPillar(ctx.pillar, want),
      watch,
    }),
  },
})
