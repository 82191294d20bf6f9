/** What single lines of SLS files say: kinds of targets in top files, and where files come from. */
import { nearest } from '../../base/text.ts'
import { targetTypes } from '../target/matcher.ts'
import type { Findings } from './finding.ts'

/** Kinds of targets that Salt has and this program does not. */
const insteadOfTypes: Readonly<Record<string, string>> = {
  data: 'put the value into a grain (grains.set), and match: grain',
  cache: 'put the value into a grain (grains.set), and match: grain',
}

/** `match:` of a top file, of states or of pillar. */
export function scanTopFile(file: string, text: string, findings: Findings): void {
  for (const [index, line] of linesOf(text).entries()) {
    const [, word] = /^\s*-\s*(?:\{\s*)?match\s*:\s*['"]?([^\s'"}#]+)/.exec(line) ?? []
    if (word === undefined || word.includes('{')) continue
    if (targetTypes.some((type) => type === word)) {
      findings.works('target')
      continue
    }
    const [near] = nearest(word, targetTypes)
    const instead = insteadOfTypes[word] ?? (near === undefined ? `one of ${targetTypes.join(', ')}` : `match: ${near}`)
    const what = `there is no match ${word}: the target would mean no minion`
    findings.add({ file, line: index + 1, level: 'unsupported', kind: 'target', name: word, what, instead })
  }
}

/** Protocols of Salt that files cannot be fetched by here. */
const insteadOfProtocols: Readonly<Record<string, string>> = {
  ftp: 'salt:// or https://; or cmd.run with curl and creates, and the path of the file as source',
  s3: 'https:// with a signed address (aws s3 presign); or cmd.run with aws s3 cp and creates, and the path of the file as source',
  swift:
    'https:// with a temporary address (swift tempurl); or cmd.run with swift download and creates, and the path of the file as source',
}

const sourceKey = /^(\s*)(?:-\s+)?(?:source|sources|source_hash|from)\s*:(.*)$/
const fetchingCall = /\bcp\.\w+(?:['"]\])?\s*\(\s*(['"][^'"]*['"])/g
const leftOutAddress = /(?:^|[\s'"[{,])((ftp|s3|swift):\/\/[^\s'",\]}]*)/gi

/** Sources of states, on the line of their key or below it, and those of `cp` functions in templates. */
export function scanSources(file: string, text: string, findings: Findings): void {
  let keyIndent: number | undefined
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === '') continue
    const key = sourceKey.exec(line)
    if (key !== null) keyIndent = indentOf(line)
    else if (keyIndent !== undefined && indentOf(line) <= keyIndent) keyIndent = undefined
    const called = [...line.matchAll(fetchingCall)].map(([, address = '']) => address)
    const part = key !== null ? (key[2] ?? '') : keyIndent === undefined ? called.join(' ') : line
    for (const [, address = '', protocol = ''] of part.matchAll(leftOutAddress)) {
      const what = `files cannot be fetched by ${protocol.toLowerCase()}://`
      const instead = insteadOfProtocols[protocol.toLowerCase()] ?? 'salt:// or https://'
      findings.add({ file, line: index + 1, level: 'unsupported', kind: 'source', name: address, what, instead })
    }
  }
}

/** Without comments, which nobody runs. */
function linesOf(text: string): readonly string[] {
  const blank = (found: string): string => found.replace(/[^\n]/g, ' ')
  return text
    .replace(/\{#[\s\S]*?#\}/g, blank)
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''))
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
