/** The mine of a fleet: who may read what of whom. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

async function runner(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  await using bus = await master.bus()
  return (await bus.call('runner', { fun, arg, user: 'tester' })).return
}

/** What a function returns on one minion. */
async function on(master: TestMaster, id: string, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  const outcomes = await master.publish(id, fun, arg)
  return outcomes[id]?.ret?.return
}

const keyword = (values: object): object => ({ ...values, __kwarg__: true })

/** `web` and `db`, each with grains, and a mine that is full. */
async function startFleet(configuration = '') {
  const fleet = await InProcessFleet.start([], configuration)
  const functions = [
    "greeting: [{mine_function: test.echo}, 'hello']",
    "secret: {mine_function: test.echo, text: hidden, allow_tgt: 'db*'}",
    "role: {mine_function: test.echo, text: hidden, allow_tgt: 'G@role:db', allow_tgt_type: compound}",
    "nobody: {mine_function: test.echo, text: hidden, allow_tgt: 'G@', allow_tgt_type: compound}",
  ]
  const mine = `mine_functions: {${functions.join(', ')}}\n`
  await fleet.connect('web', fleet.master, `${mine}grains: {role: web}\n`)
  await fleet.connect('db', fleet.master, `grains: {role: db}\n`)
  assert.equal(await on(fleet.master, 'web', 'mine.update'), true)
  return fleet
}

describe('the mine', () => {
  it('is filled by a minion as it starts', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    await using events = await master.events()
    await fleet.connect('web', master, 'mine_functions: [test.ping]\nmine_return_job: true\n')
    const { data } = await events.until(/^salt\/job\/.*\/ret\/web$/)
    assert.partialDeepStrictEqual(data, { fun: 'mine.update', schedule: '__mine_interval', return: true })
    assert.deepEqual(await runner(master, 'mine.get', '*', 'test.ping'), { web: true })
    await fleet.connect('db', master, 'mine_functions: {test.ping: []}\nmine_enabled: false\n')
    assert.deepEqual(await runner(master, 'mine.get', '*', 'test.ping'), { web: true })
    assert.match(String(await on(master, 'web', 'schedule.list', keyword({ show_all: true }))), /minutes: 60/)
  })

  it('shows other minions what they may see, whatever they ask', async () => {
    await using fleet = await startFleet()
    const { master } = fleet
    assert.deepEqual(await on(master, 'db', 'mine.get', '*', 'greeting'), { web: 'hello' })
    assert.deepEqual(await on(master, 'db', 'mine.get', '*', 'secret'), { web: 'hidden' })
    assert.deepEqual(await on(master, 'db', 'mine.get', 'role:web', 'role', 'grain'), { web: 'hidden' })
    assert.deepEqual(await on(master, 'db', 'mine.get', '*', 'nobody'), {})
    for (const name of ['secret', 'role', 'nobody'])
      assert.deepEqual(await on(master, 'web', 'mine.get', '*', name), {})
    assert.deepEqual(await on(master, 'web', 'mine.get', '*', 'greeting,secret'), { greeting: { web: 'hello' } })
    assert.deepEqual(await on(master, 'web', 'mine.get', '*', ['greeting']), { greeting: { web: 'hello' } })
    assert.deepEqual(await on(master, 'web', 'mine.get', 'db', 'greeting'), {})
    assert.match(String(await on(master, 'web', 'mine.get', 'G@', 'greeting', 'compound')), /G@/)
  })

  it('is kept from patterns over pillar', async () => {
    await using fleet = await startFleet()
    assert.deepEqual(await on(fleet.master, 'db', 'mine.get', 'a:*', 'greeting', 'pillar'), {})
  })

  it('keeps to mine_get of the master', async () => {
    await using fleet = await startFleet("mine_get: {'d.*': ['gre.*'], other: [secret]}\n")
    const { master } = fleet
    assert.deepEqual(await on(master, 'db', 'mine.get', '*', 'greeting'), { web: 'hello' })
    assert.deepEqual(await on(master, 'db', 'mine.get', '*', 'secret'), {})
    assert.deepEqual(await on(master, 'web', 'mine.get', '*', 'greeting'), {})
    await fleet.master.log.until(/refused a minion what it asked of the mine id=web/)
    await master.reload('')
    assert.deepEqual(await on(master, 'web', 'mine.get', '*', 'greeting'), { web: 'hello' })
  })

  it('shows a minion no more by way of a runner', async () => {
    await using fleet = await startFleet("peer_run: {'.*': [mine.get]}\n")
    const { master } = fleet
    const asked = ['mine.get', ['*', 'secret']] as const
    assert.deepEqual(await on(master, 'db', 'publish.runner', ...asked), { web: 'hidden' })
    assert.deepEqual(await on(master, 'web', 'publish.runner', ...asked), {})
    assert.deepEqual(await runner(master, 'mine.get', '*', 'secret'), { web: 'hidden' })
  })

  it('is sent to, deleted from and flushed by its minion alone', async () => {
    await using fleet = await startFleet()
    const { master } = fleet
    assert.equal(await on(master, 'web', 'mine.send', 'test.echo', 'one'), true)
    assert.equal(await on(master, 'db', 'mine.send', 'test.echo', 'two'), true)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'test.echo'), { web: 'one', db: 'two' })
    assert.equal(await on(master, 'web', 'mine.delete', 'test.echo'), true)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'test.echo'), { db: 'two' })
    assert.equal(await on(master, 'web', 'mine.flush'), true)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'greeting'), {})
    assert.deepEqual(await runner(master, 'mine.get', '*', 'test.echo'), { db: 'two' })
  })

  it('is shown and cleared by the master', async () => {
    await using fleet = await startFleet()
    const { master } = fleet
    const shown = (await runner(master, 'cache.mine', 'web')) as Record<string, Record<string, unknown>>
    assert.deepEqual(Object.keys(shown.web ?? {}), ['greeting', 'secret', 'role', 'nobody'])
    const flag = keyword({ tgt: 'web', clear_mine_func_flag: 'greeting' })
    assert.equal(await runner(master, 'cache.clear_mine_func', flag), true)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'greeting'), {})
    assert.deepEqual(await runner(master, 'mine.get', '*', 'secret'), { web: 'hidden' })
    assert.equal(await runner(master, 'cache.clear_mine', keyword({ tgt: 'web' })), true)
    assert.deepEqual(await runner(master, 'cache.mine', 'web'), { web: {} })
    assert.deepEqual(await runner(master, 'mine.update', 'web'), { web: true })
    assert.deepEqual(await runner(master, 'mine.get', '*', 'greeting'), { web: 'hello' })
  })

  it('goes with the key of its minion', async () => {
    await using fleet = await startFleet()
    const { master } = fleet
    await using bus = await master.bus()
    await bus.call('wheel', { fun: 'key.delete', arg: ['web'], user: 'tester' })
    assert.equal(await runner(master, 'cache.contains', 'minions/web'), false)
  })

  it('has bounds, and is not kept where the master keeps none', async () => {
    await using fleet = await InProcessFleet.start(['web'], 'mine_size: 2000\n')
    const { master } = fleet
    assert.equal(await on(master, 'web', 'mine.send', 'small', 'x', keyword({ mine_function: 'test.echo' })), true)
    const large = ['large', 'x'.repeat(2000), keyword({ mine_function: 'test.echo' })]
    assert.equal(await on(master, 'web', 'mine.send', ...large), false)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'small,large'), { small: { web: 'x' } })
    await master.reload('minion_data_cache: false\n')
    assert.equal(await on(master, 'web', 'mine.send', 'other', 'x', keyword({ mine_function: 'test.echo' })), true)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'other'), {})
    await master.reload('minion_data_cache: false\nenforce_mine_cache: true\n')
    assert.equal(await on(master, 'web', 'mine.send', 'other', 'x', keyword({ mine_function: 'test.echo' })), true)
    assert.deepEqual(await runner(master, 'mine.get', '*', 'other'), { web: 'x' })
  })
})
