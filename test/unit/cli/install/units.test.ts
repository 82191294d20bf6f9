/** The units, judged by systemd itself where it is installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemParts } from '../../../../src/cli/install/system-files.ts'
import { masterSysusers, masterTmpfiles, masterUnit, minionUnit } from '../../../../src/cli/install/units.ts'
import { masterTable } from '../../../../src/engine/options/master-table.ts'
import { minionTable } from '../../../../src/engine/options/minion-table.ts'

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
const missing = (program: string): string | false => (has(program) ? false : `${program} is not installed`)

describe('units', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-units-'))
    const program = join(folder, 'salt')
    writeFileSync(program, '')
    chmodSync(program, 0o755)
    writeFileSync(join(folder, 'salt-master.service'), masterUnit([program]))
    writeFileSync(join(folder, 'salt-minion.service'), minionUnit([program]))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const call = (...argv: string[]): { status: number | null; text: string } => {
    const [program = '', ...args] = argv
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    return { status, text: stdout + stderr }
  }

  it('have nothing that systemd does not understand', { skip: missing('systemd-analyze') }, () => {
    const units = ['master', 'minion'].map((daemon) => join(folder, `salt-${daemon}.service`))
    assert.deepEqual(call('systemd-analyze', 'verify', '--man=no', ...units), { status: 0, text: '' })
    const wrong = join(folder, 'wrong.service')
    writeFileSync(wrong, masterUnit(['/nowhere/salt']).replace('ProtectClock=', 'ProtectClocks='))
    const { status, text } = call('systemd-analyze', 'verify', '--man=no', wrong)
    assert.equal(status, 1)
    assert.match(text, /ProtectClocks.*\n[\s\S]*\/nowhere\/salt/)
  })

  it('harden the master and leave the minion what jobs need', { skip: missing('systemd-analyze') }, () => {
    const exposure = (daemon: string): number => {
      const { text } = call(
        'systemd-analyze',
        'security',
        '--offline=yes',
        '--no-pager',
        join(folder, `salt-${daemon}.service`),
      )
      return Number(/exposure level for .*: ([\d.]+)/.exec(text)?.[1])
    }
    assert.ok(exposure('master') <= 2.5, String(exposure('master')))
    assert.ok(exposure('minion') >= 9, String(exposure('minion')))
  })

  it('let systemd make the user and the folder of the keys', { skip: missing('systemd-sysusers') }, () => {
    const root = join(folder, 'root')
    mkdirSync(join(root, 'etc'), { recursive: true })
    writeFileSync(join(folder, 'users.conf'), masterSysusers())
    writeFileSync(join(folder, 'folders.conf'), masterTmpfiles())
    assert.equal(call('systemd-sysusers', `--root=${root}`, join(folder, 'users.conf')).status, 0)
    const account = /^salt:x:(\d+):(\d+):Salt master:\/var\/lib\/salt:.*nologin$/m.exec(
      readFileSync(join(root, 'etc/passwd'), 'utf8'),
    )
    assert.ok(account)
    if (process.getuid?.() !== 0) return
    const { status, text } = call('systemd-tmpfiles', `--root=${root}`, '--create', join(folder, 'folders.conf'))
    assert.equal(status, 0, text)
    const keys = statSync(join(root, 'etc/salt/pki/master'))
    assert.deepEqual([keys.mode & 0o777, keys.uid], [0o700, Number(account[1])])
  })

  it('name the folders that the daemons use unless configured otherwise', () => {
    const master = masterUnit(['/usr/bin/salt'])
    const places: Record<string, string> = {
      RuntimeDirectory: '/run',
      CacheDirectory: '/var/cache',
      LogsDirectory: '/var/log',
    }
    const folders = Object.entries(places).map(
      ([key, parent]) => `${parent}/${new RegExp(`^${key}=(.*)$`, 'm').exec(master)?.[1]}`,
    )
    const { sock_dir, cachedir, log_file } = masterTable
    const used = [sock_dir, cachedir, log_file].map((option) => String(option.initial).replace('/var/run/', '/run/'))
    assert.deepEqual(folders, [used[0], used[1], used[2]?.replace(/\/[^/]*$/, '')])
    assert.match(minionUnit(['/usr/bin/salt']), /^RuntimeDirectory=salt\/minion$/m)
    assert.equal(String(minionTable.sock_dir.initial), '/var/run/salt/minion')
  })

  it('quote what systemd would read otherwise', () => {
    assert.match(minionUnit(['/opt/my salt', '50%', '$x']), /^ExecStart="\/opt\/my salt" 50%% \$\$x minion$/m)
  })

  it('are told how to be started', () => {
    for (const { name, next } of systemParts.filter(({ name }) => /m..(ion|ter)$/.test(name))) {
      assert.equal(next.at(-1), `systemctl enable --now salt-${name}`)
    }
  })
})
