/** Compares `salt key` with recordings of the reference implementation: each needs the keys that lay there at the time. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type KeyState, KeyStore } from '../../src/engine/keys/key-store.ts'
import { loadOrCreateIdentity, temporaryIdentity } from '../../src/wire/identity.ts'
import {
  cannotCompare,
  compareRecording,
  knownDifference,
  recordings,
  wrapCommands,
} from '../support/recorded-commands.ts'

type Keys = Readonly<Record<string, KeyState>>

const waiting: Keys = { alpha: 'accepted', beta: 'pending' }
const alone: Keys = { alpha: 'accepted' }
const ghost: Keys = { alpha: 'accepted', ghost: 'accepted' }

const keysOf: Readonly<Record<string, Keys>> = {
  '12-delete': { alpha: 'accepted', beta: 'rejected' },
  '13-delete-unknown': alone,
  '21-delete-accepted': { alpha: 'accepted', beta: 'accepted' },
  '22-list': alone,
  '23-accept-all-none': alone,
  '28-list-yaml': { alpha: 'accepted', ghost: 'accepted', spook: 'accepted', spook2: 'rejected' },
  '30-print': ghost,
  '31-print-all': ghost,
  '34-delete-all-no': ghost,
  '35-accept-json': ghost,
  '38-delete-ghost': ghost,
}

describe('salt key', { skip: cannotCompare }, () => {
  let folder: string
  let bin: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salt-recorded-'))
    const config = join(folder, 'etc')
    mkdirSync(config)
    writeFileSync(join(config, 'master'), `root_dir: ${join(folder, 'root')}\n`)
    bin = wrapCommands(folder, config, config)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const layDown = (keys: Keys): void => {
    const pki = join(folder, 'root/etc/salt/pki/master')
    loadOrCreateIdentity(pki, 'master')
    const store = new KeyStore(pki)
    store.prepare()
    for (const [id, state] of Object.entries(keys)) {
      writeFileSync(join(store.folder(state), id), temporaryIdentity().publicPem)
    }
    mkdirSync(join(folder, 'run'))
    writeFileSync(join(folder, 'run/ghost.pub'), temporaryIdentity().publicPem)
  }

  for (const recording of recordings('key')) {
    const { name } = recording
    it(name, { skip: knownDifference('key', name) ?? false }, async () => {
      layDown(keysOf[name] ?? waiting)
      await compareRecording(folder, bin, recording)
    })
  }
})
