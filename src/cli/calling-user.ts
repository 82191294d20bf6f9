import { currentUser } from '../engine/functions/accounts.ts'

/** Who gives the order, as Salt records it: `sudo_NAME` where root is somebody behind sudo. */
export function callingUser(): string {
  const user = currentUser()
  const { SUDO_USER: behind } = process.env
  return user === 'root' && behind !== undefined && behind !== '' && behind !== 'root' ? `sudo_${behind}` : user
}
