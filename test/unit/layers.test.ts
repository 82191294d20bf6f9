/** The floor plan of docs/architecture.md, read from the imports: arrows point down, no circles, no file too long. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const source = path.resolve(import.meta.dirname, '../../src')

/** From the bottom up: a folder imports only from itself and from those before it. */
const layers = ['base', 'wire', 'bus', 'client', 'engine', 'plugins', 'daemons', 'gateways', 'cli', 'main.ts']

const longestFile = 400

/**
 * Packages that take milliseconds to load, with the files that may import them at the top; such a file must itself be
 * imported lazily.
 */
const heavyPackages: Readonly<Record<string, readonly string[]>> = {
  winston: [],
  yargs: [],
  zeromq: [],
  'libsodium-wrappers': [],
}

interface Import {
  readonly from: string
  /** File below src, or the name of a package. */
  readonly to: string
  readonly kind: 'value' | 'type' | 'lazy'
  readonly line: number
}

const files = globSync('**/*.ts', { cwd: source })
  .map((file) => file.replaceAll(path.sep, '/'))
  .sort()
const texts = new Map(files.map((file) => [file, readFileSync(path.join(source, file), 'utf8')]))
const imports = files.flatMap((file) => importsOf(file, texts.get(file) ?? ''))

function importsOf(from: string, text: string): readonly Import[] {
  const found: Import[] = []
  const add = (target: string, kind: Import['kind'], index: number): void => {
    const to = target.startsWith('.') ? path.posix.join(path.posix.dirname(from), target) : target
    found.push({ from, to, kind, line: text.slice(0, index).split('\n').length })
  }
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)) {
    add(match[2] ?? '', match[1] === undefined ? 'value' : 'type', match.index)
  }
  for (const match of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)) {
    const typePosition = /(?:typeof\s+|:\s*)$/.test(text.slice(0, match.index))
    add(match[1] ?? '', typePosition ? 'type' : 'lazy', match.index)
  }
  return found
}

function layerOf(file: string): number {
  return layers.indexOf(file.split('/')[0] ?? '')
}

const show = ({ from, line, to }: Import): string => `src/${from}:${line} imports ${to}`

test('every file lies in a layer', () => {
  assert.deepEqual(
    files.filter((file) => layerOf(file) < 0),
    [],
  )
})

test('imports point down', () => {
  const up = imports.filter(({ from, to }) => texts.has(to) && layerOf(to) > layerOf(from))
  assert.deepEqual(
    up.map(show),
    [],
    `the order is ${layers.toReversed().join(' → ')}: move what both need one layer down`,
  )
})

test('imports of the sources exist and stay in src', () => {
  const lost = imports.filter(({ to }) => to.endsWith('.ts') && !texts.has(to))
  assert.deepEqual(lost.map(show), [])
})

test('there are no circles', () => {
  const needs = Map.groupBy(
    imports.filter(({ to, kind }) => kind !== 'lazy' && texts.has(to)),
    ({ from }) => from,
  )
  assert.deepEqual(
    circles(files, (file) => (needs.get(file) ?? []).map(({ to }) => to)),
    [],
  )
})

/** Each circle once, as the way along it. */
function circles(nodes: readonly string[], next: (node: string) => readonly string[]): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (node: string, way: readonly string[]): void => {
    if (way.includes(node)) found.push([...way.slice(way.indexOf(node)), node].join(' → '))
    if (way.includes(node) || done.has(node)) return
    for (const to of next(node)) visit(to, [...way, node])
    done.add(node)
  }
  for (const node of nodes) visit(node, [])
  return found
}

test('no file is too long', () => {
  const long = files.filter((file) => (texts.get(file) ?? '').split('\n').length - 1 > longestFile)
  assert.deepEqual(long, [], `past ${longestFile} lines a file has a second concept: give it a file of its own`)
})

test('heavy packages are loaded on first use', () => {
  const early = imports.filter(({ from, to, kind }) => {
    const allowed = heavyPackages[to.split('/')[0] ?? '']
    return kind === 'value' && allowed !== undefined && !allowed.includes(from)
  })
  assert.deepEqual(early.map(show), [], 'import it lazily, or through the file that may hold it')
})

test('the reader of imports sees each form', () => {
  const text = [
    "import a from './a.ts'",
    "import type { B } from './b.ts'",
    'import {\n  c,\n  d,\n} from "./not-our-quotes.ts"',
    "import {\n  e,\n  f,\n} from '../base/e.ts'",
    "export * from './g.ts'",
    "import './h.ts'",
    "const i = await import('./i.ts')",
    "type J = typeof import('./j.ts')",
  ].join('\n')
  assert.deepEqual(
    importsOf('cli/x.ts', text).map(({ to, kind }) => `${to} ${kind}`),
    [
      'cli/a.ts value',
      'cli/b.ts type',
      'base/e.ts value',
      'cli/g.ts value',
      'cli/h.ts value',
      'cli/i.ts lazy',
      'cli/j.ts type',
    ],
  )
})

test('the search for circles finds one', () => {
  const graph: Readonly<Record<string, readonly string[]>> = { a: ['b'], b: ['c'], c: ['a'], d: ['a'] }
  assert.deepEqual(
    circles(Object.keys(graph), (node) => graph[node] ?? []),
    ['a → b → c → a'],
  )
})
