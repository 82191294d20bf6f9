import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { HeldConnection } from '../../../../src/engine/returners/held-connection.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'

interface Line {
  readonly number: number
}

class World {
  readonly clock = new FakeClock()
  readonly abort = new AbortController()
  readonly closed: number[] = []
  connect: (number: number) => Promise<Line> = async (number) => ({ number })
  lose: () => void = () => {}
  #made = 0
  readonly held = new HeldConnection<Line>(
    {
      server: 'Server at here:1',
      connect: (lost) => {
        this.lose = lost
        this.#made += 1
        return this.connect(this.#made)
      },
      close: ({ number }) => {
        this.closed.push(number)
      },
      connectTimeoutMs: 1000,
      timeoutMs: 5000,
      explain: (error) => new SaltError('storage', `explained: ${error instanceof Error ? error.message : ''}`),
    },
    { clock: this.clock, signal: this.abort.signal },
  )
}

const numberOf = async ({ number }: Line): Promise<number> => number
const never = new Promise<never>(() => {})

test('one connection serves all work', async () => {
  const { held, closed } = new World()
  assert.deepEqual([await held.use(numberOf), await held.use(numberOf)], [1, 1])
  await held[Symbol.asyncDispose]()
  assert.deepEqual(closed, [1])
  await assert.rejects(held.use(numberOf), { code: 'cancelled' })
})

test('a fault is told in words, and the next work has a new connection', async () => {
  const { held, closed } = new World()
  const fault = async (): Promise<never> => {
    throw new Error('broken')
  }
  await assert.rejects(held.use(fault), { code: 'storage', message: 'explained: broken' })
  assert.deepEqual([closed, await held.use(numberOf)], [[1], 2])
})

test('a fault of the data leaves the connection', async () => {
  const { held } = new World()
  const fault = async (): Promise<never> => {
    throw new SaltError('bad-arguments', 'too long')
  }
  await assert.rejects(held.use(fault), { code: 'bad-arguments' })
  assert.equal(await held.use(numberOf), 1)
})

test('a connection that is lost is not used again', async () => {
  const world = new World()
  await world.held.open()
  world.lose()
  assert.equal(await world.held.use(numberOf), 2)
})

test('work ends with its connection', async () => {
  const world = new World()
  await world.held.open()
  const work = assert.rejects(
    world.held.use(() => never),
    { code: 'storage', message: 'Server at here:1 cannot be used: it closed the connection' },
  )
  await settle()
  world.lose()
  await work
  assert.equal(world.clock.pending, 0)
})

test('work ends when its time is over', async () => {
  const { held, clock } = new World()
  await held.open()
  const work = assert.rejects(
    held.use(() => never),
    { code: 'timeout', message: 'Server at here:1 did not answer within 5 seconds' },
  )
  await settle()
  await clock.advance(5000)
  await work
  assert.equal(clock.pending, 0)
  assert.equal(await held.use(numberOf), 2)
})

test('connecting ends when its time is over, and one that comes late is closed', async () => {
  const world = new World()
  const late = Promise.withResolvers<Line>()
  world.connect = () => late.promise
  const opening = assert.rejects(world.held.open(), { code: 'timeout', message: /cannot be reached/ })
  await world.clock.advance(1000)
  await opening
  late.resolve({ number: 1 })
  await settle()
  assert.deepEqual(world.closed, [1])
})

test('work ends with the context', async () => {
  const { held, abort } = new World()
  await held.open()
  const work = assert.rejects(
    held.use(() => never),
    { code: 'cancelled' },
  )
  await settle()
  abort.abort()
  await work
})
