/** The examples that fire on the bus of a minion what ends on the bus of its master. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isRecord } from '../../src/base/narrow.ts'
import { type EventStream, MasterEvent, MinionEvent } from '../../src/client/library.ts'
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

const bucket = ['drap', 'drep', 'drip', 'drop', 'drup']
const drops = (...words: readonly string[]): readonly string[] => words.map((word) => `a ${word} in the bucket`)
const expected = {
  node: [...drops(...bucket), 'the last drop'],
  python: drops(...bucket),
  shell: drops('drip', 'drop'),
}

/** The messages of so many events: on the master a single event has its data under `data`. Each names the minion. */
async function messages(events: EventStream, count: number): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  while (seen.length < count) {
    const event = await events.take(20_000)
    if (event === undefined) break
    const { id, message, data } = event.data
    assert.equal(id, 'web1')
    seen.push(message ?? (isRecord(data) ? data.message : undefined))
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
      assert.deepEqual(await messages(events, expected[language].length), expected[language])
    })
  }

  it('in the form that an old program has: no `data`, so that the whole item is the data', async () => {
    await using bus = new MasterEvent(fleet.sockDir)
    const events = bus.iterEvents({ tag: 'mytag' })
    await events.ready
    await using own = new MinionEvent({ sockDir: minionDir, id: 'web1' })
    const items = drops(...bucket).map((message) => ({ message, tag: 'mytag' }))
    await own.fireEvent({ id: 'web1', events: items, tag: null, pretag: null, data: null }, 'fire_master')
    assert.deepEqual(await messages(events, 5), drops(...bucket))
  })
})
