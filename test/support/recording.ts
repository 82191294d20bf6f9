/** One recorded command of the reference implementation. */
export interface Recording {
  readonly name: string
  readonly cmd: string
  readonly exitcode: number
  readonly stdout: string
  readonly stderr: string
}

/** What is left of a recording when everything that differs from run to run is gone: minions answer in any order. */
export function comparable({ exitcode, stdout, stderr }: Recording): {
  exitcode: number
  stdout: unknown
  stderr: unknown
} {
  return { exitcode, stdout: blocks(normalize(stdout)), stderr: blocks(normalize(stderr)) }
}

function normalize(text: string): string {
  return text
    .replace(/\d{20}/g, 'JID')
    .replace(/3006\.0|\b0\.\d+\.\d+\b/g, 'VERSION')
    .replace(/(?:[0-9a-f]{2}:){31}[0-9a-f]{2}/g, 'FINGERPRINT')
    .replace(/-----BEGIN PUBLIC KEY-----[^-]+/g, 'PUBLIC KEY ')
    .replace(/\d{4}, [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6}/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/g, 'STAMP')
    .replace(/(alpha(?:": |:\n +))\d+/g, '$1PID')
    .replace(/(pid:\n +)\d+/g, '$1PID')
    .replace(/salt-(run|call|key) /g, 'salt $1 ')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n+$/, '\n')
}

/** JSON documents as values, anything else as its blocks in one order: a block begins at a line without indentation. */
function blocks(text: string): unknown {
  const documents = text.split(/^(?=\{$)/m).filter((part) => part.trim() !== '')
  try {
    return documents.map((part) => sortKeys(JSON.parse(part))).sort(byText)
  } catch {
    return text
      .split(/^(?=\S)/m)
      .map((block) => block.trimEnd())
      .sort()
  }
}

/** Mappings with their keys in order, all the way down. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  )
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
