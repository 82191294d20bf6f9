/** Terminal colors with the sequences that Salt sends. */

const escapeCharacter = '\u001b'

const control = /(?![\n\t]|\r\n)\p{Cc}/gu
const colorOrControl = new RegExp(`${escapeCharacter}\\[0;(?:\\d;)?\\d+m|${control.source}`, 'gu')

const codes = {
  darkGray: '1;30',
  red: '31',
  lightRed: '1;31',
  green: '32',
  lightGreen: '1;32',
  lightYellow: '1;33',
  blue: '34',
  lightBlue: '1;34',
  magenta: '35',
  lightMagenta: '1;35',
  cyan: '36',
  lightGray: '37',
  white: '1;37',
  reset: '0',
} as const

export type Color = keyof typeof codes
export type Palette = Readonly<Record<Color, string>>

const names = Object.keys(codes) as Color[]

function paletteOf(sequence: (color: Color) => string): Palette {
  return Object.fromEntries(names.map((color) => [color, sequence(color)])) as Record<Color, string>
}

const plain = paletteOf(() => '')
const colored = paletteOf((color) => `${escapeCharacter}[0;${codes[color]}m`)

export function palette(color: boolean): Palette {
  return color ? colored : plain
}

/**
 * A value that came over the network must not command the terminal that shows it: each control character but tab and line break
 * is a question mark, as Salt shows an escape character.
 */
export function withoutEscapes(text: string): string {
  return text.replace(control, '?')
}

/** Text on its way to a terminal. Only our own colors stay, where `keepsColors`. */
export function forTerminal(text: string, keepsColors: boolean): string {
  return text.replace(colorOrControl, (found) => (keepsColors && found.length > 1 ? found : '?'))
}
