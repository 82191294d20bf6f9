/** Known hosts and keys with the real ssh-keygen, in a folder that stands for the system. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findProgram } from '../../../../src/engine/functions/process-identity.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { StateHost } from '../../../support/state-host.ts'

const skip = findProgram('ssh-keygen') === undefined ? 'needs ssh-keygen' : false

function newKey(folder: ConfigFolder, name: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', folder.file(name)])
  return (
    readFileSync(folder.file(`${name}.pub`), 'utf8')
      .split(' ')[1]
      ?.trim() ?? ''
  )
}

test('a host comes to be known by its key, by another, and is forgotten', { skip }, async () => {
  using folder = new ConfigFolder({ 'root/etc/ssh/ssh_known_hosts': '' })
  const host = new StateHost({ root: folder.file('root') })
  const [first, second] = [newKey(folder, 'first'), newKey(folder, 'second')]
  const args = { name: 'example.org', port: 2222, enc: 'ed25519' }
  assert.equal((await host.test('ssh_known_hosts.present', { ...args, key: first })).result, null)
  const added = await host.apply('ssh_known_hosts.present', { ...args, key: first })
  assert.equal(added.comment, `example.org's key saved to /etc/ssh/ssh_known_hosts (key: ${first})`)
  assert.match(readFileSync(folder.file('root/etc/ssh/ssh_known_hosts'), 'utf8'), /^\|1\|\S+ ssh-ed25519 \S+\n$/)
  assert.equal((await host.test('ssh_known_hosts.present', { ...args, key: first })).result, true)
  const other = await host.test('ssh_known_hosts.present', { ...args, key: second })
  assert.equal(other.comment, 'Key for example.org is set to be updated in /etc/ssh/ssh_known_hosts')
  const updated = await host.apply('ssh_known_hosts.present', { ...args, key: second })
  assert.equal(updated.result, true, updated.comment)
  const known = readFileSync(folder.file('root/etc/ssh/ssh_known_hosts'), 'utf8')
  assert.deepEqual([known.includes(first), known.includes(second)], [false, true])
  const gone = await host.apply('ssh_known_hosts.absent', { name: 'example.org', port: 2222 })
  assert.deepEqual([gone.result, gone.changes.new], [true, null], gone.comment)
  assert.equal(
    (await host.test('ssh_known_hosts.absent', { name: 'example.org', port: 2222 })).comment,
    'Host is already absent',
  )
})
