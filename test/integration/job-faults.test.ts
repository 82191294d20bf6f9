/** Jobs that go wrong on a minion, and values that are hard to carry: each ends in a named state, and the minion lives on. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { SaltError } from '../../src/base/errors.ts'
import { Float } from '../../src/base/float.ts'
import { isRecord } from '../../src/base/narrow.ts'
import type { JobReturn, TargetOutcome } from '../../src/client/api.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'

const userModule = String.raw`
export const faulty = defineModule({
  name: 'faulty',
  doc: 'Goes wrong.',
  functions: {
    throws: fn({ doc: 'Throw.', returns: s.any(), examples: [], run() {
      throw new TypeError('no such wheel')
    } }),
    exits: fn({ doc: 'Exit.', returns: s.any(), examples: [], run: () => process.exit(3) }),
    loops: fn({ doc: 'Never end.', returns: s.any(), examples: [], run() { for (;;); } }),
    bytes: fn({ doc: 'All bytes.', returns: s.any(), examples: [], run: () => Uint8Array.from({ length: 256 }, (_, i) => i) }),
    nested: fn({ doc: 'Lists in lists.', args: { depth: s.integer('How deep') }, returns: s.any(), examples: [],
      run: (ctx, { depth }) => Array.from({ length: depth }).reduce((inner) => [inner], 'x') }),
    circle: fn({ doc: 'A circle.', returns: s.any(), examples: [], run() { const a = {}; a.a = a; return a } }),
    large: fn({ doc: 'Much text.', args: { mebibytes: s.number('How much') }, returns: s.string(), examples: [],
      run: (ctx, { mebibytes }) => 'x'.repeat(mebibytes * 2 ** 20) }),
    lone: fn({ doc: 'Half a pair.', returns: s.string(), examples: [], run: () => 'a\ud83db' }),
    closure: fn({ doc: 'A function.', returns: s.any(), examples: [], run: () => () => 1 }),
  },
})
`

let fleet: InProcessFleet
let master: TestMaster
let minion: TestMinion

before(async () => {
  fleet = new InProcessFleet()
  const folder = join(fleet.folder, 'plugins')
  mkdirSync(join(folder, 'modules'), { recursive: true })
  writeFileSync(join(folder, 'modules', 'faulty.ts'), userModule)
  master = await fleet.startMaster()
  minion = await fleet.connect(
    'alpha',
    master,
    `module_dirs: [${folder}]\nfunction_timeouts: {faulty.loops: 0.2, test.sleep: 0.3, 'cmd.*': 20}\n`,
  )
})
after(() => fleet[Symbol.asyncDispose]())

/** A fault that ends the session is one of the minion's, whatever the job then says. */
afterEach(() => {
  assert.equal(minion.states.filter(({ state }) => state.kind === 'connected').length, 1, 'the minion was disconnected')
})

async function outcomeOf(fun: string, ...arg: readonly unknown[]): Promise<TargetOutcome> {
  return (await master.publish('alpha', fun, arg)).alpha ?? assert.fail('there is no outcome')
}

async function returnOf(fun: string, ...arg: readonly unknown[]): Promise<JobReturn> {
  const { ret, state, reason } = await outcomeOf(fun, ...arg)
  return ret ?? assert.fail(`${fun} ended as ${state}: ${reason}`)
}

const keywords = (values: Readonly<Record<string, unknown>>) => ({ __kwarg__: true, ...values })

interface Fault {
  readonly name: string
  readonly call: readonly [fun: string, ...arg: unknown[]]
  readonly text: string | RegExp
  readonly retcode: number
}

function failsAs({ name, call: [fun, ...arg], text, retcode }: Fault): void {
  it(name, async () => {
    const { state, ret } = await outcomeOf(fun, ...arg)
    assert.equal(state, 'failed')
    if (typeof text === 'string') assert.equal(ret?.return, text)
    else assert.match(String(ret?.return), text)
    assert.deepEqual([ret?.retcode, ret?.success], [retcode, false])
  })
}

const calls: readonly Fault[] = [
  { name: 'an unknown function', call: ['test.pnig'], text: "'test.pnig' is not available.", retcode: 1 },
  { name: 'an unknown module', call: ['nothing.like.this'], text: "'nothing.like.this' is not available.", retcode: 1 },
  { name: 'no function at all', call: [''], text: "'' is not available.", retcode: 1 },
  {
    name: 'too few arguments, with the signature',
    call: ['test.sleep'],
    text: /^Passed invalid arguments to test\.sleep: sleep\(\) missing 1 required positional argument: 'length'\n\n {4}test\.sleep\(length\)\n/,
    retcode: 1,
  },
  {
    name: 'too many arguments, with the signature',
    call: ['test.ping', 1, 2],
    text: /^Passed invalid arguments to test\.ping: ping\(\) takes 0 positional arguments but 2 were given\n\n {4}test\.ping\(\)\n/,
    retcode: 1,
  },
  {
    name: 'an argument of the wrong type, with the signature',
    call: ['test.sleep', 'abc'],
    text: /^Passed invalid arguments to test\.sleep: .*length must be a number of seconds, not 'abc'\n\n {4}test\.sleep\(length\)\n/,
    retcode: 1,
  },
  {
    name: 'an unknown keyword, by its name and value',
    call: ['test.sleep', keywords({ length: 1, lenght: 3 })],
    text: "ERROR executing 'test.sleep': The following keyword arguments are not valid: lenght=3",
    retcode: 1,
  },
]

const faults: readonly Fault[] = [
  {
    name: 'a function that throws',
    call: ['test.exception', 'oops'],
    text: 'The minion function caused an exception: Exception: oops',
    retcode: 1,
  },
  {
    name: 'a user module that throws, with its file and line',
    call: ['faulty.throws'],
    text: /^The minion function caused an exception: TypeError: no such wheel \(\/.*\/faulty\.ts:7\)$/,
    retcode: 1,
  },
  {
    name: 'a user module that exits, without its minion',
    call: ['faulty.exits'],
    text: /^ERROR: The user module was ended: its thread ended with code 3\. \(.*faulty\.ts\)$/,
    retcode: 1,
  },
  {
    name: 'a user module in an endless loop, by function_timeouts',
    call: ['faulty.loops'],
    text: 'ERROR: faulty.loops was ended because it ran longer than the 0.2 seconds that function_timeouts allows.',
    retcode: 1,
  },
  {
    name: 'a function that waits too long, by function_timeouts',
    call: ['test.sleep', 600],
    text: 'ERROR: test.sleep was ended because it ran longer than the 0.3 seconds that function_timeouts allows.',
    retcode: 1,
  },
  {
    name: 'a command with a NUL',
    call: ['cmd.run', 'echo a\0b'],
    text: 'ERROR: A NUL character cannot be part of the command.',
    retcode: 1,
  },
  {
    name: 'a missing program',
    call: ['cmd.run', '/no/such/program', keywords({ python_shell: false })],
    text: "Command required for 'cmd.run' not found: '/no/such/program' is not installed.",
    retcode: 1,
  },
  {
    name: 'a program that the shell does not find',
    call: ['cmd.run', 'no-such-program'],
    text: /no-such-program: (?:command )?not found$/,
    retcode: 127,
  },
  {
    name: 'a missing folder',
    call: ['cmd.run', 'pwd', keywords({ cwd: '/no/such' })],
    text: "ERROR: Specified cwd '/no/such' either not absolute or does not exist",
    retcode: 1,
  },
  {
    name: 'an unknown user',
    call: ['cmd.run', 'id', keywords({ runas: 'no-such-user' })],
    text: "ERROR: User 'no-such-user' is not available",
    retcode: 1,
  },
]

describe('a call that cannot be made is told', () => calls.forEach(failsAs))

describe('a function that fails is told', () => {
  faults.forEach(failsAs)

  it('and leaves nothing behind', async () => {
    assert.equal((await returnOf('faulty.large', 1)).success, true, 'the user module is loaded anew')
    assert.deepEqual((await returnOf('saltutil.running')).return, [])
  })
})

describe('a value comes back as it was given', () => {
  const values: readonly (readonly [name: string, value: unknown])[] = [
    ['emoji of several code points', '👩‍👩‍👧‍👦🏴‍☠️🇨🇭'],
    ['combining characters, not composed', 'e\u0301 n\u0303 \u0344'],
    ['right to left, with controls', '\u202eשלום\u202c مرحبا'],
    ['controls and all ends of lines', '\0\x01\t\r\n\x1b[31m\x7f\u2028\u2029\ufeff\uffff'],
    ['text of Python and YAML', "{'a': [1]} !!python/object:os.system - %s {{ x }} # ~"],
    ['mappings with odd keys', { '': 1, ключ: 2, __proto: 3, constructor: 4, 'a.b:c': 5 }],
    ['whole numbers of 64 bits', [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, Number.MAX_SAFE_INTEGER]],
    ['fractions', [0.1, new Float(1), new Float(Number.MAX_VALUE), -1.5e-300, Number.POSITIVE_INFINITY]],
    ['nothing, of all kinds', [null, '', [], {}, false, 0]],
    ['bytes', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['lists in lists', Array.from({ length: 58 }).reduce((inner) => [inner], 'x')],
  ]
  for (const [name, value] of values) {
    it(name, async () => {
      const ret = await returnOf('test.arg', value, keywords({ value }))
      assert.ok(isRecord(ret.return) && isRecord(ret.return.kwargs))
      assert.deepEqual(ret.return.args, [value])
      assert.deepEqual(ret.return.kwargs.value, value)
      assert.equal(ret.retcode, 0)
    })
  }
})

describe('what a command writes', () => {
  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const writeAll = `printf '${Array.from(allBytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`
  /** Lines of seven digits, without the end of the last one, as Salt gives them. */
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index).join('\n')

  for (const [size, last] of [
    ['1 MiB', 1_131_071],
    ['8 MiB', 2_048_575],
  ] as const) {
    it(`is whole with ${size}`, async () => {
      const ret = await returnOf('cmd.run', `seq 1000000 ${last}`)
      assert.ok(ret.return === lines(1_000_000, last), `${String(ret.return).length} characters of something else`)
      assert.equal(ret.retcode, 0)
    })
  }

  it('is replaced where it is no text, which the log tells', async () => {
    const ret = await returnOf('cmd.run', writeAll)
    assert.equal(ret.return, new TextDecoder().decode(allBytes))
    assert.equal(minion.log.matching(/WARNING Bytes of a command that are not valid text were replaced/).length, 1)
  })

  it('is every byte with an encoding that knows every byte', async () => {
    const { return: value } = await returnOf('cmd.run', writeAll, keywords({ output_encoding: 'latin-1' }))
    assert.deepEqual(Buffer.from(String(value), 'latin1'), allBytes)
    assert.equal(String(value).length, 256)
  })

  it('may be any text, from arguments, the environment and stdin', async () => {
    const text = '👩‍👩‍👧 e\u0301 \u202eשלום'
    const ret = await returnOf('cmd.run', `printf %s '${text}' "$V"; cat`, keywords({ env: { V: text }, stdin: text }))
    assert.equal(ret.return, text.repeat(3))
  })

  it('is cut with a word about it above 32 MiB', async () => {
    const { return: value } = await returnOf('cmd.run', 'head -c 33554439 /dev/zero | tr "\\0" x')
    assert.equal(String(value).length, 32 * 2 ** 20 + '\n[7 more bytes were not kept]'.length)
    assert.match(String(value).slice(-40), /x\n\[7 more bytes were not kept\]$/)
  })
})

describe('a return', () => {
  it('may be bytes', async () => {
    const { return: value } = await returnOf('faulty.bytes')
    assert.ok(value instanceof Uint8Array)
    assert.deepEqual(
      [...value],
      Array.from({ length: 256 }, (_, byte) => byte),
    )
  })

  it('has U+FFFD for half a surrogate pair', async () => {
    assert.equal((await returnOf('faulty.lone')).return, 'a\ufffdb')
    assert.equal((await returnOf('test.echo', 'a\ud83db')).return, 'a\ufffdb')
  })

  it('may be nested deeply', async () => {
    const { return: value, success } = await returnOf('faulty.nested', 60)
    assert.deepEqual([JSON.stringify(value), success], [`${'['.repeat(60)}"x"${']'.repeat(60)}`, true])
  })

  const cannotBeSent = 'The function returned a value that cannot be sent: '
  const unsendable: readonly Fault[] = [
    {
      name: 'that is nested too deeply fails in these words',
      call: ['faulty.nested', 100],
      text: `${cannotBeSent}it is nested deeper than 64 levels`,
      retcode: 70,
    },
    {
      name: 'that holds itself fails in these words',
      call: ['faulty.circle'],
      text: `${cannotBeSent}it is nested deeper than 64 levels`,
      retcode: 70,
    },
    {
      name: 'that is a function fails in these words',
      call: ['faulty.closure'],
      text: /^The minion function caused an exception: DataCloneError: .*could not be cloned/,
      retcode: 1,
    },
    {
      name: 'larger than a record fails in these words',
      call: ['faulty.large', 64],
      text: `${cannotBeSent}it has 64.0 MiB; a return may have 63 MiB`,
      retcode: 70,
    },
  ]
  unsendable.forEach(failsAs)
})

describe('a job that cannot be carried', () => {
  const deep = Array.from({ length: 80 }).reduce((inner) => [inner], 'x')

  for (const [name, arg, message] of [
    [
      'because its arguments are nested too deeply',
      [deep],
      'a value cannot be sent: it is nested deeper than 64 levels',
    ],
    [
      'because its arguments are too large',
      ['x'.repeat(32 * 2 ** 20)],
      'the arguments of a job may have 32 MiB in all',
    ],
    [
      'because a number has more than 64 bits',
      [2n ** 64n],
      'a value cannot be sent: an integer of more than 64 bits is not plain data',
    ],
  ] as const) {
    it(`is refused ${name}, and nobody hears of it`, async () => {
      await using events = await master.events()
      await assert.rejects(master.publish('alpha', 'test.arg', arg), (error: unknown) => {
        assert.ok(error instanceof SaltError)
        assert.deepEqual([error.code, error.message], ['bad-arguments', message])
        return true
      })
      // What comes after it on the same bus shows that nothing came before.
      const jid = await master.begin('alpha', 'test.ping')
      await events.until(new RegExp(`^salt/job/${jid}/ret/alpha$`))
      assert.deepEqual(
        events.tagged(/^salt\/job\/\d+\/new$/).map(({ data }) => data.jid),
        [jid],
      )
    })
  }
})

it('a runner that is not there is answered with the near names', async () => {
  await using bus = await master.bus()
  const answer = await bus.call('runner', { fun: 'manage.statsu', arg: [], user: 'root', detach: false })
  assert.deepEqual([answer.success, answer.retcode], [false, 1])
  assert.equal(answer.return, "'manage.statsu' is not available.")
  assert.ok(answer.nearest?.includes('manage.status'), String(answer.nearest))
})

it('a runner that calls a function with wrong arguments does not show its own usage', async () => {
  await using bus = await master.bus()
  const answer = await bus.call('runner', { fun: 'salt.cmd', arg: ['test.echo'], user: 'root', detach: false })
  assert.deepEqual([answer.success, answer.retcode], [false, 1])
  assert.equal(answer.return, "echo() missing 1 required positional argument: 'text'")
})

it('a runner is told like Salt that its arguments do not fit, with its usage', async () => {
  await using bus = await master.bus()
  const answer = await bus.call('runner', { fun: 'jobs.lookup_jid', arg: [], user: 'root', detach: false })
  assert.deepEqual([answer.success, answer.retcode], [false, 1])
  assert.match(
    String(answer.return),
    /^\nPassed invalid arguments: lookup_jid\(\) missing 1 required positional argument: 'jid'\n\nUsage:\n\n {4}jobs\.lookup_jid\(/,
  )
})
