/** `publish` and `event`: what a minion asks of its master. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import type { TargetOutcome } from '../../../src/client/api.ts'
import type { MasterCalls } from '../../../src/client/master-link.ts'
import { FunctionHost, type HostOptions } from '../../support/function-host.ts'

interface Asked {
  readonly address: string
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

function hostWith(answer: (asked: Asked) => unknown, addresses = ['salt:4506'], options: HostOptions = {}) {
  const asked: Asked[] = []
  const masters = addresses.map((address): MasterCalls => {
    const call = async (method: string, params: unknown): Promise<unknown> => {
      const one = { address, method, params: params as Readonly<Record<string, unknown>> }
      asked.push(one)
      return answer(one)
    }
    return { address, call: call as MasterCalls['call'] }
  })
  return { host: new FunctionHost({ ...options, services: { masters } }), asked }
}

function returned(id: string, value: unknown, out?: string): TargetOutcome {
  const ret = {
    id,
    jid: '1',
    fun: 'x',
    fun_args: [],
    return: value,
    retcode: 0,
    success: true,
    ...(out ? { out } : {}),
  }
  return { id, state: 'returned', ret }
}

const mixed = {
  jid: '1',
  outcomes: [
    returned('alpha', true),
    returned('beta', 'b', 'txt'),
    { id: 'ghost', state: 'not-connected', reason: 'away' },
  ],
}

test('publish gives the values of those that returned, and tells of the others', async () => {
  const { host, asked } = hostWith(() => mixed)
  assert.deepEqual((await host.type('publish.publish', '*', 'test.ping')).return, { alpha: true, beta: 'b' })
  assert.deepEqual(asked[0]?.params, { tgt: '*', tgt_type: 'glob', fun: 'test.ping', arg: [], ret: '', timeout: 5 })
  const warning = host.logged.find(({ level }) => level === 'warning')
  assert.equal(warning?.fields?.minion, 'ghost')
})

test('full_data gives outputters and states as well', async () => {
  const { host } = hostWith(() => mixed)
  assert.deepEqual((await host.type('publish.full_data', '*', 'test.ping')).return, {
    alpha: { ret: true },
    beta: { ret: 'b', out: 'txt' },
    ghost: { status: 'not-connected', reason: 'away' },
  })
})

test('a refusal is an empty mapping, a warning, and a status in full_data', async () => {
  const { host } = hostWith(() => ({ jid: null, outcomes: [], refusal: 'no rule of peer permits it' }))
  assert.deepEqual((await host.type('publish.publish', '*', 'cmd.run', 'id')).return, {})
  assert.equal(host.logged.find(({ level }) => level === 'warning')?.fields?.reason, 'no rule of peer permits it')
  assert.deepEqual((await host.type('publish.full_data', '*', 'cmd.run', 'id')).return, {
    '*': { status: 'denied', reason: 'no rule of peer permits it' },
  })
})

for (const [words, sent] of [
  [['[a, b, 1]'], ['a', 'b', 1]],
  [["arg='a,b'"], ['a,b']],
  [['5'], [5]],
  [["['5', x=y]"], [5, { __kwarg__: true, x: 'y' }]],
  [["arg='cheese=spam'"], [{ __kwarg__: true, cheese: 'spam' }]],
  [['null'], []],
] as const) {
  test(`the argument ${words} arrives as ${JSON.stringify(sent)}`, async () => {
    const { host, asked } = hostWith(() => mixed)
    await host.type('publish.publish', 'beta', 'test.arg', ...words)
    assert.deepEqual(asked[0]?.params.arg, sent)
  })
}

test('several functions, with the arguments of each', async () => {
  const { host, asked } = hostWith(() => mixed)
  await host.type('publish.publish', '*', 'test.ping,test.arg', "['', 'a 1 k=v']")
  assert.deepEqual(asked[0]?.params.fun, ['test.ping', 'test.arg'])
  assert.deepEqual(asked[0]?.params.arg, [[], ['a', 1, { __kwarg__: true, k: 'v' }]])
})

for (const fun of ['publish.publish', 'test.ping,publish.runner']) {
  test(`no recursion: ${fun}`, async () => {
    const { host, asked } = hostWith(() => mixed)
    assert.deepEqual((await host.type('publish.publish', '*', fun)).return, {})
    assert.equal(asked.length, 0)
    assert.match(String(host.logged[0]?.fields?.reason), /may not make another one publish/)
  })
}

test('the time limit and the kind of target travel', async () => {
  const { host, asked } = hostWith(() => mixed)
  await host.type('publish.publish', 'role:web', 'test.ping', 'tgt_type=grain', 'timeout=0.5', 'returner=x')
  const { timeout, tgt_type, ret } = asked[0]?.params ?? {}
  assert.deepEqual([timeout, tgt_type, ret], [0.5, 'grain', 'x'])
})

test('a master that does not answer in time', async () => {
  const { host } = hostWith(() => {
    throw new SaltError('timeout', 'no answer')
  })
  assert.equal((await host.type('publish.publish', '*', 'test.ping')).return, "'test.ping' publish timed out")
})

test('without a master', async () => {
  const host = new FunctionHost()
  assert.deepEqual((await host.type('publish.publish', '*', 'test.ping')).return, {})
  assert.match(String(host.logged[0]?.fields?.reason), /no master/)
  assert.match(String((await host.type('publish.runner', 'manage.up')).return), /no master/)
})

test('via_master chooses, and refuses what is no master', async () => {
  const { host, asked } = hostWith(() => mixed, ['one:4506', '[fd00::2]:4506'])
  await host.type('publish.publish', '*', 'test.ping', 'via_master=fd00::2')
  assert.equal(asked[0]?.address, '[fd00::2]:4506')
  const outcome = await host.type('publish.publish', '*', 'test.ping', 'via_master=three')
  assert.match(
    String(outcome.return),
    /^ERROR executing 'publish.publish': via_master 'three' is not a master of this minion \(one, fd00::2\)/,
  )
})

test('a runner, its arguments and its refusal', async () => {
  const { host, asked } = hostWith(({ params }) =>
    params.fun === 'manage.up' ? { return: ['alpha'] } : { return: null, refusal: 'not permitted' },
  )
  assert.deepEqual((await host.type('publish.runner', 'manage.up', '[1, a=b]')).return, ['alpha'])
  assert.deepEqual(asked[0]?.params, { fun: 'manage.up', arg: [1, { __kwarg__: true, a: 'b' }], timeout: 5 })
  assert.deepEqual((await host.type('publish.runner', 'jobs.list_jobs')).return, {})
  assert.equal(host.logged.find(({ level }) => level === 'warning')?.fields?.reason, 'not permitted')
})

test('event.fire_master sends to every master', async () => {
  const { host, asked } = hostWith(() => ({ fired: 1, refused: [] }), ['one:1', 'two:2'])
  assert.equal((await host.type('event.fire_master', '{a: 1, b: [x]}', 'my/tag', 'preload={c: 2, a: 0}')).return, true)
  assert.deepEqual(
    asked.map(({ params }) => params.events),
    Array(2).fill([{ c: 2, a: 0, tag: 'my/tag', data: { a: 1, b: ['x'] } }]),
  )
})

test('an event that one of the masters took is true, and the others are told of', async () => {
  for (const away of ['one:1', 'two:2']) {
    const { host } = hostWith(
      ({ address }) => {
        if (address === away) throw new SaltError('master-unreachable', 'it is away')
        return { fired: 1, refused: [] }
      },
      ['one:1', 'two:2'],
    )
    assert.equal((await host.type('event.fire_master', '{}', 'my/tag')).return, true)
    assert.deepEqual(
      host.logged.map(({ level, fields }) => [level, fields?.master]),
      [['error', away]],
    )
  }
})

test('a refused event is false, with the reason', async () => {
  const { host } = hostWith(() => ({ fired: 0, refused: ['tags under salt/key are reserved'] }))
  assert.equal((await host.type('event.fire_master', '{}', 'salt/key')).return, false)
  assert.match(String(host.logged[0]?.fields?.reason), /reserved/)
})

test('event.send builds its data', async () => {
  const { host, asked } = hostWith(() => ({ fired: 1, refused: [] }), ['one:1'], { grains: { os: 'X', role: 'web' } })
  const words = ['my/tag', '{a: 1}', 'preload={id: other, p: 1}', 'with_grains=[os]', 'extra=2', 'with_env_opts=true']
  assert.equal((await host.type('event.send', ...words)).return, true)
  assert.deepEqual(asked[0]?.params.events, [
    { p: 1, tag: 'my/tag', data: { grains: { os: 'X' }, saltenv: 'base', pillarenv: null, extra: 2, a: 1 } },
  ])
})

test('without a master an event goes to the bus of the minion', async () => {
  const fired: unknown[] = []
  const emit = async (tag: string, data: unknown) => fired.push([tag, data]) > 0
  const host = new FunctionHost({ emit })
  assert.equal((await host.type('event.send', 'a/b', 'x=1')).return, true)
  assert.equal((await host.type('event.fire', '{y: 2}', 'c/d')).return, true)
  assert.deepEqual(fired, [
    ['a/b', { x: 1 }],
    ['c/d', { y: 2 }],
  ])
  assert.equal((await new FunctionHost().type('event.fire', '{y: 2}', 'c/d')).return, false)
  assert.equal((await host.type('event.fire_master', '{}', 'a')).return, false)
})
