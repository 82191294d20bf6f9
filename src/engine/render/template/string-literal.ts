/** Escapes in the texts of expressions. */

const escapes = /\\(\n|[\\'"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[xuU])/g

const simple: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** The text that a literal stands for, undefined where an escape such as `\x4` is not complete. */
export function unescapeText(body: string): string | undefined {
  if (!body.includes('\\')) return body
  let isComplete = true
  const text = body.replace(escapes, (_whole, code: string) => {
    const known = simple[code]
    if (known !== undefined) return known
    if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8))
    const point = Number.parseInt(code.slice(1), 16)
    if (code.length > 1 && point <= 0x10ffff) return String.fromCodePoint(point)
    isComplete = false
    return ''
  })
  return isComplete ? text : undefined
}
