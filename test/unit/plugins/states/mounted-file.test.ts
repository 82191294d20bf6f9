/** Files that something is mounted on, as `/etc/hosts` in a container: they cannot be replaced, and are managed all the same. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ConfigFolder } from '../../../support/config-folder.ts'

const enter = ['--mount', '--map-root-user', 'sh', '-c', 'mount --bind "$0" "$1" && shift && exec "$@"']
const skip =
  spawnSync('unshare', ['--mount', '--map-root-user', 'true']).status === 0 ? false : 'needs namespaces for mounts'

const host = path.resolve(import.meta.dirname, '../../../support/state-host.ts')

test('a secret in a file that is mounted is read by nobody else', { skip }, () => {
  using folder = new ConfigFolder({ below: 'old\n', here: 'other\n' })
  const [below, here] = [folder.file('below'), folder.file('here')]
  const script = `
    import { StateHost } from ${JSON.stringify(host)}
    const want = { name: ${JSON.stringify(here)}, contents: 'secret', mode: '0600' }
    console.log(JSON.stringify(await new StateHost().apply('file.managed', want)))`
  const run = spawnSync('unshare', [...enter, below, here, process.execPath, '--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  assert.equal(run.status, 0, run.stderr)
  const { result, changes } = JSON.parse(run.stdout)
  assert.deepEqual([result, changes.mode], [true, '0600'])
  assert.deepEqual([readFileSync(below, 'utf8'), statSync(below).mode & 0o777], ['secret\n', 0o600])
  assert.equal(readFileSync(here, 'utf8'), 'other\n')
})
