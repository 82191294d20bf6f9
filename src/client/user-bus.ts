/**
 * Where other users of a master's host reach it: for each of them a socket and a key of 32 bytes in a folder below `sock_dir`,
 * both named by the user's number and both his own, so that the system tells users apart.
 */
import { join } from 'node:path'

export function userBusFolder(sockDir: string): string {
  return join(sockDir, 'users')
}

export function userBusPaths(sockDir: string, uid: number): { readonly socket: string; readonly key: string } {
  const folder = userBusFolder(sockDir)
  return { socket: join(folder, `${uid}.ipc`), key: join(folder, `${uid}.key`) }
}
