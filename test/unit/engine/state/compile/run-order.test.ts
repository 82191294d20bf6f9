import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOrder } from '../../../../../src/engine/state/compile/run-order.ts'
import type { LowChunk, RequisiteKind } from '../../../../../src/engine/state/low-chunk.ts'
import { CompileHost } from '../../../../support/compile-host.ts'

function chunk(id: string, requisites: readonly (readonly [RequisiteKind, string])[] = []): LowChunk {
  return {
    ...{ state: 'test', fun: 'nop', id, name: id, sls: 'a', env: 'base', order: 1, args: {} },
    requisites: requisites.map(([kind, target]) => ({ kind, state: 'test', id: target })),
  }
}

test('a chain of 50,000 that stands the wrong way round takes no time and no stack', () => {
  const count = 50_000
  const chunks = Array.from({ length: count }, (_, index) =>
    chunk(`s${index}`, index === count - 1 ? [] : [['require', `s${index + 1}`]]),
  )
  const started = performance.now()
  const { chunks: ordered, cycles } = runOrder(chunks)
  assert.ok(performance.now() - started < 15_000)
  assert.deepEqual(cycles, [])
  assert.equal(ordered[0]?.id, `s${count - 1}`)
  assert.equal(ordered.at(-1)?.id, 's0')
})

test('one that many precede', () => {
  const count = 5000
  const chunks = [
    chunk('target'),
    ...Array.from({ length: count }, (_, index) => chunk(`s${index}`, [['prereq', 'target']])),
  ]
  const { chunks: ordered, cycles } = runOrder(chunks)
  assert.deepEqual(cycles, [])
  assert.equal(ordered.at(-1)?.id, 'target')
})

test('every member of a circle is named, and those beside it are not', () => {
  const { cycles } = runOrder([
    chunk('start', [['require', 'a']]),
    chunk('a', [['require', 'b']]),
    chunk('b', [['watch', 'c']]),
    chunk('c', [['onfail', 'a']]),
  ])
  assert.deepEqual(
    cycles.map(({ chunks }) => chunks.map(({ id }) => id)),
    [['a', 'b', 'c']],
  )
  assert.equal(cycles[0]?.sentence, 'A recursive requisite was found, SLS "a" ID "c" ID "a"')
})

test('a chain of requisites through templates is compiled in no time', async () => {
  const text = [
    '{% for i in range(2000) %}',
    's{{ i }}:',
    '  test.nop:',
    '    - require:',
    '      - test: s{{ i + 1 }}',
    '{% endfor %}',
    's2000: test.nop',
    '',
  ].join('\n')
  using host = new CompileHost({ environments: { base: { 'a.sls': text } } })
  const started = performance.now()
  const { chunks, errors } = await host.compile({ sls: ['a'] })
  assert.ok(performance.now() - started < 15_000)
  assert.deepEqual(errors, [])
  assert.deepEqual([chunks[0]?.id, chunks.at(-1)?.id], ['s2000', 's0'])
})
