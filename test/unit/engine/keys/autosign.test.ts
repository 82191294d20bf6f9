import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type AutosignOptions, decideNewKey } from '../../../../src/engine/keys/autosign.ts'
import { keptLog } from '../jobs/samples.ts'

let folder: string
let log: ReturnType<typeof keptLog>

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'autosign-'))
  log = keptLog()
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string, mode = 0o644): string {
  const path = join(folder, name)
  fs.mkdirSync(join(path, '..'), { recursive: true })
  fs.writeFileSync(path, text)
  fs.chmodSync(path, mode)
  return path
}
const decide = (id: string, options: AutosignOptions, grains: Record<string, unknown> = {}) =>
  decideNewKey({ id, grains, options, log }).kind

describe('a key that was never seen', () => {
  it('waits when nothing says otherwise', () => {
    assert.equal(decide('alpha', {}), 'pending')
    assert.equal(
      decide('alpha', { autosignFile: join(folder, 'absent'), autosignGrainsDir: join(folder, 'absent') }),
      'pending',
    )
    assert.deepEqual(log.lines, [])
  })

  it('is accepted with auto_accept, unless it is listed to be rejected', () => {
    const autorejectFile = file('reject', 'bad*\n')
    assert.equal(decide('alpha', { autoAccept: true, autorejectFile }), 'accept')
    assert.equal(decide('badger', { autoAccept: true, autorejectFile, autosignFile: file('sign', 'badger') }), 'reject')
  })

  it('is accepted by an exact line, a glob, or an expression for the whole id', () => {
    const autosignFile = file('sign', '# comment\n\n  alpha  \nweb-*\r\ndb\\d+\\.example\\.com\n*.lab\n#hash\n')
    for (const id of ['alpha', 'web-1', 'db12.example.com', 'x.lab'])
      assert.equal(decide(id, { autosignFile }), 'accept', id)
    for (const id of ['alphabet', 'xweb-1', 'db12.example.com.evil', 'comment', '#hash', 'db1']) {
      assert.equal(decide(id, { autosignFile }), 'pending', id)
    }
    assert.deepEqual(log.lines, [])
  })

  it('is not accepted by a file that others may write to', () => {
    const autosignFile = file('sign', 'alpha', 0o646)
    assert.equal(decide('alpha', { autosignFile }), 'pending')
    assert.match(log.lines[0]?.text ?? '', /others may write/)
    fs.chmodSync(autosignFile, 0o664)
    assert.equal(decide('alpha', { autosignFile }), 'pending')
    assert.equal(decide('alpha', { autosignFile, permissivePkiAccess: true }), 'accept')
  })

  it('is accepted by the value of a grain', () => {
    file('grains/uuid', '# machines\n11-22\n33-44\n')
    file('grains/open', 'yes', 0o666)
    file('grains/number', '7\n')
    const options = { autosignGrainsDir: join(folder, 'grains') }
    assert.equal(decide('alpha', options, { uuid: '33-44' }), 'accept')
    assert.equal(decide('alpha', options, { other: 1, number: 7 }), 'accept')
    assert.equal(decide('alpha', options, { uuid: '33-4' }), 'pending')
    assert.equal(decide('alpha', options, { uuid: '# machines' }), 'pending')
    assert.equal(decide('alpha', options, { uuid: '' }), 'pending')
    assert.equal(decide('alpha', options, { open: 'yes' }), 'pending')
    file('secret', 'x')
    assert.equal(decide('alpha', options, { '../secret': 'x', '..': 'x' }), 'pending')
    assert.equal(decide('alpha', {}, { uuid: '33-44' }), 'pending')
  })

  it('is accepted once by an invitation that is not too old', () => {
    const autosignFolder = join(folder, 'minions_autosign')
    const options = { autosignFolder, autosignTimeoutMinutes: 60 }
    file('minions_autosign/alpha', '')
    assert.equal(decide('alpha', options), 'accept')
    assert.equal(decide('alpha', options), 'pending')
    const old = file('minions_autosign/alpha', '')
    fs.utimesSync(old, new Date(), new Date(Date.now() - 3_700_000))
    assert.equal(decide('alpha', options), 'pending')
    assert.equal(fs.existsSync(old), false)
    fs.utimesSync(file('minions_autosign/alpha', ''), new Date(), new Date(1000))
    assert.equal(decide('alpha', { autosignFolder, autosignTimeoutMinutes: 0 }), 'accept')
    file('alpha', '')
    assert.equal(decide('../alpha', options), 'pending')
    assert.equal(fs.existsSync(join(folder, 'alpha')), true)
  })

  it('logs a line that is no pattern and goes on', () => {
    const autosignFile = file('sign', 'a(b\nalpha\n')
    assert.equal(decide('alpha', { autosignFile }), 'accept')
    assert.match(log.lines[0]?.text ?? '', /no valid pattern/)
  })
})
