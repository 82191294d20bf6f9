import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { test } from 'node:test'
import { ConfigFolder } from '../../support/config-folder.ts'
import { FunctionHost } from '../../support/function-host.ts'

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIE6t5I4P45YqPELYlcxbYZwn8vTl2to17BzTJwPI8yJr'
/** Nobody here has this id, so that no file of the test belongs to the user. */
const stranger = 'fred:x:59999:59999::/home/fred:/bin/sh\n'

function hostIn(folder: ConfigFolder): FunctionHost {
  return new FunctionHost({
    grains: { kernel: 'Linux' },
    root: folder.file('root'),
    programs: { 'getent passwd fred': stranger },
  })
}

for (const link of ['authorized_keys', '.ssh']) {
  test(`a user cannot make root write into files of others by a link: ${link}`, async () => {
    using folder = new ConfigFolder({ 'root/home/fred/x': '', 'root/etc/authorized_keys': 'of root\n' })
    const ssh = folder.file('root/home/fred/.ssh')
    if (link === '.ssh') fs.symlinkSync(folder.file('root/etc'), ssh)
    else {
      fs.mkdirSync(ssh)
      fs.symlinkSync(folder.file('root/etc/authorized_keys'), `${ssh}/authorized_keys`)
    }
    const outcome = await hostIn(folder).call('ssh.set_auth_key', 'fred', key, 'ed25519')
    assert.match(String(outcome.return), /is a link to what does not belong to fred/)
    assert.equal(fs.readFileSync(folder.file('root/etc/authorized_keys'), 'utf8'), 'of root\n')
  })
}

test('keys that are set at once are all there afterwards, and the file is private', async () => {
  using folder = new ConfigFolder({ 'root/home/fred/x': '' })
  const host = hostIn(folder)
  const keys = ['AAAA', 'BBBB', 'CCCC', 'DDDD']
  await Promise.all(keys.map((one) => host.call('ssh.set_auth_key', 'fred', one)))
  const path = folder.file('root/home/fred/.ssh/authorized_keys')
  const text = fs.readFileSync(path, 'utf8')
  for (const one of keys) assert.match(text, new RegExp(`^ssh-rsa ${one} $`, 'm'))
  assert.equal(fs.statSync(path).mode & 0o777, 0o600)
  assert.equal(fs.statSync(folder.file('root/home/fred/.ssh')).mode & 0o777, 0o700)
})
