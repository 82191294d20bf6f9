/**
 * Columns that a text takes on a terminal.
 *
 * The bundle gives this to yargs in place of the `string-width` package, whose segmenter and emoji tables cost more than
 * 20 ms at each start.
 */

const escapeCharacter = String.fromCharCode(0x1b)
const bell = String.fromCharCode(0x07)
const terminalSequence = new RegExp(
  `${escapeCharacter}(?:\\[[0-9;]*[A-Za-z]|\\]8;[^${bell}${escapeCharacter}]*(?:${bell}|${escapeCharacter}\\\\))`,
  'g',
)

type Range = readonly [from: number, to: number]

/** Control characters, combining marks, zero-width spaces and joiners, variation selectors. */
const zeroWidth: readonly Range[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x300, 0x36f],
  [0x200b, 0x200f],
  [0xfe00, 0xfe0f],
]

/** East Asian wide and full-width blocks (UAX #11) and the pictographs that terminals draw wide. */
const doubleWidth: readonly Range[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
]

const within = (ranges: readonly Range[], code: number): boolean =>
  ranges.some(([from, to]) => code >= from && code <= to)

export function stringWidth(text: string): number {
  let width = 0
  for (const character of text.replace(terminalSequence, '')) {
    const code = character.codePointAt(0) ?? 0
    if (code >= 0x20 && code < 0x7f) width += 1
    else if (!within(zeroWidth, code)) width += within(doubleWidth, code) ? 2 : 1
  }
  return width
}
