/** Files that name repositories of rpm packages: sections of `key=value` lines, where further lines of a value are indented. */

export interface RepoSection {
  readonly id: string
  /** Lines as they are written, without the heading. */
  readonly lines: readonly string[]
}

export interface RepoFile {
  readonly path: string
  /** Lines before the first section. */
  readonly head: readonly string[]
  readonly sections: readonly RepoSection[]
}

export function parseRepoFile(path: string, text: string): RepoFile {
  const head: string[] = []
  const sections: { id: string; lines: string[] }[] = []
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const id = /^\[([^\]]+)\]\s*$/.exec(line)?.[1]
    if (id !== undefined) sections.push({ id, lines: [] })
    else (sections.at(-1)?.lines ?? head).push(line)
  }
  return { path, head, sections }
}

export function repoFileText({ head, sections }: RepoFile): string {
  const parts = [head, ...sections.map(({ id, lines }) => [`[${id}]`, ...lines])]
  const text = parts
    .flat()
    .join('\n')
    .replace(/^\n+|\n+$/g, '')
  return text === '' ? '' : `${text}\n`
}

const entry = /^([A-Za-z][\w.-]*)\s*=\s*(.*)$/

/** Values by their keys; those of several lines are joined by line breaks. Lines with `#` are `comments`. */
export function valuesOf({ lines }: RepoSection): Record<string, string> {
  const values: Record<string, string> = {}
  const comments: string[] = []
  let last: string | undefined
  for (const line of lines) {
    const [, key, value = ''] = entry.exec(line) ?? []
    if (line.startsWith('#') || line.startsWith(';')) comments.push(line.replace(/^[#;]\s*/, ''))
    else if (key !== undefined) {
      last = key.toLowerCase()
      values[last] = value.trim()
    } else if (/^\s+\S/.test(line) && last !== undefined) values[last] = `${values[last]}\n${line.trim()}`
  }
  return comments.length === 0 ? values : { ...values, comments: comments.join('\n') }
}

/** The lines of a section with some values changed, added, or taken out (null); all others stay as they are written. */
export function editedLines(lines: readonly string[], changes: Readonly<Record<string, string | null>>): string[] {
  const left = new Map(Object.entries(changes))
  const result: string[] = []
  let isDropping = false
  for (const line of lines) {
    const key = entry.exec(line)?.[1]?.toLowerCase()
    if (key === undefined) {
      if (!(isDropping && /^\s+\S/.test(line))) result.push(line)
      continue
    }
    const change = left.get(key)
    isDropping = change !== undefined
    left.delete(key)
    if (change === undefined) result.push(line)
    else if (change !== null) result.push(valueLines(key, change))
  }
  const added = [...left].flatMap(([key, value]) => (value === null ? [] : [valueLines(key, value)]))
  const end = result.findLastIndex((line) => line.trim() !== '') + 1
  return [...result.slice(0, end), ...added, ...result.slice(end)]
}

function valueLines(key: string, value: string): string {
  return `${key}=${value.split('\n').join('\n    ')}`
}
