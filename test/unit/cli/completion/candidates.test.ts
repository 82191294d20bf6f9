import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { commands } from '../../../../src/cli/commands.ts'
import { candidates } from '../../../../src/cli/completion/candidates.ts'
import { run } from '../../../../src/cli/completion.ts'
import { capture } from '../../../support/captured-output.ts'

describe('candidates', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-candidates-'))
    const ids = {
      minions: ['db:1', 'web1', 'web2'],
      minions_pre: ['new1'],
      minions_rejected: ['bad1'],
      minions_denied: ['web1'],
    }
    for (const [state, names] of Object.entries(ids)) {
      mkdirSync(join(folder, 'pki', state), { recursive: true })
      for (const name of names) writeFileSync(join(folder, 'pki', state, name), '')
    }
    writeFileSync(join(folder, 'master'), `root_dir: ${folder}\npki_dir: /pki\nnodegroups: {front: web*, back: db*}\n`)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** The words as typed with blanks between them; the last one is to be completed. */
  async function offered(line: string): Promise<readonly string[] | string> {
    const found = await candidates(['-c', folder, ...line.split(' ')])
    return typeof found === 'string' ? found : found.map(({ word }) => word)
  }
  async function offeredTo(command: string, line: string): Promise<readonly string[] | string> {
    const found = await candidates([command, '-c', folder, ...line.split(' ')])
    return typeof found === 'string' ? found : found.map(({ word }) => word)
  }

  const cases: readonly (readonly [string, readonly string[] | string])[] = [
    ['web', ['web1', 'web2']],
    ['', ['db:1', 'web1', 'web2']],
    ['-L web1,w', ['web1,web2']],
    ['-C d', ['db:1']],
    ['-N ', ['front', 'back']],
    ['-G os', []],
    ['web1 test.pin', ['test.ping']],
    ['-b 5 web1 test.pin', ['test.ping']],
    ['-b5 -v web1 --out=json test.pin', ['test.ping']],
    ['--tim 5 web1 test.pin', ['test.ping']],
    ['web1 test.ping,test.pin', ['test.ping,test.ping']],
    ['web1 state.single cron.env_', ['cron.env_absent', 'cron.env_present']],
    ['web1 state.single cron.env_present u', ['user=']],
    ['web1 state.single cron.env_present name=x va', ['value=']],
    ['web1 state.single cron.env_present te', ['test=']],
    ['web1 state.single nosuch.state te', ['test=']],
    ['web1 sys.state_doc cron.env_p', ['cron.env_present']],
    ['web1 test.sleep ', ['length=']],
    ['web1 test.sleep length=5 ', ['length=']],
    ['web1 no.such ', []],
    ['--out js', ['json']],
    ['web1 test.ping --out=js', ['--out=json']],
    ['--state-output=changes', ['--state-output=changes', '--state-output=changes_id']],
    ['--progr', ['--progress']],
    ['--return', ['--return', '--return-config', '--return-kwargs']],
    ['--hosts', ['--hosts']],
    ['--saltfile ', []],
    ['--out-file x', 'files'],
    ['--out-file=x', 'files'],
    ['web1 cmd.run -- --progr', []],
    ['--no-such-option web', ['web1', 'web2']],
  ]
  for (const [line, expected] of cases) {
    it(`salt ${line}`, async () => assert.deepEqual(await offered(line), expected))
  }

  const ofCommands: readonly (readonly [string, string, readonly string[] | string])[] = [
    ['key', '-a ', ['new1']],
    ['key', '--include-all -a ', ['bad1', 'new1', 'web1']],
    ['key', '--include-rejected -a ', ['bad1', 'new1']],
    ['key', '-r ', ['new1']],
    ['key', '-d ', ['db:1', 'web1', 'web2', 'new1', 'bad1']],
    ['key', '-l ', ['all', 'pre', 'un', 'acc', 'rej', 'den']],
    ['key', 'web', []],
    ['call', 'test.pin', ['test.ping']],
    ['event', '', ['listen', 'send']],
    ['event', 'listen --match f', ['find', 'fnmatch']],
    ['event', 'listen --out=j', ['--out=json']],
    ['event', 'listen --mi', ['--minion']],
    ['event', 'send my/', []],
    ['call', '--local test.sleep ', ['length=']],
    ['run', 'jobs.lookup', ['jobs.lookup_jid']],
    ['run', '-d jobs.lookup', ['jobs.lookup_jid']],
    ['wheel', 'key.accept_d', ['key.accept_dict']],
    ['master', '--log-l', ['--log-level']],
    ['master', '-l war', ['warning']],
    ['verify', '', 'files'],
    ['lint', '', 'files'],
    ['lint', '--root ', 'folders'],
    ['lint', '--out=', ['--out=text', '--out=json']],
    ['peer', 'e', ['explain']],
    ['peer', 'explain n', ['new1']],
    ['peer', 'explain web1 d', ['db:1']],
    ['peer', 'explain web1 web2 test.pin', ['test.ping']],
    ['audit', '', ['tail', 'verify']],
    ['install', 'm', ['man', 'master', 'minion']],
    ['completion', 'f', ['fish']],
  ]
  for (const [command, line, expected] of ofCommands) {
    it(`salt ${command} ${line}`, async () => {
      const found = await offeredTo(command, line)
      assert.deepEqual(
        typeof found === 'string' ? found : [...found].sort(),
        typeof expected === 'string' ? expected : [...expected].sort(),
      )
    })
  }

  it('begin with the commands', async () => {
    const words = (await candidates([''])) as readonly { word: string }[]
    assert.deepEqual(
      words.slice(0, commands.length + 1).map(({ word }) => word),
      [...commands.map(({ name }) => name), 'help'],
    )
    assert.deepEqual((await candidates(['help', 'mas'])) as unknown, [{ word: 'master', doc: 'Run the master' }])
  })

  it('know the options of every command that has any', async () => {
    for (const { name } of commands) {
      const found = await candidates([name, '--he'])
      assert.deepEqual(typeof found === 'string' ? found : found.map(({ word }) => word), ['--help'], name)
    }
  })

  it('are functions for a minion that is called as a command of ours', async () => {
    assert.deepEqual((await candidates(['verify', 'test.ping', '--progr'])) as unknown, [
      {
        word: '--progress',
        doc: 'Say on the terminal from the start who has not returned yet; without it, after a second.',
      },
    ])
  })

  it('are printed with the first sentence about them, and none for a wrong configuration', async () => {
    const line = ['bash', '--', '-c', folder, 'web1', 'test.pin']
    const { stdout } = await capture(() => run(line))
    assert.equal(stdout, 'test.ping\tAnswer that this minion is there.\n')
    writeFileSync(join(folder, 'master'), 'no_such_key: 1\n')
    assert.deepEqual(await capture(() => run(['bash', '--', '-c', folder, 'web'])), {
      result: 0,
      stdout: '',
      stderr: '',
    })
  })
})
