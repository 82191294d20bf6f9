/** Files by environment and path, wherever they lie: what minions, templates and pillar read from. */
import type { ServedNames, ServedStatus } from '../../client/master-link.ts'

export interface ServedFile {
  /** Relative to the root, with `/`. */
  readonly path: string
  readonly size: number
  readonly sha256: string
}

export interface ServedFiles {
  environments(): Promise<readonly string[]>
  /** All that an environment has, or what lies below one folder of it. An environment that is not known has nothing. */
  names(saltenv: string, under?: string): Promise<ServedNames>
  /** Files below one folder of an environment, with their hashes. */
  list(saltenv: string, under: string): Promise<readonly ServedFile[]>
  /** Undefined where there is no such file. */
  status(saltenv: string, path: string): Promise<ServedStatus | undefined>
  /** Where the file lies on this host, where it does without being fetched. */
  locate?(saltenv: string, path: string): Promise<{ readonly file: string; readonly size: number } | undefined>
  /** At most 1 MiB from `offset` on. */
  part(saltenv: string, path: string, offset: number): Promise<Uint8Array>
  /** Content of a small file, or undefined where there is no such file. */
  read(saltenv: string, path: string): Promise<Uint8Array | undefined>
}

/** Files below one folder, such as `_modules`, with their hashes. */
export async function listServed(
  files: Pick<ServedFiles, 'names' | 'status'>,
  saltenv: string,
  under: string,
): Promise<readonly ServedFile[]> {
  const found: ServedFile[] = []
  for (const path of (await files.names(saltenv, under)).files) {
    const status = await files.status(saltenv, path)
    if (status !== undefined) found.push({ path, size: status.size, sha256: status.sha256 })
  }
  return found
}
