/** Addresses in a text made links, as Jinja's `urlize` does. */
import { codePointLength, codePointSlice, escapeHtml } from '../values/text.ts'

export interface LinkOptions {
  /** Characters of an address that are shown; undefined: all. */
  readonly limit: number | undefined
  readonly rel: string
  readonly target: string | undefined
  /** Beginnings besides `http://` and its likes. */
  readonly schemes: readonly string[]
}

const host = [
  '(?:https?:\\/\\/|www\\.)(?:[\\w%-]+\\.)*(?:[a-z]{2,63}|xn--[\\w%]{2,59})',
  '(?:[\\w%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)',
  'https?:\\/\\/(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[(?:[\\da-f]{0,4}:){2}(?:[\\da-f]{0,4}:?){1,6}\\])',
].join('|')
const webAddress = new RegExp(`^(?:${host})(?::\\d{1,5})?(?:[/?#]\\S*)?$`, 'i')
const mailAddress = /^\S+@\w[\w.-]*\.\w+$/

/** @param text Already escaped. */
export function linkAddresses(text: string, options: LinkOptions): string {
  return text
    .split(/(\s+)/)
    .map((word) => linkWord(word, options))
    .join('')
}

function linkWord(word: string, options: LinkOptions): string {
  const [head = ''] = /^(?:[(<]|&lt;)+/.exec(word) ?? []
  const [trailing = ''] = /(?:[)>.,\n]|&gt;)+$/.exec(word.slice(head.length)) ?? []
  const middle = word.slice(head.length, word.length - trailing.length)
  const balanced = balance(middle, trailing)
  return head + link(balanced.middle, options) + balanced.tail
}

/** Brackets that are open in the address take their closing ones from behind it. */
function balance(start: string, end: string): { middle: string; tail: string } {
  let middle = start
  let tail = end
  for (const [open, close] of [
    ['(', ')'],
    ['<', '>'],
    ['&lt;', '&gt;'],
  ] as const) {
    const opened = middle.split(open).length - 1
    if (opened <= middle.split(close).length - 1) continue
    const rounds = Math.min(opened, tail.split(close).length - 1)
    for (let round = 0; round < rounds; round++) {
      const index = tail.indexOf(close) + close.length
      middle += tail.slice(0, index)
      tail = tail.slice(index)
    }
  }
  return { middle, tail }
}

function link(address: string, { limit, rel, target, schemes }: LinkOptions): string {
  const attributes = ` rel="${escapeHtml(rel)}"${target === undefined ? '' : ` target="${escapeHtml(target)}"`}`
  if (webAddress.test(address)) {
    const isShort = limit === undefined || codePointLength(address) <= limit
    const shown = isShort ? address : `${codePointSlice(address, 0, limit)}...`
    const href = /^https?:\/\//.test(address) ? address : `https://${address}`
    return `<a href="${href}"${attributes}>${shown}</a>`
  }
  if (address.startsWith('mailto:') && mailAddress.test(address.slice(7))) {
    return `<a href="${address}">${address.slice(7)}</a>`
  }
  if (mailAddress.test(address) && !address.startsWith('www.') && !address.includes(':')) {
    return `<a href="mailto:${address}">${address}</a>`
  }
  const hasScheme = schemes.some((scheme) => address !== scheme && address.startsWith(scheme))
  return hasScheme ? `<a href="${address}"${attributes}>${address}</a>` : address
}
