/** Owner, group and mode of files as states want them: names are looked up once, files once. */
import * as fs from 'node:fs'
import { groupId, normalizeMode, type Owner, userId } from '../owners.ts'
import { modeText } from '../status.ts'

interface WantedId {
  /** As it was written; reports show it. */
  readonly given: string | number
  readonly id: number
}

export interface WantedMetadata {
  readonly user: WantedId | undefined
  readonly group: WantedId | undefined
  /** Permission bits. */
  readonly mode: number | undefined
}

export interface MetadataRequest {
  readonly user?: Owner
  readonly group?: Owner
  readonly mode?: string | number | null | undefined
}

/** What is wanted, or Salt's sentence where a user or a group is not known here. */
export function wantedMetadata(request: MetadataRequest): WantedMetadata | string {
  const { metadata, fault } = foreseenMetadata(request)
  return fault ?? metadata
}

export interface ForeseenMetadata {
  readonly metadata: WantedMetadata
  /** Salt's sentence about owners that are not known here. */
  readonly fault: string | undefined
}

/** For plans: an owner that is not known yet has an id that no file has. */
export function foreseenMetadata(request: MetadataRequest): ForeseenMetadata {
  const user = wantedId(request.user, userId)
  const group = wantedId(request.group, groupId)
  const fault = [
    user?.id === unknownId ? `User ${request.user} is not available ` : '',
    group?.id === unknownId ? `Group ${request.group} is not available` : '',
  ].join('')
  const mode = normalizeMode(request.mode)
  const metadata = { user, group, mode: mode === null ? undefined : Number.parseInt(mode, 8) }
  return { metadata, fault: fault === '' ? undefined : fault }
}

/** No file has it, and systems take it for "leave it as it is". */
const unknownId = -1

function wantedId(owner: Owner, find: (owner: Owner) => number | undefined): WantedId | undefined {
  if (owner === null || owner === undefined || owner === '') return undefined
  return { given: owner, id: find(owner) ?? unknownId }
}

/** What would have to be changed of a file, in the words of Salt's reports: `{user: 'www', mode: '0644'}`. */
export function metadataDifference(
  status: Pick<fs.Stats, 'uid' | 'gid' | 'mode'>,
  { user, group, mode }: WantedMetadata,
  isLinkItself = false,
): Record<string, string | number> {
  return {
    ...(user === undefined || user.id === status.uid ? {} : { user: user.given }),
    ...(group === undefined || group.id === status.gid ? {} : { group: group.given }),
    ...(mode === undefined || isLinkItself || mode === (status.mode & 0o7777) ? {} : { mode: modeText(mode) }),
  }
}

export interface AppliedMetadata {
  readonly changes: Record<string, string | number>
  /** Sentences on what could not be changed. */
  readonly faults: readonly string[]
}

/** How to change a file: by its path, by a descriptor, or a link itself. */
export interface MetadataTarget {
  status(): fs.Stats
  chown(uid: number, gid: number): void
  /** Absent for links: they have no mode. */
  chmod?(mode: number): void
}

export function targetAt(path: string, isLinkItself = false): MetadataTarget {
  if (isLinkItself) {
    return { status: () => fs.lstatSync(path), chown: (uid, gid) => fs.lchownSync(path, uid, gid) }
  }
  return {
    status: () => fs.statSync(path),
    chown: (uid, gid) => fs.chownSync(path, uid, gid),
    chmod: (mode) => fs.chmodSync(path, mode),
  }
}

export function targetOf(descriptor: number): MetadataTarget {
  return {
    status: () => fs.fstatSync(descriptor),
    chown: (uid, gid) => fs.fchownSync(descriptor, uid, gid),
    chmod: (mode) => fs.fchmodSync(descriptor, mode),
  }
}

/** Brings a file to what is wanted; what the system refuses is told. */
export function applyMetadata(
  target: MetadataTarget,
  status: Pick<fs.Stats, 'uid' | 'gid' | 'mode'>,
  wanted: WantedMetadata,
): AppliedMetadata {
  const changes = metadataDifference(status, wanted, target.chmod === undefined)
  const faults: string[] = []
  let isOwnerChanged = false
  for (const [name, uid, gid] of [
    ['user', wanted.user?.id, -1],
    ['group', -1, wanted.group?.id],
  ] as const) {
    if (!(name in changes) || uid === undefined || gid === undefined) continue
    isOwnerChanged = attemptChange(changes, faults, name, () => target.chown(uid, gid)) || isOwnerChanged
  }
  const bits = wanted.mode ?? status.mode & 0o7777
  // A new owner takes the set-uid and set-gid bits away.
  if ('mode' in changes || (isOwnerChanged && (bits & 0o6000) !== 0)) {
    attemptChange(changes, faults, 'mode', () => target.chmod?.(bits))
  }
  return { changes, faults }
}

function attemptChange(
  changes: Record<string, string | number>,
  faults: string[],
  name: string,
  work: () => void,
): boolean {
  try {
    work()
    return true
  } catch {
    faults.push(`Failed to change ${name} to ${changes[name]}`)
    delete changes[name]
    return false
  }
}
