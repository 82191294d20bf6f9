import { s } from '../../base/schema.ts'
import { defineStates, state } from '../../engine/plugin.ts'
import { type Changes, done, failed, impossible, pending, right } from '../../engine/state/plan.ts'

const name = s.string('Any text')
const pretended: Changes = { testing: { old: 'Unchanged', new: 'Something pretended to change' } }

export const test = defineStates({
  name: 'test',
  doc: 'States that do nothing to the system, to try out how states work together.',
  functions: {
    nop: state({
      doc: 'Do nothing, with success. Takes any argument.',
      args: { name },
      extra: s.any('Any argument'),
      examples: ['nothing to do:\n  test.nop'],
      plan: () => right('Success!'),
    }),
    succeed_without_changes: state({
      doc: 'Succeed without a change. Takes any argument.',
      args: { name },
      extra: s.any('Any argument'),
      examples: ['all is well:\n  test.succeed_without_changes'],
      plan: () => right('Success!'),
    }),
    fail_without_changes: state({
      doc: 'Fail without a change. Takes any argument.',
      args: { name },
      extra: s.any('Any argument'),
      examples: ['it fails:\n  test.fail_without_changes'],
      plan: () => impossible('Failure!'),
    }),
    succeed_with_changes: state({
      doc: 'Succeed, and report a change that did not happen. Takes any argument.',
      args: { name },
      extra: s.any('Any argument'),
      examples: ['something changes:\n  test.succeed_with_changes'],
      plan: () =>
        pending({
          comment: "If we weren't testing, this would be successful with changes",
          changes: pretended,
          apply: () => done('Success!', pretended),
        }),
    }),
    fail_with_changes: state({
      doc: 'Fail, and report a change that did not happen. Takes any argument.',
      args: { name },
      extra: s.any('Any argument'),
      examples: ['it fails half way:\n  test.fail_with_changes'],
      plan: () =>
        pending({
          comment: "If we weren't testing, this would be failed with changes",
          changes: pretended,
          apply: () => failed('Failure!', pretended),
        }),
    }),
  },
})
