/** Names and passwords in the addresses of repositories. */
import { SaltError } from '../../base/errors.ts'
import { pythonString } from '../../base/python-repr.ts'

/** The address with name and password in it. Throws `bad-arguments` for anything but HTTPS. */
export function withCredentials(url: string, user: unknown, password: unknown): string {
  if ((user === undefined || user === null) && (password === undefined || password === null)) return url
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:[^@/]*@)?(.*)$/is.exec(url)
  if (match?.[1]?.toLowerCase() !== 'https') {
    throw new SaltError('bad-arguments', 'Basic Auth only supported for HTTPS scheme')
  }
  if (user === undefined || user === null) throw new SaltError('bad-arguments', 'https_user is missing.')
  const secret = password === undefined || password === null ? '' : `:${quoted(pythonString(password))}`
  return `https://${quoted(pythonString(user))}${secret}@${match[2]}`
}

/** What is quoted already stays as it is. */
function quoted(text: string): string {
  return text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=%-]/gu, encodeURIComponent)
}

/** Text in which no password of an address is left. */
export function redacted(text: string): string {
  return text.replace(/(https?):\/\/[^@/\s]*@/gi, '$1://<redacted>@')
}
