/**
 * Compares what the built binary answers with recordings of the reference implementation, where they lie beside the
 * checkout. What matters of them is pinned in the project's own tests too; without the recordings this file skips.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Fleet } from '../support/fleet.ts'
import { binaryPath, type ProgramKind, programArgv, projectRoot, Running } from '../support/program.ts'
import { comparable, type Recording } from '../support/recording.ts'

const folder = join(projectRoot, '..', 'shared', 'golden')
const differences: Record<string, string> = JSON.parse(
  readFileSync(join(projectRoot, 'test', 'cases', 'recording-differences.json'), 'utf8'),
)
/** `SALT_TEST_PROGRAM=source` compares the sources instead. */
const program: ProgramKind = process.env.SALT_TEST_PROGRAM === 'source' ? 'source' : 'binary'
const isBuilt = program === 'source' || existsSync(binaryPath)
const skip = existsSync(folder) ? (isBuilt ? false : 'the binary is not built') : 'there are no recordings'

const minions = {
  alpha: 'grains: {role: web, roles: [front, cache]}\n',
  beta: 'grains: {role: db, roles: [back]}\n',
}
const peerRules = `peer: {alpha: ['test.*', grains.get], 'be.*': [test.ping]}\npeer_run: {alpha: [manage.up, test.arg]}\n`

function recordings(group: string): readonly Recording[] {
  return skip === false ? JSON.parse(readFileSync(join(folder, `${group}.json`), 'utf8')) : []
}

/** Puts commands of the reference's names on a path of their own. */
function wrapCommands(fleet: Fleet): string {
  const bin = join(fleet.folder, 'bin')
  mkdirSync(bin)
  const commands = {
    salt: `-c '${fleet.config}'`,
    'salt-key': `key -c '${fleet.config}'`,
    'salt-run': `run -c '${fleet.config}'`,
    'salt-call': `call -c '${fleet.minionConfig('alpha')}'`,
  }
  for (const [name, words] of Object.entries(commands)) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${programArgv(program).join(' ')} ${words} "$@"\n`, { mode: 0o755 })
  }
  return bin
}

async function check(fleet: Fleet, bin: string, recording: Recording): Promise<void> {
  const running = new Running(['bash', '-c', recording.cmd], {
    cwd: fleet.folder,
    env: { PATH: `${bin}:${process.env.PATH}`, TERM: 'dumb' },
    timeoutMs: 60_000,
  })
  const { exitCode, stdout, stderr } = await running.finished
  assert.deepEqual(
    comparable({ ...recording, exitcode: exitCode ?? -1, stdout, stderr }),
    comparable(recording),
    `${recording.cmd}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`,
  )
}

function compareGroup(
  title: string,
  master: string,
  cases: readonly Recording[],
  prepare?: (fleet: Fleet) => void,
): void {
  describe(title, { skip }, () => {
    let fleet: Fleet
    let bin: string
    before(async () => {
      fleet = await Fleet.start({ program, minions, master })
      prepare?.(fleet)
      bin = wrapCommands(fleet)
    })
    after(() => fleet?.[Symbol.asyncDispose]())
    for (const recording of cases) {
      const known = differences[`${title.split(' ')[0]}/${recording.name}`]
      it(recording.name, { skip: known ?? false }, () => check(fleet, bin, recording))
    }
  })
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
  (fleet) => {
    const keys = join(fleet.folder, 'root', 'etc', 'salt', 'pki', 'master', 'minions')
    writeFileSync(join(keys, 'ghost'), readFileSync(join(keys, 'alpha')))
  },
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
compareGroup(
  'run of two minions',
  '',
  recordings('run').filter(({ name }) => /manage|^0[1247]|^08|^09|^14|^24|^39|^40|^42/.test(name)),
)
