import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CompileHost } from '../../../support/compile-host.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

test('a tree that is compiled again and again leaves nothing behind', async () => {
  const states = Array.from(
    { length: 200 },
    (_, index) => `s${index}:\n  test.nop:\n    - foo: {{ range(${index}) | list }}\n`,
  )
  using host = new CompileHost({
    environments: {
      base: {
        'a.sls': `include: [b]\n${states.join('')}`,
        'b.sls': '{% import "c.jinja" as c %}\nx: test.nop\n',
        'c.jinja': '',
      },
    },
  })
  const heapAfter = async (count: number): Promise<number> => {
    for (let round = 0; round < count; round++) {
      const { errors } = await host.compile({ sls: ['a'] })
      assert.deepEqual(errors, [])
    }
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  await heapAfter(20)
  const before = await heapAfter(5)
  const after = await heapAfter(40)
  // One compile takes more than a megabyte.
  assert.ok(after - before < 1024 * 1024, `${before} → ${after}`)
})
