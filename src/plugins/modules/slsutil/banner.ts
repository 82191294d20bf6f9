/** Blocks of comment for files that are managed. */
import { SaltError } from '../../../base/errors.ts'

export interface BannerOptions {
  readonly width: number
  readonly commentchar: string
  readonly borderchar: string
  readonly blockstart: string | undefined
  readonly blockend: string | undefined
  readonly title: string
  readonly text: string
  readonly newline: boolean
}

/** Throws `bad-arguments` where nothing has room in it. */
export function bannerOf(options: BannerOptions): string {
  const { width, commentchar, borderchar, blockstart, blockend, title, text, newline } = options
  const left = commentchar.trimEnd()
  const right = commentchar.trim()
  const room = width - left.length - right.length - 2
  if (room <= 0) throw new SaltError('bad-arguments', 'Width is too small to render banner')
  const border = commentchar + borderchar.slice(0, 1).repeat(Math.max(0, width - left.length - right.length)) + right
  const spacer = commentchar + ' '.repeat(Math.max(0, width - commentchar.length * 2)) + commentchar
  const line = (words: string): string => `${left} ${words} ${right}`
  const lines = [
    ...(blockstart === undefined ? [] : [blockstart]),
    border,
    spacer,
    ...wrapped(title, room).map((words) => line(centered(words, room))),
    spacer,
    ...wrapped(text, room).map((words) => line(words.padEnd(room))),
    border,
    ...(blockend === undefined ? [] : [blockend]),
  ]
  return lines.join('\n') + (newline ? '\n' : '')
}

/** As Python's: the odd blank stands left where the room is odd, right otherwise. */
function centered(words: string, room: number): string {
  const blanks = room - words.length
  const before = Math.floor(blanks / 2) + (blanks & room & 1)
  return ' '.repeat(before) + words + ' '.repeat(blanks - before)
}

/** Words in lines that are no longer than the room; a word that is, is broken. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = []
  let current = ''
  for (let word of text.split(/\s+/).filter((part) => part !== '')) {
    if (current !== '' && current.length + 1 + word.length > room) {
      lines.push(current)
      current = ''
    }
    for (; word.length > room; word = word.slice(room)) lines.push(word.slice(0, room))
    current = current === '' ? word : `${current} ${word}`
  }
  return current === '' ? lines : [...lines, current]
}
