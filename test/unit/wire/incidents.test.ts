import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { type Incident, Incidents } from '../../../src/wire/incidents.ts'
import { FakeClock } from '../../support/fake-clock.ts'

class Fixture {
  readonly clock = new FakeClock()
  readonly logged: unknown[] = []
  readonly told: Incident[] = []
  readonly incidents = new Incidents({
    clock: this.clock,
    log: { ...silentLog, warning: (message, fields) => this.logged.push({ message, ...fields }) },
    onIncident: (incident) => this.told.push(incident),
  })
}

describe('trouble with the input', () => {
  it('is counted always, and told once a minute for each kind and source', async () => {
    const { incidents, clock, told, logged } = new Fixture()
    const peer = { name: 'web1', role: 'x', fingerprint: '' }
    for (let count = 0; count < 10; count++) incidents.add('replay', 'a', 'twice', peer)
    incidents.add('replay', 'b', 'twice')
    incidents.add('wrong-key', 'a', 'does not open', peer)
    assert.deepEqual(incidents.counts, { replay: 11, 'wrong-key': 1 })
    assert.equal(told.length, 3)
    assert.equal(logged.length, 3)
    assert.deepEqual(told[0], { kind: 'replay', detail: 'twice', count: 1, peer })
    await clock.advance(60_000)
    incidents.add('replay', 'a', 'twice', peer)
    assert.equal(told.at(-1)?.count, 10, 'with those that were not told')
  })

  it('from ever new sources does not fill the log', async () => {
    const { incidents, clock, logged } = new Fixture()
    for (let source = 0; source < 5000; source++) incidents.add('bad-frame', `peer ${source}`, 'garbage')
    assert.equal(incidents.counts['bad-frame'], 5000)
    assert.ok(logged.length <= 20, `${logged.length} lines`)
    await clock.advance(60_000)
    incidents.add('bad-frame', 'another', 'garbage')
    assert.ok(
      logged.some((line) => /"count":49\d\d/.test(JSON.stringify(line))),
      'how many were not told is told later',
    )
  })
})
