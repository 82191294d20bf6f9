/** A minion with several masters: each has a session, a spool and a pin of its own. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Gate } from '../support/gate.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'
import { run } from '../support/program.ts'

describe('a minion with several masters', () => {
  let fleet: InProcessFleet
  let one: TestMaster
  let two: TestMaster
  let minion: TestMinion

  const addressOf = ({ port }: TestMaster): string => `127.0.0.1:${port}`
  const connectedTo = (master: TestMaster) =>
    minion.until((state, address) => state.kind === 'connected' && address === addressOf(master))

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
    await minion.until((state, address) => state.kind === 'waiting' && address === addressOf(one))
    assert.equal((await two.publish('alpha', 'test.ping')).alpha?.state, 'returned')
    minion.forget()
    await one.start()
    await connectedTo(one)
    assert.equal((await one.publish('alpha', 'test.ping')).alpha?.state, 'returned')
  })

  it('keeps the return for the master that asked, while that is away', async () => {
    using gate = new Gate()
    await using twoEvents = await two.events()
    const jid = await one.begin('alpha', 'cmd.run', [gate.command])
    await gate.entered()
    minion.forget()
    await one.stop()
    await minion.until((state, address) => state.kind === 'waiting' && address === addressOf(one))
    gate.open()
    await one.start()
    assert.equal((await one.follow(jid)).alpha?.ret?.return, 'passed')
    // What comes after it on the same session.
    await two.publish('alpha', 'test.ping')
    assert.deepEqual(twoEvents.tagged(new RegExp(jid)), [])
  })

  it('serves the one even where it refuses the other', async () => {
    const picky = await fleet.startMinion('picky', [one.port, two.port], `master_finger: ${two.running.fingerprint}\n`)
    await picky.until((state, address) => state.kind === 'connected' && address === addressOf(two))
    await picky.waiting('mismatch')
    assert.deepEqual(picky.running.connected, [addressOf(two)])
    assert.equal((await two.publish('picky', 'test.ping')).picky?.state, 'returned')
  })

  it('fires its events on each', async () => {
    await using oneEvents = await one.events()
    await using twoEvents = await two.events()
    assert.equal((await one.publish('alpha', 'event.send', ['my/tag', { a: 1 }])).alpha?.ret?.return, true)
    for (const events of [oneEvents, twoEvents]) {
      const { data } = await events.until(/^my\/tag$/)
      assert.deepEqual([data.id, data.data], ['alpha', { a: 1 }])
    }
  })

  describe('that publishes itself', () => {
    beforeEach(async () => {
      await fleet.connect('beta', two)
    })

    const all = { alpha: true, beta: true }
    async function publishBy(master: TestMaster, more: Record<string, unknown> = {}): Promise<unknown> {
      const arg = ['*', 'test.ping', { __kwarg__: true, ...more }]
      return (await master.publish('alpha', 'publish.publish', arg)).alpha?.ret?.return
    }

    it('asks the one whose job it does, or the one that it is told to', async () => {
      assert.deepEqual(await publishBy(one), { alpha: true })
      assert.deepEqual(await publishBy(two), all)
      assert.deepEqual(await publishBy(one, { via_master: addressOf(two) }), all)
      assert.match(String(await publishBy(one, { via_master: 'three' })), /'three' is not a master of this minion/)
    })

    it('with salt call: asks the first that answers, and tells the result to all that do', async () => {
      const call = async (): Promise<unknown> => {
        const words = ['call', '-c', join(minion.folder, 'etc'), 'publish.publish', '*', 'test.ping', '--out', 'json']
        const { exitCode, stdout, stderr } = await run('source', words)
        assert.equal(exitCode, 0, stderr)
        return JSON.parse(stdout).local
      }
      {
        await using oneEvents = await one.events()
        await using twoEvents = await two.events()
        assert.deepEqual(await call(), { alpha: true })
        for (const events of [oneEvents, twoEvents])
          await events.until(/^salt\/job\/\d+\/ret\/alpha$/, ({ fun }) => fun === 'publish.publish')
      }
      await one.stop()
      assert.deepEqual(await call(), all)
    })
  })
})

describe('master_type', () => {
  for (const type of ['str', 'failover', 'distributed']) {
    it(`${type} serves all masters of the list`, async () => {
      await using fleet = new InProcessFleet()
      const masters = [await fleet.startMaster('', { name: 'one' }), await fleet.startMaster('', { name: 'two' })]
      const minion = await fleet.startMinion(
        'alpha',
        masters.map(({ port }) => port),
        `master_type: ${type}\n`,
      )
      for (const { port } of masters)
        await minion.until((state, address) => state.kind === 'connected' && address === `127.0.0.1:${port}`)
    })
  }

  it('disable asks none of them', async () => {
    await using fleet = await InProcessFleet.start([])
    await using events = await fleet.master.events()
    const minion = await fleet.startMinion('alone', [fleet.master.port], 'master_type: disable\n')
    await fleet.connect('other', fleet.master)
    await events.until(/^salt\/auth$/)
    assert.deepEqual(minion.states, [])
    assert.deepEqual(
      events.tagged(/^salt\/auth$/).map(({ data }) => data.id),
      ['other'],
    )
  })
})
