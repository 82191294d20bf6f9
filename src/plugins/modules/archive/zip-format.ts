/** The records of ZIP files (PKWARE's APPNOTE): what reader and writer have to know. */

export const localSignature = 0x04034b50
export const centralSignature = 0x02014b50
export const endSignature = 0x06054b50
export const end64Signature = 0x06064b50
export const locator64Signature = 0x07064b50
export const zip64Field = 0x0001

export const stored = 0
export const deflated = 8
export const zstandard = 93

export const flagEncrypted = 0x0001
/** Sizes and checksum follow the data. */
export const flagDescriptor = 0x0008
export const flagUtf8 = 0x0800

export const folderMode = 0o040000
export const linkMode = 0o120000
export const kindMask = 0o170000

export const most16 = 0xffff
export const most32 = 0xffffffff

/** Upper half of code page 437, in which names without the UTF-8 flag are written. */
const codePage437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ '

export function decodeName(bytes: Buffer, isUtf8: boolean): string {
  if (isUtf8) return bytes.toString('utf8')
  return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : codePage437.charAt(byte - 0x80))).join(
    '',
  )
}

/** Date and time as DOS kept them, in local time; years before 1980 cannot be told. */
export function dosTime(date: Date): { readonly date: number; readonly time: number } {
  const year = Math.min(Math.max(date.getFullYear(), 1980), 2107)
  return {
    date: ((year - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate(),
    time: (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1),
  }
}
