import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { prepareUserKeys } from '../../../../src/daemons/master/user-keys.ts'

const skip = process.getuid?.() !== 0 && 'needs root, who may give files to other users'
const owner = { uid: 1, gid: 1 }
const fred = { name: 'fred', uid: 4_000_001, gid: 4_000_001, groups: [] }

/** Root prepares keys in a folder that belongs to the user of the master, who may be somebody else's tool by now. */
describe('keys that root gives out for a master of another user', { skip }, () => {
  let folder = ''
  let sockDir = ''
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'salt-user-keys-'))
    fs.chmodSync(folder, 0o711)
    sockDir = join(folder, 'sock')
    fs.mkdirSync(sockDir, { mode: 0o700 })
    fs.chownSync(sockDir, owner.uid, owner.gid)
  })
  afterEach(() => fs.rmSync(folder, { recursive: true }))

  it('belong to their users, in a folder of that user', () => {
    const keys = prepareUserKeys(sockDir, [fred], owner)
    const path = join(sockDir, 'users', `${fred.uid}.key`)
    const [file, users] = [fs.statSync(path), fs.statSync(join(sockDir, 'users'))]
    assert.deepEqual([file.uid, file.gid, file.mode & 0o777], [fred.uid, fred.gid, 0o400])
    assert.deepEqual([users.uid, users.mode & 0o777], [owner.uid, 0o711])
    assert.deepEqual(fs.readFileSync(path), Buffer.from(keys.get(fred.uid) ?? []))
    assert.deepEqual([process.geteuid?.(), process.getegid?.()], [0, 0])
  })

  it('replace what a master of root has left', () => {
    fs.mkdirSync(join(sockDir, 'users'), { mode: 0o711 })
    fs.writeFileSync(join(sockDir, 'users', '4000002.key'), 'old')
    prepareUserKeys(sockDir, [fred], owner)
    assert.deepEqual(fs.readdirSync(join(sockDir, 'users')), [`${fred.uid}.key`])
  })

  it('do not lead root through a link into a folder of its own', () => {
    const private_ = join(folder, 'private')
    fs.mkdirSync(private_, { mode: 0o700 })
    fs.writeFileSync(join(private_, 'file'), 'content')
    fs.symlinkSync(private_, join(sockDir, 'users'))
    fs.lchownSync(join(sockDir, 'users'), owner.uid, owner.gid)
    assert.throws(() => prepareUserKeys(sockDir, [fred], owner))
    const status = fs.statSync(private_)
    assert.deepEqual([status.uid, status.mode & 0o777, fs.readdirSync(private_)], [0, 0o700, ['file']])
    assert.deepEqual([process.geteuid?.(), process.getegid?.()], [0, 0])
  })
})
