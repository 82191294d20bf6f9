import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BusEvents } from '../support/bus-events.ts'
import { InProcessFleet } from '../support/in-process-fleet.ts'
import { judgeEvent } from '../support/known-events.ts'

describe('the events of a master', () => {
  it('are those of the map, with its fields', async () => {
    await using fleet = new InProcessFleet()
    const master = await fleet.startMaster('auto_accept: true\nauth_events: true\npeer: {}\n')
    await using events = await master.events()
    const minion = await fleet.connect('alpha', master)
    await events.until(/^salt\/minion\/alpha\/start$/)
    await master.publish('*', 'test.ping', [], { metadata: { ticket: 5 } })
    await master.publish('*', 'no.such', [])
    await master.publish('alpha,beta', 'test.arg', [1, { a: 2, __kwarg__: true }], { tgt_type: 'list' })
    await master.publish('alpha', 'publish.publish', ['*', 'test.ping'])
    await using bus = await master.bus()
    await bus.call('runner', { fun: 'test.stdout_print', arg: [], user: 'tester' })
    await bus.call('runner', { fun: 'no.such', arg: [], user: 'tester' })
    await bus.call('wheel', { fun: 'key.list_all', arg: [], user: 'tester' })
    await minion.stop()
    await events.until(/^salt\/minion\/alpha\/stop$/)
    await fleet.startMinion('alpha', [master.port], '', { name: 'impostor' })
    await events.until(/^salt\/auth$/, ({ act }) => act === 'denied')
    await bus.call('key.changed', { id: 'alpha', act: 'reject', user: 'tester' })
    await events.until(/^salt\/key$/)
    const judged = events.seen.map((event) => ({ ...judgeEvent(event), event }))
    assert.deepEqual(
      judged.filter(({ issues }) => issues !== ''),
      [],
    )
    const patterns = new Set(judged.map(({ pattern }) => pattern))
    for (const pattern of [
      'salt/auth',
      'salt/job/:jid/new',
      'salt/job/:jid/ret/:id',
      'salt/key',
      'salt/minion/:id/start',
      'salt/minion/:id/stop',
      'salt/peer/:id/refused',
      'salt/run/:jid/new',
      'salt/run/:jid/ret',
      'salt/wheel/:jid/new',
      'salt/wheel/:jid/ret',
    ]) {
      assert.ok(patterns.has(pattern), `${pattern} was fired`)
    }
  })
})

describe('the events of a minion', () => {
  it('are those of the map, with its fields', async () => {
    await using fleet = await InProcessFleet.start([])
    const { master } = fleet
    const minion = await fleet.connect('alpha', master)
    await using events = await BusEvents.of(await minion.bus())
    const publish = (fun: string, ...arg: readonly unknown[]) => master.publish('alpha', fun, arg)
    await publish('saltutil.refresh_modules')
    await publish('test.exception')
    await publish('event.fire_master', {}, 'salt/key')
    await publish('schedule.add', 'ping', { __kwarg__: true, function: 'test.ping', seconds: 3600 })
    await publish('schedule.run_job', 'ping')
    await events.until(/^__schedule_return$/)
    await publish('schedule.save')
    await publish('beacons.add', 'load', [{ averages: { '1m': [0, 100] } }, { disable_during_state_run: true }])
    await publish('beacons.disable')
    const judged = events.seen.map((event) => ({ ...judgeEvent(event), event }))
    assert.deepEqual(
      judged.filter(({ issues }) => issues !== ''),
      [],
    )
    assert.deepEqual([...new Set(judged.map(({ pattern }) => pattern))].toSorted(), [
      '/salt/minion/:done',
      '/salt/minion/minion_mod_complete',
      '__schedule_return',
      '_salt_error',
      'salt/event/refused',
    ])
  })
})
