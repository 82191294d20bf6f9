/** Versions and requirements of Python packages (PEP 440 and PEP 508). */
import { compareText } from '../../../base/text.ts'
import { compareDigits, type Order, orderOf } from './version-order.ts'

interface PythonVersion {
  readonly epoch: string
  readonly release: readonly string[]
  /** `a`, `b` or `rc` with its number. */
  readonly pre: readonly [kind: string, number: string] | undefined
  readonly post: string | undefined
  readonly dev: string | undefined
  readonly local: readonly string[]
}

const pattern =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/

const preKinds: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' }

/** Undefined for what is no version. */
function parse(text: string): PythonVersion | undefined {
  const match = pattern.exec(text.trim().toLowerCase())
  if (match === null) return undefined
  const [, epoch = '0', release = '', pre, preNumber, plainPost, post, postNumber, dev, devNumber, local = ''] = match
  return {
    epoch,
    release: release.split('.'),
    pre: pre === undefined ? undefined : [preKinds[pre] ?? pre, preNumber || '0'],
    post: plainPost ?? (post === undefined ? undefined : postNumber || '0'),
    dev: dev === undefined ? undefined : devNumber || '0',
    local: local === '' ? [] : local.split(/[-_.]/),
  }
}

/** Versions that are none come first, in the order of their letters. */
export function comparePythonVersions(left: string, right: string): Order {
  const [a, b] = [parse(left), parse(right)]
  if (a === undefined || b === undefined) {
    if (a === b) return orderOf(compareText(left, right))
    return a === undefined ? -1 : 1
  }
  return comparePublic(a, b) || compareLocal(a.local, b.local)
}

function comparePublic(a: PythonVersion, b: PythonVersion): Order {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareRelease(a.release, b.release) ||
    comparePre(a, b) ||
    compareOptional(a.post, b.post, -1) ||
    compareOptional(a.dev, b.dev, 1)
  )
}

function compareRelease(left: readonly string[], right: readonly string[]): Order {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareDigits(left[index] ?? '0', right[index] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

/** A development version of a release comes before its alpha versions, a release after them. */
function comparePre(a: PythonVersion, b: PythonVersion): Order {
  const rank = ({ pre, post, dev }: PythonVersion): number =>
    pre === undefined ? (dev !== undefined && post === undefined ? 0 : 4) : ({ a: 1, b: 2, rc: 3 }[pre[0]] ?? 4)
  return orderOf(rank(a) - rank(b)) || compareDigits(a.pre?.[1] ?? '0', b.pre?.[1] ?? '0')
}

/** @param without what a version counts that has no such part */
function compareOptional(a: string | undefined, b: string | undefined, without: Order): Order {
  if (a === undefined && b === undefined) return 0
  if (a === undefined) return without
  if (b === undefined) return orderOf(-without)
  return compareDigits(a, b)
}

function compareLocal(left: readonly string[], right: readonly string[]): Order {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [a, b] = [left[index], right[index]]
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1
    const numbers = [a, b].map((part) => /^\d+$/.test(part))
    const order =
      numbers[0] && numbers[1]
        ? compareDigits(a, b)
        : numbers[0] !== numbers[1]
          ? orderOf(numbers[0] ? 1 : -1)
          : orderOf(compareText(a, b))
    if (order !== 0) return order
  }
  return 0
}

export interface PythonCondition {
  readonly operator: string
  readonly version: string
}

export interface PythonRequirement {
  /** Undefined for an address without a name: what it is shows only when it is fetched. */
  readonly name: string | undefined
  readonly conditions: readonly PythonCondition[]
}

/** The form in which two names are the same package (PEP 503). */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

/** A word as pip takes it: `flask[async]>=3,<4; python_version>"3.8"`, a path or an address. Undefined for what is none. */
export function parseRequirement(word: string): PythonRequirement | undefined {
  const text = word.trim()
  if (text.startsWith('-')) return undefined
  const egg = /[#&]egg=([\w.-]+)/.exec(text)?.[1]
  if (egg !== undefined) return { name: egg, conditions: [] }
  const [, name, rest = ''] = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$/s.exec(text) ?? []
  if (name !== undefined && /^@\s/.test(rest)) return { name, conditions: [] }
  const isAddress = /^[a-z][a-z0-9+.-]*:/i.test(text) || /[/\\]/.test(text) || /\.(?:whl|zip|tar\.\w+|tgz)$/.test(text)
  if (isAddress) return { name: undefined, conditions: [] }
  if (name === undefined) return undefined
  const conditions = parseConditions(rest.split(';')[0] ?? '')
  return conditions === undefined ? undefined : { name, conditions }
}

function parseConditions(text: string): PythonCondition[] | undefined {
  const bare = text.trim().replace(/^\((.*)\)$/s, '$1')
  if (bare === '') return []
  const found = bare.split(',').map((part) => /^\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s<>=!~]+)\s*$/.exec(part))
  if (!found.every((match) => match !== null)) return undefined
  return found.map(([, operator = '', version = '']) => ({ operator, version }))
}

/** Whether a version is one that the conditions let through. */
export function meetsConditions(version: string, conditions: readonly PythonCondition[]): boolean {
  return conditions.every((condition) => meets(version, condition))
}

function meets(version: string, { operator, version: wanted }: PythonCondition): boolean {
  if (operator === '===') return version === wanted
  if (operator === '~=') {
    const release = parse(wanted)?.release ?? []
    return meets(version, { operator: '>=', version: wanted }) && hasPrefix(version, release.slice(0, -1))
  }
  if (wanted.endsWith('.*')) {
    const isIn = hasPrefix(version, wanted.slice(0, -2).split('.'))
    return operator === '!=' ? !isIn : isIn
  }
  const order = comparePythonVersions(wanted.includes('+') ? version : (version.split('+')[0] ?? ''), wanted)
  if (operator === '==') return order === 0
  if (operator === '!=') return order !== 0
  if (operator === '<=') return order <= 0
  if (operator === '>=') return order >= 0
  return operator === '<' ? order < 0 : order > 0
}

function hasPrefix(version: string, prefix: readonly string[]): boolean {
  const release = parse(version)?.release ?? []
  return prefix.every((part, index) => compareDigits(part, release[index] ?? '0') === 0)
}
