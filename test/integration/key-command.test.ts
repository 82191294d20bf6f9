/** `salt key` on the files of a master that does not run. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { temporaryIdentity } from '../../src/wire/identity.ts'
import { type Finished, run } from '../support/program.ts'

const empty = 'Accepted Keys:\nDenied Keys:\nUnaccepted Keys:\nRejected Keys:\n'

describe('salt key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salt-key-'))
  const pki = join(folder, 'etc/salt/pki/master')
  const identities = { alpha: temporaryIdentity(), beta: temporaryIdentity(), gamma: temporaryIdentity() }

  before(() => writeFileSync(join(folder, 'master'), `root_dir: ${folder}\n`))
  after(() => rmSync(folder, { recursive: true, force: true }))
  // As in the beginning: alpha is accepted, beta waits.
  beforeEach(() => {
    rmSync(pki, { recursive: true, force: true })
    put('minions', 'alpha')
    put('minions_pre', 'beta')
  })

  function put(state: string, id: keyof typeof identities): void {
    mkdirSync(join(pki, state), { recursive: true, mode: 0o700 })
    writeFileSync(join(pki, state, id), identities[id].publicPem)
  }

  async function key(words: string, input = ''): Promise<Finished> {
    return await run('source', ['key', '-c', folder, ...words.split(' ')], { input })
  }

  async function prints(words: string, stdout: string, input = ''): Promise<void> {
    const { exitCode, stdout: printed, stderr } = await key(words, input)
    assert.deepEqual({ exitCode, stdout: printed, stderr }, { exitCode: 0, stdout, stderr: '' })
  }

  function isIn(state: string, id: string): boolean {
    return existsSync(join(pki, state, id))
  }

  it('lists by state', async () => {
    await prints('-L', 'Accepted Keys:\nalpha\nDenied Keys:\nUnaccepted Keys:\nbeta\nRejected Keys:\n')
    await prints('-l pre', 'Unaccepted Keys:\nbeta\n')
    await prints('--list unaccepted', 'Unaccepted Keys:\nbeta\n')
    await prints('-l acc', 'Accepted Keys:\nalpha\n')
    await prints('-l den', 'Denied Keys:\n')
    await prints('-L --out yaml', 'minions:\n- alpha\nminions_denied: []\nminions_pre:\n- beta\nminions_rejected: []\n')
    rmSync(pki, { recursive: true })
    await prints('-L', empty)
  })

  it('prints fingerprints and keys', async () => {
    const { alpha, beta, gamma } = identities
    await prints('-f beta', `Unaccepted Keys:\nbeta:  ${beta.fingerprint}\n`)
    await prints('-p alpha', `Accepted Keys:\nalpha:  ${alpha.publicPem}`)
    await prints('-f nosuch', '')
    await prints('-f master.pub', '')
    writeFileSync(join(pki, 'master.pub'), gamma.publicPem)
    await prints('-f master', '')
    await prints('-f master.pub', `Local Keys:\nmaster.pub:  ${gamma.fingerprint}\n`)
    const all = `Local Keys:\nmaster.pem:  ${gamma.fingerprint}\nmaster.pub:  ${gamma.fingerprint}\nAccepted Keys:\nalpha:  ${alpha.fingerprint}\nUnaccepted Keys:\nbeta:  ${beta.fingerprint}\n`
    await prints('-F', all)
    await prints('-F master', all)
  })

  it('refuses a word that would be ignored', async () => {
    const several = await key('-y -a beta alpha')
    assert.equal(several.exitCode, 64)
    assert.match(several.stderr, /'alpha' belongs to no option\nSeveral ids: a glob/)
    assert.ok(isIn('minions_pre', 'beta'), 'nothing is half done')
    assert.match((await key('accept beta')).stderr, /'accept' belongs to no option\nDid you mean --accept\?\n$/)
  })

  it('asks before it accepts, and takes Enter for yes', async () => {
    const question = 'The following keys are going to be accepted:\nUnaccepted Keys:\nbeta\nProceed? [n/Y] '
    await prints('-A', question, 'n\n')
    await prints('-A', `${question}\n`)
    assert.ok(isIn('minions_pre', 'beta'), 'no answer must not accept')
    await prints('-a b*', `${question}Key for minion beta accepted.\n`, '\n')
    assert.ok(isIn('minions', 'beta') && !isIn('minions_pre', 'beta'))
  })

  it('asks before it deletes, and takes Enter for no', async () => {
    const question =
      'The following keys are going to be deleted:\nAccepted Keys:\nalpha\nUnaccepted Keys:\nbeta\nProceed? [N/y] '
    await prints('-D', question, '\n')
    assert.ok(isIn('minions', 'alpha'))
    await prints('-D', `${question}Key for minion alpha deleted.\nKey for minion beta deleted.\n`, 'y\n')
    await prints('-L', empty)
  })

  it('rejects, deletes and accepts without a question', async () => {
    await prints(
      '-y -r beta',
      'The following keys are going to be rejected:\nUnaccepted Keys:\nbeta\nKey for minion beta rejected.\n',
    )
    assert.ok(isIn('minions_rejected', 'beta'))
    await prints('-y -a beta', "The key glob 'beta' does not match any unaccepted keys.\n")
    await prints(
      '-y -a beta --include-rejected --out json',
      'The following keys are going to be accepted:\n{\n    "minions_rejected": [\n        "beta"\n    ]\n}\nKey for minion beta accepted.\n',
    )
    await prints(
      '-y -d beta',
      'The following keys are going to be deleted:\nAccepted Keys:\nbeta\nKey for minion beta deleted.\n',
    )
    await prints('-y -d beta', "The key glob 'beta' does not match any unaccepted keys.\n")
    await prints(
      '-y -r zz --include-all',
      "The key glob 'zz' does not match any unaccepted, accepted or denied keys.\n",
    )
  })

  it('is silent with -q', async () => {
    await prints('-q -y -A', '')
    assert.ok(isIn('minions', 'beta'))
  })

  it('makes a key pair and never replaces one', async () => {
    const made = join(folder, 'made')
    const { exitCode, stdout } = await key(`--gen-keys web1 --gen-keys-dir ${made} --keysize 4096`)
    assert.equal(exitCode, 0)
    assert.match(stdout, /^Local Keys:\nweb1\.pub: {2}([0-9a-f]{2}:){31}[0-9a-f]{2}\n$/)
    assert.equal(statSync(join(made, 'web1.pem')).mode & 0o777, 0o600)
    const before = readFileSync(join(made, 'web1.pem'), 'utf8')
    const again = await key(`--gen-keys web1 --gen-keys-dir ${made}`)
    assert.equal(again.exitCode, 74)
    assert.match(again.stderr, /exists already/)
    assert.equal(readFileSync(join(made, 'web1.pem'), 'utf8'), before)
    const outside = await key(`--gen-keys ../web1 --gen-keys-dir ${made}`)
    assert.equal(outside.exitCode, 78)
    assert.match(outside.stderr, /'\.\.\/web1' cannot be the name of a key pair .*\n {2}hint: The name is the id/)
  })

  it('refuses what it cannot do', async () => {
    for (const words of ['-l some', '--gen-signature', '--auth pam', '--nosuch']) {
      const { exitCode, stdout, stderr } = await key(words)
      assert.deepEqual([exitCode, stdout], [64, ''], words)
      assert.match(stderr, /^Usage: salt key \[options\]\n\nsalt key: error: /)
    }
  })
})
