/** What becomes of a key that was never seen: Salt's `auto_accept`, `autosign_*` and `autoreject_file`. */
import * as fs from 'node:fs'
import { join } from 'node:path'
import { asSaltError, systemCode } from '../../base/errors.ts'
import { type Log, silentLog } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { matchGlob } from '../target/glob.ts'
import { compileRegex } from '../target/regex.ts'
import { isMinionId } from './minion-id.ts'

export interface AutosignOptions {
  /** Accept every new key. */
  readonly autoAccept?: boolean
  /** Files with one id per line: exact, glob, or regular expression for the whole id; `#` starts a comment line. */
  readonly autosignFile?: string | undefined
  readonly autorejectFile?: string | undefined
  /** Folder with one file per grain name; each line is a value that is accepted. */
  readonly autosignGrainsDir?: string | undefined
  /** Folder in which an empty file named after an id accepts that id once (`pki/master/minions_autosign`). */
  readonly autosignFolder?: string | undefined
  /** Minutes after which such a file is void; 0: never. Salt's `autosign_timeout`, default 120. */
  readonly autosignTimeoutMinutes?: number
  /** Whether the group may have write access to these files. */
  readonly permissivePkiAccess?: boolean
}

export interface NewKey {
  readonly id: string
  /** `autosign_grains` that the minion sent. */
  readonly grains?: Readonly<Record<string, unknown>>
  readonly options: AutosignOptions
  readonly log?: Pick<Log, 'warning'>
  /** Milliseconds since 1970. */
  readonly now?: number
}

export interface NewKeyDecision {
  readonly kind: 'accept' | 'reject' | 'pending'
  readonly reason: string
}

const maximumFileBytes = 4 * 1024 * 1024

/** A rejecting file goes before everything that accepts. A file that others may write to is ignored and logged. */
export function decideNewKey({ id, grains = {}, options, log = silentLog, now = Date.now() }: NewKey): NewKeyDecision {
  const look: Look = { id, options, log, now }
  if (isListed(options.autorejectFile, look)) return { kind: 'reject', reason: 'listed in autoreject_file' }
  if (options.autoAccept) return { kind: 'accept', reason: 'auto_accept is on' }
  if (isListed(options.autosignFile, look)) return { kind: 'accept', reason: 'listed in autosign_file' }
  if (takeInvitation(look)) return { kind: 'accept', reason: 'invited by a file in minions_autosign' }
  const grain = findAcceptedGrain(grains, look)
  if (grain !== undefined) return { kind: 'accept', reason: `grain ${grain} has a value of autosign_grains_dir` }
  return { kind: 'pending', reason: 'waits for a decision' }
}

interface Look {
  readonly id: string
  readonly options: AutosignOptions
  readonly log: Pick<Log, 'warning'>
  readonly now: number
}

function isListed(path: string | undefined, look: Look): boolean {
  return path !== undefined && path !== '' && trustedLines(path, look).some((line) => matchesLine(line, path, look))
}

function matchesLine(line: string, path: string, { id, log }: Look): boolean {
  if (line === id || matchGlob(line, id)) return true
  try {
    return compileRegex(line, { anchor: 'full' }).matches(id)
  } catch (thrown) {
    // Many a glob is no regular expression: that alone is no fault of the line.
    if (!/[*?[]/.test(line))
      log.warning('a line is no valid pattern', { file: path, line, error: asSaltError(thrown).message })
    return false
  }
}

function takeInvitation({ id, options, log, now }: Look): boolean {
  const folder = options.autosignFolder
  if (folder === undefined || !isMinionId(id)) return false
  const path = join(folder, id)
  const status = fs.lstatSync(path, { throwIfNoEntry: false })
  if (!status?.isFile() || !isTrusted(folder, options) || !isTrusted(path, options)) return false
  const minutes = options.autosignTimeoutMinutes ?? 120
  const isVoid = minutes > 0 && now - status.mtimeMs > minutes * 60_000
  if (isVoid) log.warning('an invitation in minions_autosign is older than autosign_timeout', { id })
  try {
    // It counts once, whoever is first to remove it.
    fs.unlinkSync(path)
  } catch {
    return false
  }
  return !isVoid
}

function findAcceptedGrain(grains: Readonly<Record<string, unknown>>, look: Look): string | undefined {
  const folder = look.options.autosignGrainsDir
  if (folder === undefined || folder === '' || !isRecord(grains)) return undefined
  return Object.keys(grains)
    .slice(0, 100)
    .find(
      (name) =>
        /^[\w.-]{1,200}$/.test(name) && !name.startsWith('.') && hasAcceptedValue(folder, name, grains[name], look),
    )
}

function hasAcceptedValue(folder: string, name: string, value: unknown, look: Look): boolean {
  return trustedLines(join(folder, name), look).includes(pythonString(value))
}

/** Lines without comments and blanks; none when the file is absent or others may write to it. */
function trustedLines(path: string, { options, log }: Look): string[] {
  try {
    const status = fs.statSync(path)
    if (!status.isFile()) return []
    if (!isTrusted(path, options)) {
      log.warning('ignored a file that others may write to', { file: path, mode: (status.mode & 0o777).toString(8) })
      return []
    }
    if (status.size > maximumFileBytes) {
      log.warning('ignored a file that is too large', { file: path, bytes: status.size })
      return []
    }
    const lines = fs.readFileSync(path, 'utf8').split(/\r?\n/)
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  } catch (error) {
    if (systemCode(error) !== 'ENOENT')
      log.warning('cannot read a file', { file: path, error: asSaltError(error).message })
    return []
  }
}

function isTrusted(path: string, options: AutosignOptions): boolean {
  if (process.platform === 'win32') return true
  const status = fs.statSync(path, { throwIfNoEntry: false })
  if (!status || (status.mode & 0o002) !== 0) return false
  return (status.mode & 0o020) === 0 || options.permissivePkiAccess === true
}
