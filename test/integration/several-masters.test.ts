/** A minion with several masters: each has a session, a spool and a pin of its own. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'

describe('a minion with several masters', () => {
  let fleet: InProcessFleet
  let one: TestMaster
  let two: TestMaster
  let minion: TestMinion

  const connectedTo = (master: TestMaster) =>
    minion.until((state, address) => state.kind === 'connected' && address === `127.0.0.1:${master.port}`)

  beforeEach(async () => {
    fleet = new InProcessFleet()
    one = await fleet.startMaster('peer: {alpha: [test.*]}\n', { name: 'one' })
    two = await fleet.startMaster('peer: {alpha: [test.*]}\n', { name: 'two' })
    minion = await fleet.startMinion('alpha', [one.port, two.port])
    await Promise.all([connectedTo(one), connectedTo(two)])
  })
  afterEach(() => fleet[Symbol.asyncDispose]())

  it('does the jobs of each, and returns to the one that asked', async () => {
    await using oneEvents = await one.events()
    await using twoEvents = await two.events()
    const [first, second] = await Promise.all([
      one.publish('alpha', 'test.echo', ['one']),
      two.publish('alpha', 'test.echo', ['two']),
    ])
    assert.deepEqual([first.alpha?.ret?.return, second.alpha?.ret?.return], ['one', 'two'])
    const returns = /^salt\/job\/\d+\/ret\/alpha$/
    assert.equal((await oneEvents.until(returns)).data.return, 'one')
    assert.equal((await twoEvents.until(returns)).data.return, 'two')
    assert.deepEqual([oneEvents.tagged(returns).length, twoEvents.tagged(returns).length], [1, 1])
  })

  it('pins the key of each', async () => {
    const pins = readdirSync(minion.options.paths.pki_dir).filter((name) => name.startsWith('minion_master.'))
    assert.equal(pins.length, 2)
    assert.equal(existsSync(`${minion.options.paths.pki_dir}/minion_master.pub`), false)
  })

  it('goes on with one while the other is away, and comes back to it', async () => {
    minion.forget()
    await one.stop()
    await minion.until((state, address) => state.kind === 'waiting' && address === `127.0.0.1:${one.port}`)
    assert.equal((await two.publish('alpha', 'test.ping')).alpha?.state, 'returned')
    minion.forget()
    await one.start()
    await connectedTo(one)
    assert.equal((await one.publish('alpha', 'test.ping')).alpha?.state, 'returned')
  })

  it('asks the first of them when it publishes itself, or the one that it is told to', async () => {
    await fleet.connect('beta', two)
    const publish = async (more: Record<string, unknown>): Promise<unknown> => {
      const arg = ['*', 'test.ping', { __kwarg__: true, ...more }]
      return (await one.publish('alpha', 'publish.publish', arg)).alpha?.ret?.return
    }
    assert.deepEqual(await publish({}), { alpha: true })
    assert.deepEqual(await publish({ via_master: `127.0.0.1:${two.port}` }), { alpha: true, beta: true })
  })
})
