/** Output that nobody takes: a pipe whose reader went away, a disk that is full. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'
import { type Finished, programArgv, Running } from '../support/program.ts'

const full = '/dev/full'
const noFull = existsSync(full) ? false : `there is no ${full} here`
const toldOfDisk = 'salt: the output cannot be written: the disk is full [storage]\n'

describe('lost output', () => {
  let fleet: InProcessFleet & { readonly master: TestMaster }
  before(async () => {
    fleet = await InProcessFleet.start(['alpha', 'beta'])
  })
  after(() => fleet[Symbol.asyncDispose]())

  /** Runs a line of a shell in which `salt` is the program and `$C` the configuration of the master. */
  function shell(line: string): Promise<Finished> {
    const salt = `salt() { ${programArgv('source').join(' ')} "$@"; }`
    const C = join(fleet.master.folder, 'etc')
    return new Running(['bash', '-c', `set -o pipefail\n${salt}\n${line}`], { env: { C } }).finished
  }

  describe('to a pipe without a reader', () => {
    const lines: readonly (readonly [line: string, exit: number])[] = [
      ['salt --version | true', 0],
      ['salt | true', 1],
      ['salt --help | head -1', 0],
      ["salt -c $C '*' cmd.run 'seq 50000' | head -1", 0],
      ["salt -c $C '*' test.ping -b 1 | true", 0],
      ['salt run -c $C jobs.list_jobs | true', 0],
      ['salt key -c $C -L | true', 0],
    ]
    for (const [line, exit] of lines) {
      it(`ends without a word: ${line}`, async () => {
        const { exitCode, stdout, stderr } = await shell(line)
        assert.deepEqual({ exitCode, stderr }, { exitCode: exit, stderr: '' })
        assert.ok(stdout.split('\n').length <= 2, stdout)
      })
    }

    it('leaves the job alone', async () => {
      const { stdout } = await shell("salt -c $C --show-jid '*' test.sleep 0.3 | head -1")
      const outcomes = await fleet.master.follow(/^jid: (\d{20})$/m.exec(stdout)?.[1] ?? '')
      assert.deepEqual(
        Object.values(outcomes)
          .map(({ id, state }) => [id, state])
          .sort(),
        [
          ['alpha', 'returned'],
          ['beta', 'returned'],
        ],
      )
    })
  })

  describe('to a full disk', { skip: noFull }, () => {
    for (const line of [
      `salt -c $C '*' test.ping > ${full}`,
      `salt run -c $C manage.up > ${full}`,
      `salt key -c $C -L > ${full}`,
      `salt --help > ${full}`,
      `salt > ${full}`,
    ]) {
      it(`says so: ${line}`, async () => {
        assert.deepEqual(await ended(line), { exitCode: 74, stderr: toldOfDisk })
      })
    }

    for (const line of [
      `salt -c $C '*' test.ping --out-file ${full}`,
      `salt -c $C '*' test.ping -s --out-file ${full}`,
      `salt -c $C '*' test.ping -b 1 --out-file ${full}`,
      `salt run -c $C manage.up --out-file ${full}`,
    ]) {
      it(`says so: ${line}`, async () => {
        assert.deepEqual(await ended(line), { exitCode: 74, stderr: `${toldOfDisk}  where: ${full}\n` })
      })
    }

    it('tells by the exit code alone where nothing can be said', async () => {
      assert.deepEqual(await ended(`salt -c $C '*' test.ping > ${full} 2> ${full}`), { exitCode: 74, stderr: '' })
    })

    it('prints the returns when only stderr is lost', async () => {
      const { exitCode, stdout } = await shell(`salt -c $C alpha test.nosuch --out txt 2> ${full}`)
      assert.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: "alpha: 'test.nosuch' is not available.\n" })
    })

    async function ended(line: string): Promise<Pick<Finished, 'exitCode' | 'stderr'>> {
      const { exitCode, stderr } = await shell(line)
      return { exitCode, stderr }
    }
  })
})
