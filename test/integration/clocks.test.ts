/** Clocks that are wrong, and clocks that are set while a minion is connected. Daemons in this process, over TCP. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

const hourMs = 3_600_000

describe('a minion whose wall clock', () => {
  let fleet: InProcessFleet
  let master: TestMaster
  let stepMs: number
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + stepMs }

  beforeEach(async () => {
    stepMs = 0
    fleet = new InProcessFleet()
    master = await fleet.startMaster()
  })
  afterEach(() => fleet[Symbol.asyncDispose]())

  for (const hours of [-12, 12]) {
    it(`is ${hours} hours off does its jobs`, async () => {
      stepMs = hours * hourMs
      await fleet.connect('a', master, '', { clock })
      assert.equal((await master.publish('a', 'test.ping')).a?.state, 'returned')
    })

    it(`is set by ${hours} hours while it is connected does its jobs`, async () => {
      await fleet.connect('a', master, '', { clock })
      stepMs = hours * hourMs
      assert.equal((await master.publish('a', 'test.ping')).a?.state, 'returned')
    })
  }
})
