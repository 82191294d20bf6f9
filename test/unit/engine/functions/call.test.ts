import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { SaltError } from '../../../../src/base/errors.ts'
import { s } from '../../../../src/base/schema.ts'
import { defineModule, fn } from '../../../../src/engine/plugin.ts'
import { FunctionHost } from '../../../support/function-host.ts'

const examples = ["salt '*' sample.x"]
const returns = s.any()
const doc = 'A sample.'

function sample(run: Parameters<typeof fn>[0]['run']) {
  return fn({ doc, returns, examples, run })
}

function hostWith(functions: Record<string, ReturnType<typeof sample>>, options = {}): FunctionHost {
  return new FunctionHost({ ...options, modules: [defineModule({ name: 'sample', doc, functions })] })
}

test('a result, its return code and success', async () => {
  assert.deepEqual(await new FunctionHost().call('test.ping'), { return: true, retcode: 0, success: true })
})

test('nothing returned is null', async () => {
  const outcome = await hostWith({ x: sample(() => undefined) }).call('sample.x')
  assert.equal(outcome.return, null)
})

test('the return code that a function sets wins', async () => {
  const outcome = await new FunctionHost().call('test.retcode', 5)
  assert.deepEqual(outcome, { return: true, retcode: 5, success: false })
})

test('a return code set by a function that was called counts too', async () => {
  const outcome = await new FunctionHost().call('test.cross_test', 'test.retcode', [3])
  assert.equal(outcome.retcode, 3)
})

for (const [value, retcode] of [
  [{ result: false }, 1],
  [{ success: false }, 1],
  [{ result: null }, 1],
  [{ result: [] }, 1],
  [{ result: true, success: true }, 0],
  [{ other: false }, 0],
  [false, 0],
  [['result', false], 0],
] as const) {
  test(`a return of ${JSON.stringify(value)} has return code ${retcode}`, async () => {
    const outcome = await hostWith({ x: sample(() => value) }).call('sample.x')
    assert.equal(outcome.retcode, retcode)
    assert.equal(outcome.success, retcode === 0)
  })
}

test('an unknown function is told in one sentence, with near names aside', async () => {
  const outcome = await new FunctionHost().call('test.pnig')
  assert.equal(outcome.return, "'test.pnig' is not available.")
  assert.equal(outcome.retcode, 1)
  assert.equal(outcome.success, false)
  assert.equal(outcome.failure?.nearest?.[0], 'test.ping')
})

test('a function that only the module of another system has is told in one sentence', async () => {
  const alpine = new FunctionHost({ grains: { os_family: 'Alpine' } })
  const { return: value } = await alpine.call('pkg.get_selections')
  assert.equal(value, "'pkg.get_selections' is not available.")
})

test('the beginning of a name shows the docs of what begins so', async () => {
  const { return: value } = await new FunctionHost().call('test.pin')
  assert.ok(typeof value === 'object' && value !== null)
  assert.deepEqual(Object.keys(value), ['test.ping', 'test.pin'])
})

for (const [name, arg, first] of [
  ['test.echo', [], "Passed invalid arguments to test.echo: echo() missing 1 required positional argument: 'text'"],
  ['test.ping', [1, 2], 'Passed invalid arguments to test.ping: ping() takes 0 positional arguments but 2 were given'],
  [
    'test.sleep',
    ['x'],
    "Passed invalid arguments to test.sleep: sleep() argument length must be a number of seconds, not 'x'",
  ],
] as const) {
  test(`${first}, followed by the indented doc`, async () => {
    const outcome = await new FunctionHost().call(name, ...arg)
    const [message, blank, ...rest] = String(outcome.return).split('\n')
    assert.equal(message, first)
    assert.equal(blank, '')
    assert.match(rest[0] ?? '', new RegExp(`^ {4}${name.replace('.', '\\.')}\\(`), 'the signature comes first')
    assert.ok(rest.every((line) => line === '' || line.startsWith('    ')))
    assert.match(rest.join('\n'), /CLI Example:\n\n {8}salt '\*' /)
    assert.equal(outcome.retcode, 1)
  })
}

test('a keyword that is not known', async () => {
  const outcome = await new FunctionHost().type('test.ping', 'foo=bar')
  assert.equal(outcome.return, "ERROR executing 'test.ping': The following keyword arguments are not valid: foo=bar")
})

for (const [thrown, text] of [
  [new SaltError('execution-failed', 'no luck'), 'ERROR: no luck'],
  [
    new SaltError('storage', 'Cannot write.', { where: '/x', hint: 'Make room.' }),
    'ERROR: Cannot write. (/x) Make room.',
  ],
  [new SaltError('bad-target', 'too long', { hint: 'Use less.' }), 'ERROR: too long. Use less.'],
  [new SaltError('execution-failed', 'no such algorithm', { hint: 'Use md5.' }), 'ERROR: no such algorithm. Use md5.'],
  [
    Object.assign(new Error('EACCES: permission denied'), {
      code: 'EACCES',
      errno: -13,
      syscall: 'open',
      path: '/etc/shadow',
    }),
    "ERROR: [Errno 13] Permission denied: '/etc/shadow'",
  ],
  [new SaltError('bad-arguments', 'odd'), "ERROR executing 'sample.x': odd"],
  [
    new SaltError('missing-program', "'git' is not installed."),
    "Command required for 'sample.x' not found: 'git' is not installed.",
  ],
  [new RangeError('too far'), 'The minion function caused an exception: RangeError: too far'],
  ['a text', 'The minion function caused an exception: a text'],
] as const) {
  test(`a function that fails: ${text}`, async () => {
    const outcome = await hostWith({
      x: sample(() => {
        throw thrown
      }),
    }).call('sample.x')
    assert.equal(outcome.return, text)
    assert.deepEqual([outcome.retcode, outcome.success], [1, false])
  })
}

test('the stack of a fault is in the debug log only', async () => {
  const host = hostWith({
    x: sample(() => {
      throw new RangeError('too far')
    }),
  })
  const outcome = await host.call('sample.x')
  assert.doesNotMatch(String(outcome.return), /\bat\b.*\.ts/)
  const line = host.logged.find(({ level }) => level === 'debug')
  assert.match(String(line?.fields?.stack), /call\.test\.ts/)
})

test('a function that calls an unknown one', async () => {
  const outcome = await new FunctionHost().call('test.cross_test', 'test.ecko', [])
  assert.equal(outcome.return, "'test.ecko' is not available. Did you mean 'test.echo'?")
  assert.equal(outcome.retcode, 1)
})

test('several functions give a mapping, and the worst return code', async () => {
  const outcome = await new FunctionHost().call(['test.ping', 'test.retcode', 'no.such'], [], [7], [])
  assert.deepEqual(outcome.return, {
    'test.ping': true,
    'test.retcode': true,
    'no.such': "'no.such' is not available.",
  })
  assert.equal(outcome.retcode, 7)
  assert.equal(outcome.failure?.kind, 'unknown-function')
})

test('function_timeouts ends a function that listens, and says so', async () => {
  const host = hostWith(
    { x: sample((ctx) => setTimeout(60_000, true, { signal: ctx.signal })), y: sample(() => true) },
    { config: { function_timeouts: { '*': 60, 'sample.*': 0.02 } } },
  )
  const outcome = await host.call('sample.x')
  assert.equal(outcome.failure?.kind, 'timeout')
  assert.match(String(outcome.return), /^ERROR: sample\.x was ended because it ran longer than the 0\.02 seconds/)
  assert.deepEqual([outcome.retcode, outcome.success], [1, false])
  assert.equal((await host.call('sample.y')).return, true)
})

test('a cancelled job ends with the reason that the daemon gave', async () => {
  const controller = new AbortController()
  const host = hostWith(
    { x: sample((ctx) => setTimeout(60_000, true, { signal: ctx.signal })) },
    { signal: controller.signal },
  )
  const pending = host.call('sample.x')
  controller.abort(new SaltError('cancelled', 'The job was ended by signal 15.'))
  assert.equal((await pending).return, 'ERROR: The job was ended by signal 15.')
})

test('a result that comes after the end of its time does not count', async () => {
  const controller = new AbortController()
  const host = hostWith(
    {
      x: sample(async (ctx) => {
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
        return 'late'
      }),
    },
    { signal: controller.signal },
  )
  const pending = host.call('sample.x')
  controller.abort()
  const outcome = await pending
  assert.equal(outcome.success, false)
  assert.equal(outcome.return, 'ERROR: The job was cancelled.')
})

test('grains are not read for a function that does not look at them', async () => {
  const host = new FunctionHost()
  const inputs = { ...host.inputs, grains: () => assert.fail('the grains were read') }
  const { callFunction } = await import('../../../../src/engine/functions/call.ts')
  const outcome = await callFunction({ name: 'test.ping', arg: [], context: inputs })
  assert.equal(outcome.return, true)
})
