/** What a revision means in a repository of another host, by all that the repository says to have. */
import { failure } from '../../../engine/state/wording.ts'

export interface RemoteRevision {
  /** Id of the commit, which may be a short one for `sha1`; undefined where the repository is empty, or not asked for one. */
  readonly id: string | undefined
  readonly kind: 'branch' | 'tag' | 'sha1' | undefined
  /** The branch of the remote to follow; null: leave that as it is. */
  readonly upstream: string | undefined | null
  /** As comments name it: `origin/main (0123456)`. */
  readonly shown: string
}

export type Refs = Readonly<Record<string, string>>

/** Throws `execution-failed` for what the repository does not have. */
export function resolveRevision(refs: Refs, rev: string, remote: string): RemoteRevision {
  const head = refs.HEAD
  if (rev === 'HEAD') {
    if (head === undefined) return { id: undefined, kind: undefined, upstream: undefined, shown: 'remote HEAD' }
    return { id: head, kind: 'sha1', upstream: null, shown: `remote HEAD (${short(head)})` }
  }
  const branch = refs[`refs/heads/${rev}`]
  if (branch !== undefined) {
    const upstream = `${remote}/${rev}`
    return { id: branch, kind: 'branch', upstream, shown: `${upstream} (${short(branch)})` }
  }
  // What an annotated tag leads to has a name of its own.
  const tag = refs[`refs/tags/${rev}^{}`] ?? refs[`refs/tags/${rev}`]
  if (tag !== undefined) return { id: tag, kind: 'tag', upstream: undefined, shown: `${rev} (${short(tag)})` }
  if (isHash(rev)) {
    const id = rev.toLowerCase()
    return { id, kind: 'sha1', upstream: undefined, shown: short(id) }
  }
  throw failure(`No revision matching '${rev}' exists in the remote repository`)
}

/** Whether a revision can be the id of a commit, or its beginning. */
export function isHash(rev: string): boolean {
  return rev.length <= 40 && /^[0-9a-f]+$/i.test(rev)
}

/** The branch that the HEAD of the other side is. */
export function defaultBranch(refs: Refs): string | undefined {
  const found = Object.keys(refs).find((ref) => ref.startsWith('refs/heads/') && refs[ref] === refs.HEAD)
  return found?.slice('refs/heads/'.length)
}

/** Names of the tags. */
export function tagsOf(refs: Refs): readonly string[] {
  return Object.keys(refs)
    .filter((ref) => ref.startsWith('refs/tags/') && !ref.endsWith('^{}'))
    .map((ref) => ref.slice('refs/tags/'.length))
}

/** Whether a commit is the wanted one, of which only the beginning of the id may be known. */
export function isRevision(id: string | undefined, { id: wanted, kind }: RemoteRevision): boolean {
  if (id === undefined || wanted === undefined) return id === wanted
  return kind === 'sha1' ? id.startsWith(wanted) : id === wanted
}

/** The first seven digits of an id. */
export function short(id: string | undefined): string {
  return id === undefined ? 'None' : id.slice(0, 7)
}
