/** Options of `file.find`: what a path must be like, and what is done with it. */
import type { BigIntStats } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { pythonRepr, pythonString } from '../../../base/python-repr.ts'
import { findAccount, findGroupId } from '../../../engine/functions/accounts.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { splitFeeds, textBlocks } from './content.ts'

export interface FoundPath {
  readonly path: string
  readonly name: string
  /** Of what a link leads to, where that exists. */
  readonly status: BigIntStats
  readonly isLink: boolean
}

export type Criterion = (found: FoundPath) => boolean

/** A wrong value of an option; `file.find` gives it back as a text. */
export class OptionError extends SaltError {
  constructor(message: string) {
    super('bad-arguments', message)
  }
}

/** What each option asks for; those at the front cost the least. */
export const criteria: Readonly<Record<string, (value: string) => Criterion>> = {
  name: (value) => nameCriterion(globSource(value), false),
  iname: (value) => nameCriterion(globSource(value), true),
  regex: (value) => regexCriterion(value, false),
  iregex: (value) => regexCriterion(value, true),
  type: typeCriterion,
  owner: ownerCriterion,
  user: ownerCriterion,
  group: (value) => idCriterion(value, 'group', findGroupId, ({ status }) => Number(status.gid)),
  size: sizeCriterion,
  mtime: mtimeCriterion,
  grep: grepCriterion,
}

function nameCriterion(source: string, ignoreCase: boolean): Criterion {
  const pattern = new PythonRegex(`(?:${source})\\Z`, { dotAll: true, ignoreCase })
  return ({ name }) => pattern.match(name)
}

/** `*`, `?`, `[…]`, `[!…]`, `[^…]` and `{a,b}` as a regular expression. */
function globSource(glob: string): string {
  const parts = glob.matchAll(/\[([!^]?)(\]?[^\]]*)\]|\{([^{}]*)\}|[\s\S]/gu)
  return Array.from(parts, ([whole, not, members, choices]) => {
    if (members !== undefined) return `[${not === '' ? '' : '^'}${members.replace(/[\\\][&~|(){}/^]/g, '\\$&')}]`
    if (choices !== undefined) return `(?:${choices.split(',').map(globSource).join('|')})`
    if (whole === '*') return '.*'
    return whole === '?' ? '.' : whole.replace(/[\\^$.|+(){}[\]/]/g, '\\$&')
  }).join('')
}

function compile(value: string, ignoreCase: boolean): PythonRegex {
  try {
    return new PythonRegex(value, { ignoreCase })
  } catch {
    throw new OptionError(`invalid regular expression: "${value}"`)
  }
}

function regexCriterion(value: string, ignoreCase: boolean): Criterion {
  const regex = compile(value, ignoreCase)
  return ({ name }) => regex.match(name)
}

const types: Readonly<Record<string, (found: FoundPath) => boolean>> = {
  b: ({ status }) => status.isBlockDevice(),
  c: ({ status }) => status.isCharacterDevice(),
  d: ({ status }) => status.isDirectory(),
  f: ({ status }) => status.isFile(),
  l: ({ isLink }) => isLink,
  p: ({ status }) => status.isFIFO(),
  s: ({ status }) => status.isSocket(),
}

export function typeCriterion(value: string): Criterion {
  const letters = value.replace(/[\s,]/g, '')
  if (letters.includes('a')) return () => true
  const tests = [...letters].map((letter) => {
    const test = types[letter]
    if (test === undefined) throw new OptionError(`invalid file type "${letter}"`)
    return test
  })
  return (found) => tests.some((test) => test(found))
}

/** Letter of the kind of a file. */
export function typeLetter(found: FoundPath): string {
  if (found.status.isSymbolicLink()) return 'l'
  return ['b', 'c', 'd', 'f', 'p', 's'].find((letter) => types[letter]?.(found)) ?? '?'
}

function ownerCriterion(value: string): Criterion {
  return idCriterion(
    value,
    'user',
    (name) => findAccount(name)?.uid,
    ({ status }) => Number(status.uid),
  )
}

function idCriterion(
  value: string,
  kind: string,
  look: (name: string) => number | undefined,
  idOf: (found: FoundPath) => number,
): Criterion {
  const ids = value
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => {
      const id = /^\d+$/.test(word) ? Number(word) : look(word)
      if (id === undefined) throw new OptionError(`no such ${kind} "${word}"`)
      return id
    })
  return (found) => ids.includes(idOf(found))
}

function sizeCriterion(value: string): Criterion {
  const match = /^\s*([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s*([bkmgt]?)\s*$/i.exec(value)
  if (match === null) throw new OptionError(`invalid size: "${value}"`)
  const [, sign, number, unit = ''] = match
  const factor = 1024 ** Math.max('bkmgt'.indexOf(unit.toLowerCase() || 'b'), 0)
  const size = Math.trunc(Number(number) * factor)
  if (sign === '-') return ({ status }) => Number(status.size) <= size
  if (sign === '+') return ({ status }) => Number(status.size) >= size
  return ({ status }) => Number(status.size) >= size && Number(status.size) < size + factor
}

const units: readonly (readonly [letter: string, seconds: number])[] = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]

/** Older than that, or with a minus newer. Counts in steps of the smallest unit that is named. */
function mtimeCriterion(value: string): Criterion {
  const form = units.map(([letter]) => `(?:(\\d+(?:\\.\\d*)?)\\s*${letter})?\\s*`).join('')
  const match = new RegExp(`^\\s*([+-]?)\\s*${form}$`, 'i').exec(value)
  const given = units.flatMap(([, seconds], index) => {
    const number = match?.[index + 2]
    return number === undefined ? [] : [{ seconds, total: Number(number) * seconds }]
  })
  const step = given.at(-1)?.seconds
  if (match === null || step === undefined) throw new OptionError(`invalid time interval: ${pythonRepr(value)}`)
  const total = given.reduce((sum, part) => sum + part.total, 0)
  const bound = Date.now() / 1000 - Math.trunc(total / step) * step
  const newer = match[1] === '-'
  return ({ status }) => {
    const time = Math.trunc(Number(status.mtimeMs) / 1000)
    return newer ? time >= bound : time <= bound
  }
}

function grepCriterion(value: string): Criterion {
  const regex = compile(value, false)
  return ({ path, status }) => {
    if (!status.isFile()) return false
    try {
      for (const block of textBlocks(path))
        if (regex.searchEach([...splitFeeds(block), block]).includes(true)) return true
    } catch (error) {
      if (error instanceof SaltError) throw error
    }
    return false
  }
}

/** The value of an option as text. Throws OptionError when there is none. */
export function optionText(name: string, value: unknown): string {
  const text = value === null || value === undefined ? '' : pythonString(value)
  if (text === '') throw new OptionError(`missing value for "${name}" option`)
  return text
}
