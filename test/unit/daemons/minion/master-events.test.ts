/** Events of a minion with several masters. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventBus } from '../../../../src/bus/event-bus.ts'
import { MasterEvents } from '../../../../src/daemons/minion/master-events.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

test('a master that answers nothing holds up nobody who waits for another one', async () => {
  using folder = new ConfigFolder()
  const clock = new FakeClock()
  const limits = { max_event_size: 1_048_576, event_buffer_count: 100, event_buffer_size: 1_048_576 }
  const bus = new EventBus({ clock, maximumEventSize: limits.max_event_size })
  using events = new MasterEvents({ id: 'a', bus, clock, log: new RecordedLog().log, cachedir: folder.path, limits })
  const never = new Promise<never>(() => {})
  const asked: string[] = []
  const silent = (name: string) => ({
    call: () => {
      asked.push(name)
      return never
    },
  })
  const good = events.outbox('good:1')
  const frozen = events.outbox('frozen:1')
  good.begin({ call: async () => ({ taken: 1, refused: [] }) as never }, never)
  frozen.begin(silent('frozen'), never)
  events.fire({ tag: 'a/b', data: {} })
  await events.taken('good:1', 1000)
  assert.deepEqual([good.counters.waiting, frozen.counters.waiting], [0, 1])
  let isOver = false
  const all = events.taken('', 1000).then(() => {
    isOver = true
  })
  await settle()
  assert.deepEqual([isOver, asked], [false, ['frozen']])
  await clock.advance(1000)
  await all
})
