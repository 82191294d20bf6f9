/**
 * Native addons inside the single binary: the system's loader wants a file, so each is written once to a private folder.
 *
 * A home or a temporary folder may be read-only or mounted noexec, so several folders are tried; the file is used only when
 * it belongs to this user and holds exactly the embedded bytes.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sea from 'node:sea'
import { SaltError, systemCode } from './errors.ts'

export interface EmbeddedAddon {
  readonly name: string
  readonly bytes: Uint8Array
  /** Hex digest of the bytes, part of the file name so that versions live side by side. */
  readonly hash: string
}

/** Loads an addon from the assets of the executable, `NAME.node` and `NAME.node.sha256`. */
export function loadEmbeddedAddon(name: string): unknown {
  const addon = {
    name,
    bytes: new Uint8Array(sea.getRawAsset(`${name}.node`)),
    hash: sea.getAsset(`${name}.node.sha256`, 'latin1'),
  }
  return loadAddon(addon, candidateFolders(process.env), (file) => {
    const module = { exports: {} }
    process.dlopen(module, file)
    return module.exports
  })
}

/**
 * Writes the addon into the first folder that can hold and run it.
 * @param open Loads the file; a folder where it throws (noexec) is passed over.
 * @throws SaltError `storage` that names each folder with its reason.
 */
export function loadAddon<T>(addon: EmbeddedAddon, folders: readonly string[], open: (file: string) => T): T {
  const reasons: string[] = []
  for (const folder of folders) {
    try {
      return open(placeAddon(addon, folder))
    } catch (error) {
      reasons.push(`${folder}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
    }
  }
  throw new SaltError('storage', `the ${addon.name} library cannot be unpacked and loaded (${reasons.join('; ')})`, {
    hint: 'Name a private folder on a file system that allows execution in SALT_NATIVE_DIR.',
  })
}

/** Folders to try, best first. */
export function candidateFolders(environment: NodeJS.ProcessEnv): readonly string[] {
  const chosen = environment.SALT_NATIVE_DIR
  const folders = chosen ? [path.resolve(chosen)] : []
  if (process.platform === 'win32') {
    return [...folders, path.join(environment.LOCALAPPDATA || os.tmpdir(), 'salt', 'native')]
  }
  const user = process.getuid?.() ?? 0
  if (user === 0) folders.push('/var/cache/salt/native')
  const home = environment.XDG_CACHE_HOME || (environment.HOME && path.join(environment.HOME, '.cache'))
  if (home && path.isAbsolute(home)) folders.push(path.join(home, 'salt', 'native'))
  if (environment.XDG_RUNTIME_DIR) folders.push(path.join(environment.XDG_RUNTIME_DIR, 'salt-native'))
  return [
    ...folders,
    path.join(os.tmpdir(), `salt-native-${user}`),
    `/var/tmp/salt-native-${user}`,
    `/dev/shm/salt-native-${user}`,
  ]
}

function placeAddon(addon: EmbeddedAddon, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  assertPrivateFolder(folder)
  const file = path.join(folder, `${addon.hash.slice(0, 16)}-${addon.name}.node`)
  if (holds(file, addon.bytes)) return file
  // Containers that share a folder have the same process ids.
  const temporary = `${file}.${process.pid}-${process.hrtime.bigint().toString(36)}`
  try {
    writeFileSync(temporary, addon.bytes, { mode: 0o500, flag: 'wx' })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  return file
}

const writableByOthers = 0o022

/** Who can write to the folder can exchange the file between the check and the load. */
function assertPrivateFolder(folder: string): void {
  const status = lstatSync(folder)
  if (!status.isDirectory()) throw new Error('is not a folder')
  const user = process.getuid?.()
  if (user === undefined) return
  if (status.uid !== user) throw new Error('belongs to another user')
  if ((status.mode & writableByOthers) !== 0) throw new Error('can be written by others')
}

/** Whether the file is this user's own and holds exactly these bytes. */
function holds(file: string, bytes: Uint8Array): boolean {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ELOOP') return false
    throw error
  }
  try {
    const status = fstatSync(descriptor)
    const own = process.getuid === undefined || status.uid === process.getuid()
    if (!status.isFile() || !own || status.size !== bytes.length || (status.mode & writableByOthers) !== 0) return false
    return readFileSync(descriptor).equals(bytes)
  } finally {
    closeSync(descriptor)
  }
}
