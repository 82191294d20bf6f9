/** What `salt` answers to each kind of failure, to the letter: Salt's words where it has any, and our exit codes. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { saltCommand } from '../support/salt-command.ts'

const failed = 'ERROR: Minions returned with non-zero exit code\n'
const usage = "Usage: salt [options] '<target>' <function> [arguments]\n\n"
const away = 'Minion did not return. [Not connected]'

interface Case {
  readonly words: readonly string[]
  readonly exit?: number
  /** With `JID` for the id of a job. A regular expression for what is longer than matters here. */
  readonly stdout: string | RegExp
  readonly stderr?: string
}

const cases: readonly Case[] = [
  { words: ['alpha', 'grains.get', 'nosuch'], exit: 0, stdout: 'alpha:\n' },
  { words: ['alpha', 'cmd.run', 'echo oops; exit 7'], stdout: 'alpha:\n    oops\n', stderr: failed },
  {
    words: ['alpha', 'cmd.run_all', 'echo out; echo err >&2; exit 3'],
    stdout:
      /^alpha:\n {4}----------\n {4}pid:\n {8}\d+\n {4}retcode:\n {8}3\n {4}stderr:\n {8}err\n {4}stdout:\n {8}out\n$/,
    stderr: failed,
  },
  { words: ['alpha', 'cmd.retcode', 'exit 7'], stdout: 'alpha:\n    7\n', stderr: failed },
  { words: ['alpha', 'nosuch.func'], stdout: "alpha:\n    'nosuch.func' is not available.\n", stderr: failed },
  { words: ['alpha', 'test.nosuch'], stdout: "alpha:\n    'test.nosuch' is not available.\n", stderr: failed },
  {
    words: ['alpha', 'test.pong'],
    stdout: "alpha:\n    'test.pong' is not available.\n",
    stderr: `${failed}There is no function test.pong. Did you mean 'test.ping'?\n`,
  },
  {
    words: ['alpha', 'test.echo'],
    stdout:
      /^alpha:\n {4}Passed invalid arguments to test\.echo: echo\(\) missing 1 required positional argument: 'text'\n {4}\n {8}test\.echo\(text\)\n/,
    stderr: failed,
  },
  {
    words: ['alpha', 'test.ping', '1', '2'],
    stdout:
      /^alpha:\n {4}Passed invalid arguments to test\.ping: ping\(\) takes 0 positional arguments but 2 were given\n/,
    stderr: failed,
  },
  {
    words: ['alpha', 'test.ping', 'foo=bar'],
    stdout: "alpha:\n    ERROR executing 'test.ping': The following keyword arguments are not valid: foo=bar\n",
    stderr: failed,
  },
  {
    words: ['alpha', 'test.raise_exception', 'TypeError', 'msg here'],
    stdout: /^alpha:\n {4}Passed invalid arguments to test\.raise_exception: msg here\n/,
    stderr: failed,
  },
  {
    words: ['-b', '1', 'alpha', 'cmd.run', 'exit 3'],
    exit: 3,
    stdout: "\nExecuting run on ['alpha']\n\nalpha:\njid:\n    JID\nretcode:\n    3\n",
  },
  {
    words: ['alpha', 'test.ping', '--return', 'nosuch'],
    exit: 0,
    stdout: 'alpha:\n    True\n',
    stderr: "There is no returner 'nosuch' in this version.\n",
  },
  {
    words: [],
    exit: 42,
    stdout: /^Usage: salt \[options\]/,
    stderr: '\nCannot execute command without defining a target.\n\n',
  },
  { words: ['*'], exit: 42, stdout: /^Usage: salt \[options\]/, stderr: '\nIncomplete options passed.\n\n' },
  {
    words: ['--nosuchopt', '*', 'test.ping'],
    exit: 64,
    stdout: '',
    stderr: `${usage}salt: error: no such option: --nosuchopt\n`,
  },
  {
    words: ['*', 'test.ping', '--show-timeout'],
    exit: 64,
    stdout: '',
    stderr: `${usage}salt: error: no such option: --show-timeout\n`,
  },
  { words: ['ghost', 'test.ping'], stdout: `ghost:\n    ${away}\n`, stderr: failed },
  {
    words: ['*', 'test.ping', '--static'],
    stdout: `alpha:\n    True\nghost:\n    ${away}\n`,
    stderr: failed,
  },
  { words: ['ghost', 'test.ping', '--out', 'json'], stdout: `{\n    "ghost": "${away}"\n}\n`, stderr: failed },
  { words: ['ghost', 'test.ping', '--out', 'txt'], stdout: `ghost: ${away}\n`, stderr: failed },
  { words: ['ghost', 'test.ping', '--out', 'yaml'], stdout: `ghost: ${away}\n`, stderr: failed },
  { words: ['ghost', 'test.ping', '--out', 'raw'], stdout: `{'ghost': '${away}'}\n`, stderr: failed },
  { words: ['ghost', 'test.ping', '--out', 'highstate'], stdout: `ghost:\n    ${away}\n`, stderr: failed },
  {
    words: ['ghost', 'test.ping', '--hide-timeout'],
    stdout: '',
    stderr: `ERROR: No return from ghost (not connected)\n${failed}`,
  },
  {
    words: ['alpha', 'test.ping', '--out', 'progress'],
    exit: 0,
    stdout: 'alpha:\n    True\n',
    stderr: '[ERROR   ] Invalid outputter progress specified, fall back to nested\n',
  },
  { words: ['alpha', 'test.ping', '--out', 'key'], exit: 0, stdout: 'alpha:\n    True\n' },
]

describe('answers to errors', () => {
  let fleet: InProcessFleet & { readonly master: TestMaster }
  before(async () => {
    fleet = await InProcessFleet.start(['alpha'])
    const keys = join(fleet.master.options.paths.pki_dir, 'minions')
    await fleet.connect('ghost', fleet.master).then((ghost) => ghost.stop())
    assert.ok(existsSync(join(keys, 'ghost')), 'its key stays accepted')
  })
  after(() => fleet[Symbol.asyncDispose]())

  for (const { words, exit = 1, stdout, stderr = '' } of cases) {
    it(`salt ${words.join(' ')}`, async () => {
      const answer = await saltCommand(join(fleet.master.folder, 'etc'), words)
      const shown = answer.stdout.replace(/\d{20}/g, 'JID')
      assert.deepEqual({ exit: answer.exit, stderr: answer.stderr }, { exit, stderr })
      if (typeof stdout === 'string') assert.equal(shown, stdout)
      else assert.match(shown, stdout)
    })
  }

  it('names the program that a function misses', async () => {
    const path = process.env.PATH
    process.env.PATH = join(fleet.folder, 'no-programs')
    try {
      assert.deepEqual(await saltCommand(join(fleet.master.folder, 'etc'), ['alpha', 'git.version']), {
        exit: 1,
        stdout: "alpha:\n    Command required for 'git.version' not found: 'git' is not installed.\n",
        stderr: failed,
      })
    } finally {
      process.env.PATH = path
    }
  })
})
