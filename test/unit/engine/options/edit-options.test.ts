import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { setOption, writeInclude } from '../../../../src/engine/options/edit-options.ts'
import { masterRole } from '../../../../src/engine/options/master-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'salt-edit-'))
const file = join(folder, 'master')

function text(): string {
  return readFileSync(file, 'utf8')
}

after(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
})

describe('setOption', () => {
  const cases: readonly (readonly [what: string, before: string, name: string, value: unknown, after: string])[] = [
    ['an empty file', '', 'timeout', 7, 'timeout: 7\n'],
    ['a new option', '# mine\ntimeout: 7\n', 'interface', '::', "# mine\ntimeout: 7\ninterface: '::'\n"],
    ['one line of several', 'x.a: 1\ntimeout: 7 # why\nx.b: 2\n', 'timeout', 9, 'x.a: 1\ntimeout: 9\nx.b: 2\n'],
    [
      'a block, but not the comment of the next option',
      'peer:\n  web1:\n    - test.*\n\n  # inside\n  web2: [x.y]\n\n# of timeout\ntimeout: 7\n',
      'peer',
      { a: ['b.c'] },
      'peer:\n  a:\n  - b.c\n\n# of timeout\ntimeout: 7\n',
    ],
    [
      'a list at the margin',
      'custom_options:\n- x\n- y\ntimeout: 7\n',
      'custom_options',
      ['z'],
      'custom_options:\n- z\ntimeout: 7\n',
    ],
    [
      'brackets over lines',
      'custom_options: [\n  x,\n]\ntimeout: 7',
      'custom_options',
      ['z'],
      'custom_options:\n- z\ntimeout: 7\n',
    ],
    ['a quoted name', '"timeout": 7\n', 'timeout', 8, 'timeout: 8\n'],
  ]
  for (const [what, before, name, value, expected] of cases) {
    it(`changes ${what}`, async () => {
      writeFileSync(file, before, { mode: 0o600 })
      await setOption(masterRole, file, [name, value])
      assert.equal(
        text(),
        expected.replace(/^[ab]: .*\n/gm, (line) => `x.${line}`),
      )
      assert.equal(statSync(file).mode & 0o777, 0o600)
    })
  }

  it('refuses what a start would refuse, and leaves the file', async () => {
    writeFileSync(file, 'timeout: 7\n')
    await assert.rejects(setOption(masterRole, file, ['timeot', 1]), { code: 'configuration', message: /timeout/ })
    await assert.rejects(setOption(masterRole, file, ['timeout', 'soon']), { code: 'configuration' })
    assert.equal(text(), 'timeout: 7\n')
  })

  it('refuses an option that another file sets after all', async () => {
    mkdirSync(join(folder, 'master.d'))
    writeFileSync(join(folder, 'master.d/x.conf'), '\ntimeout: 3\n')
    await assert.rejects(setOption(masterRole, file, ['timeout', 4]), {
      code: 'configuration',
      where: join(folder, 'master.d/x.conf:2'),
    })
    assert.equal(existsSync(file), false)
  })

  it('refuses an option that shares its line with others', async () => {
    writeFileSync(file, '{timeout: 7, max_minions: 3}\n')
    await assert.rejects(setOption(masterRole, file, ['timeout', 4]), { code: 'configuration' })
    assert.equal(text(), '{timeout: 7, max_minions: 3}\n')
  })
})

describe('writeInclude', () => {
  it('takes back what a start would refuse because of another file that it names', async () => {
    const other = join(folder, 'no-mapping')
    writeFileSync(other, 'a text')
    writeFileSync(file, 'timeout: 7\n')
    await assert.rejects(writeInclude(masterRole, file, ['more', { include: other }]), { code: 'configuration' })
    assert.equal(existsSync(join(folder, 'master.d/more.conf')), false)
    await assert.rejects(setOption(masterRole, file, ['include', other]), { code: 'configuration' })
    assert.equal(text(), 'timeout: 7\n')
  })

  it('makes the folder and the file, and replaces what it held', async () => {
    const written = join(folder, 'master.d/gui.conf')
    assert.equal(await writeInclude(masterRole, file, ['gui', { timeout: 3 }]), written)
    assert.equal(readFileSync(written, 'utf8'), 'timeout: 3\n')
    await writeInclude(masterRole, file, ['gui', { max_minions: 5 }])
    assert.equal(readFileSync(written, 'utf8'), 'max_minions: 5\n')
    await writeInclude(masterRole, file, ['gui', {}])
    assert.equal(readFileSync(written, 'utf8'), '')
  })

  for (const mode of [0o600, 0o644]) {
    it(`is as open as the main file with mode ${mode.toString(8)}`, async () => {
      writeFileSync(file, 'timeout: 7\n')
      chmodSync(file, mode)
      const written = await writeInclude(masterRole, file, ['gui', { timeout: 3 }])
      assert.equal(statSync(written).mode & 0o777, mode)
    })
  }

  it('goes where default_include points', async () => {
    writeFileSync(file, 'default_include: more/*.conf\n')
    assert.equal(await writeInclude(masterRole, file, ['a', { timeout: 3 }]), join(folder, 'more/a.conf'))
  })

  for (const name of ['../evil', 'a/b', '/etc/cron.d/x', '..', '', '.hidden', 'a\0b']) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      await assert.rejects(writeInclude(masterRole, file, [name, { timeout: 3 }]), { code: 'bad-path' })
    })
  }

  it('refuses options that a start would refuse', async () => {
    await assert.rejects(writeInclude(masterRole, file, ['x', { nosuch: 1 }]), { code: 'configuration' })
    assert.equal(existsSync(join(folder, 'master.d')), false)
  })
})
