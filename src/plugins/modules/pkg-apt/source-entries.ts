/** What apt's sources say, in both forms: one-line (`deb URI suite component…`) and deb822 paragraphs. */
import { SaltError } from '../../../base/errors.ts'

/** One combination of type, URI and suite. */
export interface SourceEntry {
  readonly type: string
  readonly uri: string
  readonly dist: string
  readonly comps: readonly string[]
  readonly disabled: boolean
  readonly architectures: readonly string[]
  readonly signedby: string
  readonly trusted?: boolean
  /** Further options of a line, as they are written. */
  readonly options?: readonly string[]
  /** Text after `#` on the line, or before the paragraph. */
  readonly comment?: string
}

export type SourceFormat = 'list' | 'sources'

export interface SourceFile {
  readonly path: string
  readonly format: SourceFormat
  readonly blocks: readonly SourceBlock[]
}

/** A line, or a paragraph of deb822. A paragraph of several suites has several entries. */
export interface SourceBlock {
  readonly text: string
  readonly entries: readonly SourceEntry[]
}

const knownOptions: Readonly<Record<string, string>> = {
  arch: 'architectures',
  'signed-by': 'signedby',
  trusted: 'trusted',
}

/** `deb [arch=amd64] https://… bookworm main`; undefined where the line is none. */
function parseSourceLine(line: string): SourceEntry | undefined {
  const match =
    /^\s*(?<off>#+\s*)?(?<type>deb|deb-src)\s+(?:\[(?<options>[^\]]*)\]\s*)?(?<uri>[a-z][\w+.-]*:\S+)\s+(?<rest>\S.*)$/.exec(
      line,
    )
  if (match?.groups === undefined) return undefined
  const { off, type = '', options: bracket = '', uri = '', rest = '' } = match.groups
  const [words = '', comment] = rest.split(/\s#\s*/, 2)
  const [dist = '', ...comps] = words.trim().split(/\s+/)
  const found: Record<string, string> = {}
  const further: string[] = []
  for (const option of bracket.split(/\s+/).filter((word) => word !== '')) {
    const [key = '', value = ''] = option.split('=', 2)
    const name = knownOptions[key]
    if (name === undefined) further.push(option)
    else found[name] = value
  }
  return {
    type,
    uri,
    dist,
    comps,
    disabled: off !== undefined,
    architectures: found.architectures?.split(',') ?? [],
    signedby: found.signedby ?? '',
    ...(found.trusted === undefined ? {} : { trusted: found.trusted === 'yes' }),
    ...(further.length === 0 ? {} : { options: further }),
    ...(comment === undefined ? {} : { comment }),
  }
}

/** As a line of `sources.list`. */
export function sourceLine(entry: SourceEntry): string {
  const bracket = [
    ...(entry.architectures.length === 0 ? [] : [`arch=${entry.architectures.join(',')}`]),
    ...(entry.signedby === '' ? [] : [`signed-by=${entry.signedby}`]),
    ...(entry.trusted === undefined ? [] : [`trusted=${entry.trusted ? 'yes' : 'no'}`]),
    ...(entry.options ?? []),
  ].join(' ')
  const words = [entry.type, ...(bracket === '' ? [] : [`[${bracket}]`]), entry.uri, entry.dist, ...entry.comps]
  const comment = entry.comment === undefined || entry.comment === '' ? '' : ` # ${entry.comment}`
  return `${entry.disabled ? '# ' : ''}${words.join(' ')}${comment}`
}

export function parseSourceFile(path: string, text: string): SourceFile {
  if (path.endsWith('.sources')) {
    const blocks = text.split(/\n(?:[ \t]*\n)+/).filter((part) => part.trim() !== '')
    return {
      path,
      format: 'sources',
      blocks: blocks.map((part) => ({ text: part.trimEnd(), entries: paragraphEntries(part) })),
    }
  }
  const lines = text.replace(/\n$/, '').split('\n')
  return {
    path,
    format: 'list',
    blocks: text === '' ? [] : lines.map((line) => ({ text: line, entries: [parseSourceLine(line) ?? []].flat() })),
  }
}

export function sourceFileText(file: SourceFile): string {
  if (file.blocks.length === 0) return ''
  return `${file.blocks.map(({ text }) => text).join(file.format === 'list' ? '\n' : '\n\n')}\n`
}

function paragraphFields(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  let last = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const match = /^([A-Za-z][\w-]*):[ \t]*(.*)$/.exec(line)
    if (match !== null) {
      last = (match[1] ?? '').toLowerCase()
      fields.set(last, match[2] ?? '')
    } else if (/^[ \t]/.test(line) && last !== '') fields.set(last, `${fields.get(last) ?? ''}\n${line}`)
  }
  return fields
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function paragraphEntries(text: string): SourceEntry[] {
  const fields = paragraphFields(text)
  const trusted = fields.get('trusted')
  const shared = {
    comps: words(fields.get('components')),
    disabled: /^(?:no|false|without|off|disable)$/i.test(fields.get('enabled')?.trim() ?? ''),
    architectures: words(fields.get('architectures')),
    // A key may stand in the file itself.
    signedby: fields.get('signed-by')?.includes('\n') === true ? '' : (fields.get('signed-by')?.trim() ?? ''),
    ...(trusted === undefined ? {} : { trusted: trusted.trim() === 'yes' }),
  }
  return words(fields.get('types')).flatMap((type) =>
    words(fields.get('uris')).flatMap((uri) =>
      words(fields.get('suites')).map((dist) => ({ type, uri, dist, ...shared })),
    ),
  )
}

const fieldNames: readonly (readonly [string, (entry: SourceEntry) => string | undefined])[] = [
  ['Enabled', (entry) => (entry.disabled ? 'no' : undefined)],
  ['Types', (entry) => entry.type],
  ['URIs', (entry) => entry.uri],
  ['Suites', (entry) => entry.dist],
  ['Components', (entry) => entry.comps.join(' ') || undefined],
  ['Architectures', (entry) => entry.architectures.join(' ') || undefined],
  ['Signed-By', (entry) => entry.signedby || undefined],
  ['Trusted', (entry) => (entry.trusted === undefined ? undefined : entry.trusted ? 'yes' : 'no')],
]

/** One entry as a paragraph of deb822. */
export function sourceParagraph(entry: SourceEntry): string {
  return editedParagraph('', undefined, entry)
}

/** The paragraph for one entry alone; what is not about the entry, or has not changed, stays as it is written. */
export function editedParagraph(text: string, old: SourceEntry | undefined, now: SourceEntry): string {
  let lines = text === '' ? [] : text.split('\n')
  for (const [field, read] of fieldNames) {
    const value = read(now)
    const isSplit = field === 'Types' || field === 'URIs' || field === 'Suites'
    if (old === undefined || isSplit || read(old) !== value) lines = withField(lines, field, value)
  }
  return lines.join('\n')
}

function withField(lines: readonly string[], field: string, value: string | undefined): string[] {
  const start = lines.findIndex((line) => line.toLowerCase().startsWith(`${field.toLowerCase()}:`))
  const line = value === undefined ? [] : [`${field}: ${value}`]
  if (start < 0) return [...lines, ...line]
  const length = lines.slice(start + 1).findIndex((one) => !/^[ \t]/.test(one))
  return lines.toSpliced(start, length < 0 ? lines.length - start : length + 1, ...line)
}

/** What `repo` of a call means; throws `bad-arguments` where it is not written as apt writes it. */
export function parseRepository(repo: string, codename: string): SourceEntry {
  const ppa = /^ppa:([^/]+)\/(\S+)$/.exec(repo)
  if (ppa !== null) {
    return {
      type: 'deb',
      uri: `https://ppa.launchpadcontent.net/${ppa[1]}/${ppa[2]}/ubuntu`,
      dist: codename,
      comps: ['main'],
      disabled: false,
      architectures: [],
      signedby: '',
    }
  }
  const entry = parseSourceLine(repo)
  if (entry === undefined) throw new SaltError('bad-arguments', `Error: repo '${repo}' not a well formatted definition`)
  return entry
}

/** Whether both mean the same source, whatever their components. */
export function isSameSource(a: SourceEntry, b: SourceEntry): boolean {
  return a.type === b.type && trimmed(a.uri) === trimmed(b.uri) && trimmed(a.dist) === trimmed(b.dist)
}

function trimmed(text: string): string {
  return text.replace(/\/+$/, '')
}
