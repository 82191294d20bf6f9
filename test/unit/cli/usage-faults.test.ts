import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { run as runKey } from '../../../src/cli/key.ts'
import { run as runSalt } from '../../../src/cli/salt.ts'
import { capture } from '../../support/captured-output.ts'

type Run = (argv: readonly string[]) => Promise<number>

/** Lines that no master is asked about → the last lines on stderr. */
const saltLines: readonly (readonly [line: string, fault: string])[] = [
  ['* test.ping --subset 0', 'option --subset: 0 is less than 1'],
  ['* test.ping --subset -3', 'option --subset: -3 is less than 1'],
  ['* test.ping -b 1 --batch-wait -1', 'option --batch-wait: -1 is less than 0'],
  ['* test.ping --batch-safe-limit 0', 'option --batch-safe-limit: 0 is less than 1'],
  ['* test.ping --batch-safe-size 0', 'option --batch-safe-size: 0 is less than 1'],
  ['* test.ping --batch-safe-size x', "option --batch-safe-size: invalid integer value: 'x'"],
  ['* test.ping --jid rubbish', "option --jid: 'rubbish' is not a job id, which has 20 digits: YYYYmmddHHMMSSffffff"],
  [
    '* test.ping --jid 20269999999999999999',
    "option --jid: '20269999999999999999' is not a job id, which has 20 digits: YYYYmmddHHMMSSffffff",
  ],
  [
    '* test.ping -b 1 --async',
    'options -b/--batch and --async exclude each other: the command itself starts each next batch',
  ],
  ['* test.ping --sumary', 'no such option: --sumary\nDid you mean --summary?'],
  ['--pcer web test.ping', 'no such option: --pcer\nDid you mean --pcre?'],
]

const keyLines: typeof saltLines = [
  ['-A -D', '--accept-all and --delete-all are two actions\nGive one command for each.'],
  ['-a web1 -r web2', '--accept and --reject are two actions\nGive one command for each.'],
  ['-L -F', '--list-all and --finger-all are two actions\nGive one command for each.'],
  ['--gen-keys web1 -A', '--accept-all and --gen-keys are two actions\nGive one command for each.'],
  ['-l nope', "option -l/--list: 'nope' is no state of keys; use all, acc, pre, un, rej or den"],
  ['accept web1', "'accept' belongs to no option\nDid you mean --accept?"],
  ['--accpt web1', 'no such option: --accpt\nDid you mean --accept?'],
]

function testLines(name: string, usage: string, run: Run, lines: typeof saltLines): void {
  describe(`usage of ${name}`, () => {
    for (const [line, fault] of lines) {
      it(`refuses ${line}`, async () => {
        const { result, stdout, stderr } = await capture(() => run(line.split(' ')))
        assert.deepEqual(
          { result, stdout, stderr },
          { result: 64, stdout: '', stderr: `Usage: ${name} ${usage}\n\n${name}: error: ${fault}\n` },
        )
      })
    }
  })
}

testLines('salt', "[options] '<target>' <function> [arguments]", runSalt, saltLines)
testLines('salt key', '[options]', runKey, keyLines)
