/** Compares what the bus of the master sees with recordings of the reference implementation. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Fleet } from '../support/fleet.ts'
import { Running } from '../support/program.ts'
import { cannotCompare, knownDifference, recordedProgram, wrapCommands } from '../support/recorded-commands.ts'
import { compareEvents, type RecordedEvents, recordedEvents } from '../support/recorded-events.ts'

const minions = {
  alpha: 'grains: {role: web, roles: [front, cache]}\n',
  beta: 'grains: {role: db, roles: [back]}\n',
}

async function perform(fleet: Fleet, bin: string, { cmd }: RecordedEvents): Promise<void> {
  const running = new Running(['bash', '-c', cmd], {
    cwd: fleet.folder,
    env: { PATH: `${bin}:${process.env.PATH}`, TERM: 'dumb' },
    timeoutMs: 60_000,
  })
  await running.finished
}

function compareGroup(title: string, master: string, cases: readonly RecordedEvents[]): void {
  describe(title, { skip: cannotCompare }, () => {
    let fleet: Fleet
    let bin: string
    before(async () => {
      fleet = await Fleet.start({
        program: recordedProgram,
        minions,
        master: `enable_legacy_job_events: true\n${master}`,
      })
      await using arrivals = await fleet.events({ since: 0 })
      await Promise.all(Object.keys(minions).map((id) => arrivals.until(new RegExp(`^salt/minion/${id}/start$`))))
      bin = wrapCommands(fleet.folder, fleet.config, fleet.minionConfig('alpha'))
    })
    after(() => fleet?.[Symbol.asyncDispose]())
    for (const recording of cases) {
      it(recording.name, { skip: knownDifference('events', recording.name) ?? false }, async () => {
        await using events = await fleet.events()
        await perform(fleet, bin, recording)
        await compareEvents(events, recording)
      })
    }
  })
}

const recorded = recordedEvents()
const startOfMinion = '01-minion-new-key'
const isPeerOn = ({ name }: RecordedEvents): boolean => name.startsWith('21')

compareGroup(
  'events of two minions',
  '',
  recorded.filter((one) => !isPeerOn(one) && one.name !== startOfMinion),
)
compareGroup(
  'events of a peer that may run runners',
  'peer_run: {alpha: [manage.up, test.arg]}\n',
  recorded.filter((one) => isPeerOn(one)),
)

describe('events of a new minion', { skip: cannotCompare }, () => {
  it(startOfMinion, async () => {
    const recording = recorded.find(({ name }) => name === startOfMinion)
    assert.ok(recording)
    await using fleet = await Fleet.start({ program: recordedProgram, autoAccept: false })
    await using events = await fleet.events()
    await fleet.startMinion('beta', 'enable_legacy_startup_events: true\n')
    await fleet.salt('key', '-y', '-a', 'beta')
    await events.until(/^salt\/minion\/beta\/start$/)
    await compareEvents(events, recording)
  })
})
