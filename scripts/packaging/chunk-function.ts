/**
 * Turns an ES module of esbuild's into the function that the chunk loader runs.
 *
 * esbuild would do it, too, with a getter for each export and a lookup at each use: in code that runs once, and so is never optimized,
 * that took up to a tenth of the time of a command. Here names are taken once. That is right as long as no module of ours gives an export
 * another value after it has run; what esbuild wraps to be run later (an ES module that a CommonJS module requires) would do that.
 */
import { builtinModules } from 'node:module'
import { chunkParameters } from './chunk-loader.ts'

export interface EsChunk {
  readonly name: string
  readonly text: string
  /** Names of the chunks that it imports on demand. */
  readonly lazy: readonly string[]
  /** What it was made of where that is imported on demand: our own module, an npm package as ES module, or one as CommonJS. */
  readonly entry: 'own' | 'es-package' | 'cjs-package' | undefined
}

/** Text of the chunk's function, in parentheses. What is left of imports would be a fault of syntax, which the warming run finds. */
export function chunkFunction({ name, text, lazy, entry }: EsChunk): string {
  let code = text
  for (const to of lazy) code = code.replaceAll(`import("./${to}")`, `__lazy("./${to}")`)
  const required: string[] = []
  code = code.replace(importStatement, (whole, names: string | undefined, from: string) => {
    if (!from.startsWith('./') && !isBuiltin(from)) return whole
    required.push(`${names === undefined ? '' : `const ${bindings(name, names)}=`}require("${from}");`)
    return ''
  })
  code = code.replace(exportStatement, (_whole, names: string | undefined, value: string | undefined) => {
    if (names === undefined) return `exports.default=${value};`
    return entry === 'es-package' ? liveExports(pairsOf(names)) : plainExports(name, pairsOf(names))
  })
  return `(function(${chunkParameters.join(',')}){${required.join('')}${code}${entry === 'cjs-package' ? packageNamespace : ''}})`
}

/** As esbuild writes it without spaces; nobody writes it so into a text. */
const importStatement = /(?<=^|[;}\n])import(?: ?(\{[^}]*\}|\*as [\w$]+|[\w$]+) ?from)?"([^"]+)";/g
const exportStatement = /(?:^|(?<=[;}\n]))export(?:\{([^}]*)\}| default ([^;]+));\s*$/

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name)
}

function bindings(name: string, names: string): string {
  if (names.startsWith('*')) return names.slice('*as '.length)
  const pairs = names.replaceAll(' as ', ':')
  if (/\bdefault:/.test(pairs)) throw new Error(`${name} takes a default by name`)
  return pairs
}

type ExportPair = readonly [own: string, other: string]

function pairsOf(names: string): readonly ExportPair[] {
  const all = names.split(',').filter((pair) => pair !== '')
  return all.map((pair) => {
    const [own = '', other = own] = pair.split(' as ')
    return [own, other]
  })
}

function plainExports(name: string, pairs: readonly ExportPair[]): string {
  if (pairs.some(([own]) => own.startsWith('init_')))
    throw new Error(`${name} holds a module that is run later: what it exports would be taken too early`)
  return `Object.assign(exports,{${pairs.map(([own, other]) => `${other}:${own}`).join(',')}});`
}

/** A package may give its names values whenever it likes (libsodium-wrappers does), and is asked for them one at a time. */
function liveExports(pairs: readonly ExportPair[]): string {
  const getters = pairs.map(([own, other]) => `get ${other}(){return ${own}}`)
  return `Object.defineProperties(exports,Object.getOwnPropertyDescriptors({${getters.join(',')}}));`
}

/**
 * `import()` of a CommonJS package shows its properties beside `default`, as in Node. They are looked up through the
 * prototype, because reading them here would run the getters that such packages load their parts with.
 */
const packageNamespace =
  'module.exports=(package=>Object.create(package,{default:{value:package}}))(module.exports.default);'
