/** The examples that fire on the bus of a minion what ends on the bus of its master. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { EventStream } from '../../src/client/library.ts'
import { MasterEvent, MinionEvent } from '../../src/client/library.ts'
import { type ExampleBus, Examples, findPython, languages } from '../support/examples.ts'
import { Fleet } from '../support/fleet.ts'

let fleet: Fleet
let examples: Examples
let minion: ExampleBus
let minionDir = ''
before(async () => {
  fleet = await Fleet.start({ minions: { web1: '' } })
  examples = new Examples(join(fleet.folder, 'bin'))
  minionDir = join(fleet.folder, 'root-web1/var/run/salt/minion')
  minion = { words: [minionDir, 'web1'], saltOptions: `-c ${fleet.minionConfig('web1')}` }
})
after(() => fleet[Symbol.asyncDispose]())

const drops = (...words: readonly string[]): unknown[] => words.map((word) => ({ message: `a ${word} in the bucket` }))
const expected = {
  node: [
    ...drops('drap', 'drep', 'drip', 'drop', 'drup'),
    { id: 'web1', tag: 'mytag', data: { message: 'the last drop' }, cmd: '_minion_event' },
  ],
  python: drops('drap', 'drep', 'drip', 'drop', 'drup'),
  shell: drops('drip', 'drop'),
}

async function next(events: EventStream, count: number): Promise<unknown[]> {
  const seen: unknown[] = []
  while (seen.length < count) {
    const event = await events.take(20_000)
    if (event === undefined) break
    const { _stamp, ...data } = event.data
    seen.push(data)
  }
  return seen
}

describe('events of a minion’s bus that end on its master’s', () => {
  for (const language of languages) {
    it(`from the example in ${language}`, { skip: language === 'python' && findPython().skip }, async () => {
      await using bus = new MasterEvent(fleet.sockDir)
      const events = bus.iterEvents({ tag: 'mytag' })
      await events.ready
      const { exitCode, stderr } = await examples.start(language, 'emit-to-minion-bus-forward-to-master-bus', minion)
        .finished
      assert.deepEqual([exitCode, stderr], [0, ''])
      assert.deepEqual(await next(events, expected[language].length), expected[language])
    })
  }

  it('in the form that an old program has: no `data`, so that the whole item is the data', async () => {
    await using bus = new MasterEvent(fleet.sockDir)
    const events = bus.iterEvents({ tag: 'mytag' })
    await events.ready
    await using own = new MinionEvent({ sockDir: minionDir, id: 'web1' })
    const payload = { id: 'web1', tag: null, pretag: null, data: null }
    const item = { message: 'a drip in the bucket', tag: 'mytag' }
    await own.fireEvent({ ...payload, events: [item, item] }, 'fire_master')
    assert.deepEqual(await next(events, 2), [item, item])
  })
})
