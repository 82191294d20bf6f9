import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EventData } from '../../../src/bus/event.ts'
import { EventBus } from '../../../src/bus/event-bus.ts'
import { eventMap } from '../../../src/bus/event-map.ts'
import { type DataFor, type EventPayload, type EventTag, type TypedEvent, tagOf } from '../../../src/bus/event-types.ts'
import { compileTagPattern } from '../../../src/bus/tag-pattern.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

describe('the types of events', () => {
  it('come from the map', () => {
    // These lines fail to compile where the types are not these.
    const payload: Same<EventPayload<'salt/presence/present'>['present'], readonly string[]> = true
    const optional: Same<EventPayload<'salt/key'>['user'], string | undefined> = true
    const parts: Same<TypedEvent<'salt/job/:jid/ret/:id'>['parts'], { readonly jid: string; readonly id: string }> =
      true
    const rest: Same<keyof TypedEvent<'salt/beacon/:id/:beacon/:rest*'>['parts'], 'id' | 'beacon' | 'rest'> = true
    const free: Same<DataFor<'my/tag'>, EventData> = true
    const anyText: Same<DataFor<string>, EventData> = true
    const made: Same<DataFor<EventTag<'salt/key'>>, EventPayload<'salt/key'>> = true
    assert.ok(payload && optional && parts && rest && free && anyText && made)
  })

  it('hold for those who subscribe and fire', () => {
    const bus = new EventBus({ clock: new FakeClock() })
    const seen: string[] = []
    const subscription = bus.subscribe(
      'salt/minion/:id/stop',
      ({ parts: { id }, data: { reason, _stamp }, tag, seq }) => seen.push(`${seq} ${tag} ${id} ${reason} ${_stamp}`),
    )
    bus.subscribe('my/:own/tag', ({ parts, data }) => seen.push(`${parts.own} ${data.any}`))
    bus.fire(tagOf('salt/minion/:id/stop', 'web'), { id: 'web', reason: 'closed' })
    bus.fire('my/special/tag', { any: 5 })
    bus.fire('salt/key', { result: true, act: 'accept', id: 'web' })
    bus.flush()
    assert.deepEqual(seen, ['1 salt/minion/web/stop web closed 2026-01-01T00:00:00.000000', 'special 5'])
    subscription.unsubscribe()
    bus.fire(tagOf('salt/minion/:id/stop', 'web'), { id: 'web', reason: 'closed' })
    bus.flush()
    assert.equal(seen.length, 2)
  })

  it('make tags from patterns', () => {
    assert.equal(tagOf('salt/job/:jid/ret/:id', '1', 'a'), 'salt/job/1/ret/a')
    assert.equal(tagOf('salt/beacon/:id/:beacon/:rest*', 'a', 'load', ''), 'salt/beacon/a/load/')
    assert.equal(tagOf('salt/auth'), 'salt/auth')
  })
})

describe('the map of events', () => {
  it('has patterns that can be compiled, and descriptions that are sentences', () => {
    for (const [pattern, { doc, fields }] of Object.entries(eventMap)) {
      compileTagPattern(pattern)
      assert.match(doc, /^[A-Z].*\.$/s, pattern)
      for (const [name, { description }] of Object.entries<{ description?: string }>(fields)) {
        assert.match(description ?? 'X.', /^[A-Z0-9`].*[.…]$/s, `${pattern} ${name}`)
      }
    }
  })
})
