import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../../../src/cli/salt.ts'
import { capture } from '../../support/captured-output.ts'

/** A line without a function → what stands on stderr below the help. */
const cases: readonly (readonly [line: string, hint: string])[] = [
  ['kye', 'Did you mean salt key?\n'],
  ['keys -L', 'Did you mean salt key?\n'],
  ['-l debug key -L', 'A command stands before its options: salt key …\n'],
  ['*', ''],
  ['web', ''],
]

for (const [line, hint] of cases) {
  test(`salt ${line} says ${hint === '' ? 'that the function is missing' : hint.trimEnd()}`, async () => {
    const { stderr, result } = await capture(() => run(line.split(' ')))
    assert.deepEqual({ result, stderr }, { result: 42, stderr: `\nIncomplete options passed.\n\n${hint}` })
  })
}
