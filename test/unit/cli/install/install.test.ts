/** `salt install` below a folder of its own. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { systemParts } from '../../../../src/cli/install/system-files.ts'
import { isOwnText } from '../../../../src/cli/install/units.ts'
import { run } from '../../../../src/cli/install.ts'
import { capture } from '../../../support/captured-output.ts'

describe('salt install', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'salt-install-'))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const minionUnit = '/etc/systemd/system/salt-minion.service'
  const install = (...words: string[]) => capture(() => run(['--root', root, '--program', '/usr/bin/salt', ...words]))

  it('writes the files of the parts that were named, and tells of each', async () => {
    const { result, stdout } = await install('minion')
    assert.deepEqual({ result, stdout }, { result: 0, stdout: `wrote ${root}${minionUnit}\n` })
    assert.match(readFileSync(root + minionUnit, 'utf8'), /^ExecStart=\/usr\/bin\/salt minion$/m)
    assert.equal(statSync(root + minionUnit).mode & 0o777, 0o644)
    assert.ok(!existsSync(join(root, 'etc/sysusers.d')))
  })

  it('writes for all to read, whatever the umask of root, and through no link', async () => {
    const elsewhere = join(root, 'elsewhere')
    mkdirSync(join(root, 'etc'))
    mkdirSync(join(root, 'etc/systemd'))
    mkdirSync(dirname(root + minionUnit))
    symlinkSync(elsewhere, root + minionUnit)
    const umask = process.umask(0o077)
    try {
      await install('minion', 'completion')
      assert.equal(process.umask(), 0o077)
    } finally {
      process.umask(umask)
    }
    const made = [minionUnit, '/usr/local/share/zsh/site-functions', '/usr/local/share/zsh/site-functions/_salt']
    assert.deepEqual(
      made.map((path) => statSync(root + path).mode & 0o777),
      [0o644, 0o755, 0o644],
    )
    assert.ok(!existsSync(elsewhere))
  })

  it('writes its own files anew', async () => {
    await install('minion')
    assert.equal((await install('minion')).stdout, `${root}${minionUnit} is up to date\n`)
    const { stdout } = await install('minion', '--program', '/opt/salt')
    assert.equal(stdout, `wrote ${root}${minionUnit}\n`)
  })

  it('knows all of its files again', async () => {
    for (const part of systemParts) {
      for (const { path, text } of await part.files(['/usr/bin/salt'])) assert.ok(isOwnText(text), path)
    }
  })

  it('leaves the file of somebody else alone, and the others with it, unless forced', async () => {
    mkdirSync(dirname(root + minionUnit), { recursive: true })
    writeFileSync(root + minionUnit, '[Service]\nExecStart=/usr/bin/salt-minion\n')
    await assert.rejects(install('master', 'minion'), { code: 'storage', where: root + minionUnit })
    assert.ok(!existsSync(join(root, 'etc/sysusers.d/salt.conf')))
    assert.equal((await install('--force', 'minion')).result, 0)
  })

  it('prints instead of writing, and says where a file would be', async () => {
    const { stdout } = await install('--print', 'master')
    assert.match(stdout, /^# \/etc\/systemd\/system\/salt-master\.service\n# Written by/)
    assert.match(stdout, /^# \/etc\/salt\/master\.d\/user\.conf\n.*\nuser: salt$/m)
    assert.ok(!existsSync(join(root, 'etc')))
  })

  it('names the program as it runs now', async () => {
    const { stdout } = await capture(() => run(['--print', 'minion']))
    assert.match(stdout, /^ExecStart=\S*node .*src\/main\.ts minion$/m)
  })

  for (const [words, fault] of [
    [[], /say what to install: master, minion/],
    [['mnion'], /'mnion' is none of master, minion/],
  ] as const) {
    it(`refuses ${JSON.stringify(words)}`, async () => {
      const { result, stderr } = await install(...words)
      assert.equal(result, 64)
      assert.match(stderr, fault)
    })
  }

  it('says what is missing where it may not write', async () => {
    writeFileSync(join(root, 'etc'), '')
    await assert.rejects(install('minion'), { code: 'storage' })
  })
})
