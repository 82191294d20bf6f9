import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inventory } from '../../../src/cli/compat/inventory.ts'
import { leftOutModules } from '../../../src/engine/compat/left-out-modules.ts'
import { matchGlob } from '../../../src/engine/target/glob.ts'
import { ConfigFolder } from '../../support/config-folder.ts'
import { run } from '../../support/program.ts'

describe('salt compat', () => {
  it('prints a line for each place, and exits 1 where something has to be written in another way', async () => {
    using folder = new ConfigFolder({ 'srv/a.sls': 'x:\n  augeas.change:\n    - lens: y\n  test.nop: []\n' })
    const { exitCode, stdout } = await run('source', ['compat', folder.path])
    assert.equal(exitCode, 1)
    assert.match(stdout, /srv\/a\.sls:2: the state augeas\.change is not here — file\.replace/)
    assert.match(stdout, /states: 1 of 2 work\n/)
  })

  it('gives data, and exits 0 where all will work', async () => {
    using folder = new ConfigFolder({ 'a.sls': 'x:\n  test.nop: []\n' })
    const { exitCode, stdout } = await run('source', ['compat', folder.file('a.sls'), '--out', 'json'])
    assert.equal(exitCode, 0)
    const report = JSON.parse(stdout)
    assert.deepEqual(report.findings, [])
    assert.equal(report.files, 1)
  })

  it('wants to know what to look at', async () => {
    assert.equal((await run('source', ['compat'])).exitCode, 64)
    assert.equal((await run('source', ['compat', '/nonexistent/tree'])).exitCode, 64)
  })
})

describe('modules that are left out on purpose', () => {
  it('are not here', async () => {
    const { states } = await inventory()
    const present = new Set([...states.keys()].map((name) => name.slice(0, name.indexOf('.'))))
    for (const { names } of leftOutModules) {
      for (const name of names)
        assert.deepEqual(
          [...present].filter((module) => matchGlob(name, module)),
          [],
        )
    }
  })
})
