/** Base64 as Python's `binascii` reads it: what is no base64 is passed over, the padding must be there. */

/** The bytes, or what Python says is wrong. */
export function decodeBase64(text: string): Uint8Array | { readonly problem: string } {
  const [, data = '', padding = ''] = /^([^=]*)(=*)/.exec(text.replace(/[^A-Za-z0-9+/=]/g, '')) ?? []
  const rest = data.length % 4
  if (rest === 1) {
    const count = `number of data characters (${data.length}) cannot be 1 more than a multiple of 4`
    return { problem: `Invalid base64-encoded string: ${count}` }
  }
  if (rest !== 0 && padding.length < 4 - rest) return { problem: 'Incorrect padding' }
  return Uint8Array.from(Buffer.from(data, 'base64'))
}
