import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseMultiFunction } from '../../../../src/engine/arguments/multi-function.ts'

describe('parseMultiFunction', () => {
  const cases = [
    { fun: 'test.arg', words: ['a', 'k=1'], expected: { fun: 'test.arg', arg: ['a', { __kwarg__: true, k: 1 }] } },
    { fun: 'test.ping,test.echo', words: [',', 'x'], expected: { fun: ['test.ping', 'test.echo'], arg: [[], ['x']] } },
    {
      fun: 'test.arg,test.echo',
      words: ['a', 'b', ',', 'x'],
      expected: { fun: ['test.arg', 'test.echo'], arg: [['a', 'b'], ['x']] },
    },
    {
      fun: 'cmd.run,test.ping,test.echo',
      words: ['cat /proc/cpuinfo,,foo'],
      expected: { fun: ['cmd.run', 'test.ping', 'test.echo'], arg: [['cat /proc/cpuinfo'], [], ['foo']] },
    },
    { fun: 'a.b,c.d', words: ['x,y', ',', 'z'], expected: { fun: ['a.b', 'c.d'], arg: [['x,y'], ['z']] } },
  ]
  for (const { fun, words, expected } of cases) {
    it(`${fun} ${words.join(' ')}`, async () => {
      assert.deepEqual(await parseMultiFunction(fun, words), expected)
    })
  }

  it('takes another separator', async () => {
    const { arg } = await parseMultiFunction('a.b,c.d', ['x', '::', 'y,z'], '::')
    assert.deepEqual(arg, [['x'], ['y,z']])
  })

  it('refuses fewer groups of arguments than functions, with an example', async () => {
    await assert.rejects(parseMultiFunction('a.b,c.d', ['x']), (error: { code?: string; hint?: string }) => {
      return error.code === 'incomplete' && error.hint?.includes('a.b,c.d ,') === true
    })
    await assert.rejects(parseMultiFunction('a.b,', []), { code: 'incomplete' })
  })
})
