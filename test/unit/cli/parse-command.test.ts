import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { spec as callSpec } from '../../../src/cli/call.ts'
import { spec as devSpec } from '../../../src/cli/dev.ts'
import { helpText } from '../../../src/cli/help-text.ts'
import { spec as keySpec } from '../../../src/cli/key.ts'
import { spec as masterSpec } from '../../../src/cli/master.ts'
import { spec as minionSpec } from '../../../src/cli/minion.ts'
import { normalizeWords, UsageFault } from '../../../src/cli/normalize-words.ts'
import { type CommandSpec, optionKey } from '../../../src/cli/options/option.ts'
import { type ParsedCommand, parseCommand } from '../../../src/cli/parse-command.ts'
import { spec as runSpec } from '../../../src/cli/run.ts'
import { spec as saltSpec } from '../../../src/cli/salt.ts'
import { capture } from '../../support/captured-output.ts'

const specs: readonly CommandSpec[] = [saltSpec, keySpec, callSpec, runSpec, masterSpec, minionSpec, devSpec]

async function parse(spec: CommandSpec, words: readonly string[]): Promise<ParsedCommand> {
  const parsed = await parseCommand(spec, words)
  assert.ok(typeof parsed !== 'number', 'the line was not understood')
  return parsed
}

/** Every option that was given, with its value. */
function given(spec: CommandSpec, { options }: ParsedCommand): Record<string, unknown> {
  const keys = spec.groups.flatMap((group) => group.options).map(optionKey)
  return Object.fromEntries(keys.filter((key) => options.has(key)).map((key) => [key, options.text(key) ?? true]))
}

const lines: readonly { words: readonly string[]; options: Record<string, unknown>; rest: readonly string[] }[] = [
  { words: ['*', 'test.ping'], options: {}, rest: ['*', 'test.ping'] },
  { words: ['-t', '5', '*', 'test.ping'], options: { timeout: '5' }, rest: ['*', 'test.ping'] },
  { words: ['*', 'test.ping', '-t5'], options: { timeout: '5' }, rest: ['*', 'test.ping'] },
  { words: ['*', 'test.ping', '--timeout=5'], options: { timeout: '5' }, rest: ['*', 'test.ping'] },
  { words: ['*', '--time', '5', 'test.ping'], options: { timeout: '5' }, rest: ['*', 'test.ping'] },
  { words: ['-b50%', '*', 'test.ping'], options: { batch: '50%' }, rest: ['*', 'test.ping'] },
  { words: ['--batch-size', '3', '*'], options: { batch: '3' }, rest: ['*'] },
  {
    words: ['-ldebug', '-vst9', '*'],
    options: { 'log-level': 'debug', verbose: true, static: true, timeout: '9' },
    rest: ['*'],
  },
  { words: ['-G', 'role:db', 'test.ping'], options: { grain: true }, rest: ['role:db', 'test.ping'] },
  { words: ['--out-indent', '-1', '*'], options: { 'out-indent': '-1' }, rest: ['*'] },
  { words: ['--out=json', '--output', 'yaml', '*'], options: { out: 'yaml' }, rest: ['*'] },
  { words: ['--no-colour', '--out-file='], options: { 'no-color': true, 'out-file': '' }, rest: [] },
  { words: ['--metadata', '{a: 1}', '*'], options: { metadata: '{a: 1}' }, rest: ['*'] },
  { words: ['--metadata={a:\n  1}', '*'], options: { metadata: '{a:\n  1}' }, rest: ['*'] },
  { words: ['*', 'test.echo', '-1'], options: {}, rest: ['*', 'test.echo', '-1'] },
  { words: ['*', 'test.echo', '--', '--out=json', '-x'], options: {}, rest: ['*', 'test.echo', '--out=json', '-x'] },
  {
    words: ['-v', '*', 'test.arg', '1', '01', '0x10', '1e3', '', 'k=v=w', '=x', '!x', '---', '-', 'a b', "'q'", 'true'],
    options: { verbose: true },
    rest: ['*', 'test.arg', '1', '01', '0x10', '1e3', '', 'k=v=w', '=x', '!x', '---', '-', 'a b', "'q'", 'true'],
  },
  {
    words: ['-v', '__proto__', 'constructor', 'a.b.c'],
    options: { verbose: true },
    rest: ['__proto__', 'constructor', 'a.b.c'],
  },
]

describe('parsing a command line', () => {
  for (const { words, options, rest } of lines) {
    it(`salt ${words.join(' ')}`, async () => {
      const parsed = await parse(saltSpec, words)
      assert.deepEqual(given(saltSpec, parsed), options)
      assert.deepEqual(parsed.words, rest)
    })
  }

  it('takes the last value of an option, and all of a list', async () => {
    const { options } = await parse(callSpec, ['-m', 'a', '-m', 'b', '-t', '1', '-t', '2', 'test.ping'])
    assert.deepEqual(options.list('module-dirs'), ['a', 'b'])
    assert.equal(options.integer('timeout'), 2)
  })

  it('knows that -l and -a are actions of salt key', async () => {
    const { options } = await parse(keySpec, ['-l', 'pre', '-a', 'web1'])
    assert.equal(options.text('list'), 'pre')
    assert.equal(options.text('accept'), 'web1')
    assert.equal(options.has('log-level'), false)
  })
})

const faults: readonly { words: readonly string[]; message: string }[] = [
  { words: ['--nosuchopt', '*', 'test.ping'], message: 'no such option: --nosuchopt' },
  { words: ['*', 'test.ping', '--show-timeout'], message: 'no such option: --show-timeout' },
  { words: ['--timout', '5', '*'], message: 'no such option: --timout\nDid you mean --timeout?' },
  { words: ['-Z', '*'], message: 'no such option: -Z' },
  { words: ['-vZ', '*'], message: 'no such option: -Z' },
  { words: ['*', 'test.ping', '-t'], message: '-t option requires 1 argument' },
  { words: ['-t', 'soon', '*'], message: "option -t/--timeout: invalid integer value: 'soon'" },
  { words: ['--static=yes', '*'], message: '--static option does not take a value' },
  { words: ['--out-f', 'x', '*'], message: 'ambiguous option: --out-f (--out-file, --out-file-append?)' },
  {
    words: ['-a', 'pam', '*'],
    message: 'option -a: external authentication is not supported here; whoever may read the bus key may give orders',
  },
]

describe('faults of a command line', () => {
  for (const { words, message } of faults) {
    it(words.join(' '), async () => {
      const { result, stdout, stderr } = await capture(() => parseCommand(saltSpec, words))
      assert.equal(result, 64)
      assert.equal(stdout, '')
      assert.equal(stderr, `Usage: salt [options] '<target>' <function> [arguments]\n\nsalt: error: ${message}\n`)
    })
  }

  it('names the choices of an option', async () => {
    const { result, stderr } = await capture(() => parseCommand(saltSpec, ['-l', 'loud', '*']))
    assert.equal(result, 64)
    assert.match(stderr, /option -l\/--log-level: invalid choice: 'loud' \(choose from 'all', .*'quiet'\)/)
  })

  it('never suggests what it would refuse', () => {
    assert.throws(
      () => normalizeWords(saltSpec, ['--passwort']),
      (error) => {
        assert.ok(error instanceof UsageFault)
        assert.doesNotMatch(error.message, /--password/)
        return true
      },
    )
  })
})

describe('help', () => {
  for (const spec of specs) {
    it(`${spec.name}: every option once, every line short, with examples`, () => {
      const text = helpText(spec, 80)
      assert.ok(text.startsWith(`Usage: ${spec.name} `))
      assert.match(text, /\nExamples:\n/)
      const long = text.split('\n').filter((line) => line.length > 80 && !/^ {2}-| {6}/.test(line))
      assert.deepEqual(long, [])
      for (const option of spec.groups.flatMap((group) => group.options)) {
        const rows = text
          .split('\n')
          .filter((line) => line.startsWith('  -') && line.includes(`--${optionKey(option)}`))
        if (option.refused === undefined) assert.ok(rows.length > 0, `${optionKey(option)} is missing`)
      }
    })

    it(`${spec.name}: no name stands for two options`, () => {
      const names = spec.groups.flatMap((group) => group.options).flatMap((option) => option.names)
      assert.deepEqual(
        names.filter((name, index) => names.indexOf(name) !== index),
        [],
      )
    })
  }

  it('ends with 0 and goes to stdout', async () => {
    const { result, stdout, stderr } = await capture(() => parseCommand(runSpec, ['-h']))
    assert.equal(result, 0)
    assert.match(stdout, /^Usage: salt run \[options\] <function> \[arguments\]\n/)
    assert.equal(stderr, '')
  })

  it('prints the version of a subcommand', async () => {
    const { result, stdout } = await capture(() => parseCommand(keySpec, ['--version']))
    assert.equal(result, 0)
    assert.match(stdout, /^salt key \d+\.\d+\.\d+\S*\n$/)
  })
})
