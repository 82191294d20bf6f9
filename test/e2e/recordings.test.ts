/**
 * Compares what the built binary answers with recordings of the reference implementation, where they lie beside the
 * checkout. What matters of them is pinned in the project's own tests too; without the recordings this file skips.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Fleet } from '../support/fleet.ts'
import {
  cannotCompare,
  compareRecording,
  knownDifference,
  recordedProgram,
  recordings,
  wrapCommands,
} from '../support/recorded-commands.ts'
import { compareStates, copyRecordedStates, type RecordedPlace, runRecorded } from '../support/recorded-states.ts'
import type { Recording } from '../support/recording.ts'

const minions = {
  alpha: 'grains: {role: web, roles: [front, cache]}\n',
  beta: 'grains: {role: db, roles: [back]}\n',
}
const peerRules = `peer: {alpha: ['test.*', grains.get], 'be.*': [test.ping]}\npeer_run: {alpha: [manage.up, test.arg]}\n`

function compareGroup(
  title: string,
  master: string,
  cases: readonly Recording[],
  prepare?: (fleet: Fleet) => void | Promise<void>,
): void {
  describe(title, { skip: cannotCompare }, () => {
    let fleet: Fleet
    let bin: string
    before(async () => {
      fleet = await Fleet.start({ program: recordedProgram, minions, master })
      await prepare?.(fleet)
      bin = wrapCommands(fleet.folder, fleet.config, fleet.minionConfig('alpha'))
    })
    after(() => fleet?.[Symbol.asyncDispose]())
    for (const recording of cases) {
      const known = knownDifference(title.split(' ')[0] ?? '', recording.name)
      it(recording.name, { skip: known ?? false }, () => compareRecording(fleet.folder, bin, recording))
    }
  })
}

function addGhost(fleet: Fleet): void {
  const keys = join(fleet.folder, 'root', 'etc', 'salt', 'pki', 'master', 'minions')
  writeFileSync(join(keys, 'ghost'), readFileSync(join(keys, 'alpha')))
}

const cli = recordings('cli')
const withGhost = (name: string): boolean => /^1[01]\d-/.test(name)
compareGroup(
  'cli of two minions',
  '',
  cli.filter(({ name }) => !withGhost(name)),
)
compareGroup(
  'cli with an accepted key without a minion',
  '',
  cli.filter(({ name }) => withGhost(name)),
  addGhost,
)

const peer = recordings('peer')
compareGroup(
  'peer off',
  '',
  peer.filter(({ name }) => name.startsWith('0')),
)
compareGroup(
  'peer on',
  peerRules,
  peer.filter(({ name }) => !name.startsWith('0')),
)
const run = recordings('run').filter(({ name }) => !/^3[0-7]-/.test(name))

const ofOneJob = (name: string): boolean => /^1[0-7]-/.test(name) && !name.startsWith('14')
compareGroup(
  'run of two minions',
  '',
  run.filter(({ name }) => !name.startsWith('06') && !ofOneJob(name)),
)
compareGroup(
  'run with an accepted key without a minion',
  '',
  run.filter(({ name }) => name.startsWith('06')),
  addGhost,
)

describe('run of one job', { skip: cannotCompare }, () => {
  let fleet: Fleet
  let bin: string
  let jid = ''
  before(async () => {
    fleet = await Fleet.start({ program: recordedProgram, minions })
    bin = wrapCommands(fleet.folder, fleet.config, fleet.minionConfig('alpha'))
    const { stdout } = await fleet.salt('--show-jid', '*', 'test.ping')
    jid = /^jid: (\d+)/.exec(stdout)?.[1] ?? ''
  })
  after(() => fleet?.[Symbol.asyncDispose]())
  for (const recording of run.filter(({ name }) => ofOneJob(name))) {
    it(recording.name, () =>
      compareRecording(fleet.folder, bin, { ...recording, cmd: recording.cmd.replace(/\d{20}/, jid) }),
    )
  }
})

const behaviour = recordings('behaviour')
compareGroup(
  'behaviour of a master that runs',
  '',
  behaviour.filter(({ name }) => /^0[129]/.test(name)),
)
compareGroup(
  'behaviour of a master that does not run',
  '',
  behaviour.filter(({ name }) => /^0[4-7]/.test(name)),
  async (fleet) => {
    await fleet.master.end()
  },
)

/** What had to be run before a recording, of which there is none itself. */
const runBefore: Readonly<Record<string, string>> = {
  '03-ok-again': 'salt alpha state.apply gold.ok',
  '28-multi-sls': 'salt alpha state.apply gold.ok',
}

describe('states and orchestrations', { skip: cannotCompare }, () => {
  let fleet: Fleet
  let place: RecordedPlace
  before(async () => {
    const files = mkdtempSync(join(tmpdir(), 'salt-states-'))
    copyRecordedStates(files, join(files, 'gold-files'))
    fleet = await Fleet.start({ program: recordedProgram, minions, master: `file_roots: {base: ['${files}']}\n` })
    const bin = wrapCommands(fleet.folder, fleet.config, fleet.minionConfig('alpha'))
    place = { cwd: fleet.folder, bin, place: join(files, 'gold-files') }
    // What a minion without a master runs.
    const local = join(fleet.minionConfig('alpha'), 'minion')
    writeFileSync(local, `${readFileSync(local, 'utf8')}file_roots: {base: ['${files}']}\n`)
  })
  after(async () => {
    await fleet?.[Symbol.asyncDispose]()
    if (place !== undefined) rmSync(join(place.place, '..'), { recursive: true, force: true })
  })
  const orchestrations = recordings('run').filter(({ name }) => /^3[0-4]-/.test(name))
  for (const [group, cases] of [
    ['state', recordings('state')],
    ['run', orchestrations],
  ] as const) {
    for (const recording of cases) {
      it(`${group} ${recording.name}`, { skip: knownDifference(group, recording.name) ?? false }, async () => {
        const first = runBefore[recording.name]
        if (first !== undefined) await runRecorded(first, place)
        await compareStates(recording, place)
      })
    }
  }
})
