import { chown, stat } from 'node:fs/promises'
import { systemCode } from '../../base/errors.ts'

/** Gives a file to the user and group of the one whose place it is to take, as far as there is one and this process may. */
export async function takeOwnerOf(target: string, path: string): Promise<void> {
  try {
    const [{ uid, gid }, own] = [await stat(target), await stat(path)]
    if (uid !== own.uid || gid !== own.gid) await chown(path, uid, gid)
  } catch (error) {
    if (!['ENOENT', 'EPERM'].includes(systemCode(error) ?? '')) throw error
  }
}
