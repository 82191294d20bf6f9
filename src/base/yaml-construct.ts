/** What the nodes of a YAML text mean, as PyYAML with Salt's loader has it. The caller says which objects hold them. */
import { decodeBase64 } from './python-base64.ts'
import { pythonRepr } from './python-repr.ts'
import { YamlFault, type YamlFaultType } from './yaml-fault.ts'
import type { YamlMapping, YamlNode, YamlScalar, YamlSequence } from './yaml-nodes.ts'
import { readBool, readFloat, readInt, scalarKind } from './yaml-scalars.ts'

/** The objects that a text becomes. */
export interface YamlModel<M extends object, S extends object> {
  mapping(): M
  set(): S
  /** An item of `!!pairs`. */
  pair(key: unknown, value: unknown): unknown
  /** The key that a scalar's value makes. */
  key(value: unknown): unknown
  hasKey(mapping: M, key: unknown): boolean
  setKey(mapping: M, key: unknown, value: unknown): void
  addMember(set: S, key: unknown): void
  /** The key as errors name it. */
  keyText(key: unknown): string
}

const core = 'tag:yaml.org,2002:'
/** A text can name one mapping in many merges; nobody writes this many by hand. */
const mergeLimit = 100_000

/** The value of a tree of nodes. Throws `YamlFault`. */
export function constructYaml<M extends object, S extends object>(node: YamlNode, model: YamlModel<M, S>): unknown {
  return new Constructor(model).document(node)
}

/** Collections are filled after those around them, so that of two faults PyYAML's is found first. */
class Constructor<M extends object, S extends object> {
  readonly #model: YamlModel<M, S>
  readonly #values = new Map<YamlNode, unknown>()
  /** Collections that are still empty, and the values that they become: two lists, which cost less than one of pairs. */
  #unfilled: YamlNode[] = []
  #targets: (unknown[] | M | S)[] = []
  #merged = 0

  constructor(model: YamlModel<M, S>) {
    this.#model = model
  }

  document(node: YamlNode): unknown {
    const value = this.#value(node)
    while (this.#unfilled.length > 0) {
      const [nodes, targets] = [this.#unfilled, this.#targets]
      this.#unfilled = []
      this.#targets = []
      for (const [index, one] of nodes.entries()) this.#fillWith(one, targets[index])
    }
    return value
  }

  /** A node that several aliases name, or that a merge brings to several mappings, becomes one shared value. */
  #value(node: YamlNode, isShared = false): unknown {
    if (node.kind === 'scalar' && !isCollectionTag(node.tag)) return scalarValue(node)
    if (node.kind === 'scalar' || !(node.isAliased || isShared)) return this.#collection(node)
    if (this.#values.has(node)) return this.#values.get(node)
    const value = this.#collection(node)
    this.#values.set(node, value)
    return value
  }

  #collection(node: YamlNode): unknown {
    switch (shortTag(node)) {
      case 'seq':
      case 'pairs':
        return this.#later(node, [])
      case 'map':
      case 'omap':
        return this.#later(node, this.#model.mapping())
      case 'set':
        return this.#later(node, this.#model.set())
      default:
        if (isScalarTag(shortTag(node))) expectKind(node, 'scalar')
        throw unknownTag(fullTag(node), node.start)
    }
  }

  #later(node: YamlNode, target: unknown[] | M | S): unknown {
    this.#unfilled.push(node)
    this.#targets.push(target)
    return target
  }

  #fillWith(node: YamlNode, target: unknown[] | M | S | undefined): void {
    switch (shortTag(node)) {
      case 'seq': {
        const { items } = expectKind(node, 'sequence')
        if (Array.isArray(target)) for (const item of items) target.push(this.#value(item))
        return
      }
      case 'pairs':
        if (Array.isArray(target)) target.push(...this.#pairs(node))
        return
      case 'set': {
        const mapping = this.#model.mapping()
        this.#fill(expectKind(node, 'mapping'), mapping, (key) => this.#model.addMember(target as S, key))
        return
      }
      default:
        this.#fill(expectKind(node, 'mapping'), target as M)
    }
  }

  #pairs(node: YamlNode): unknown[] {
    const details = { context: 'while constructing pairs', contextOffset: node.start }
    if (node.kind !== 'sequence')
      throw new YamlFault('ConstructorError', `expected a sequence, but found ${node.kind}`, node.start, details)
    return node.items.map((item) => {
      if (item.kind !== 'mapping') {
        const problem = `expected a mapping of length 1, but found ${item.kind}`
        throw new YamlFault('ConstructorError', problem, item.start, details)
      }
      const [pair, ...more] = item.pairs
      if (pair === undefined || more.length > 0) {
        const problem = `expected a single mapping item, but found ${item.pairs.length} items`
        throw new YamlFault('ConstructorError', problem, item.start, details)
      }
      return this.#model.pair(this.#value(pair[0]), this.#value(pair[1]))
    })
  }

  #fill(node: YamlMapping, mapping: M, onKey?: (key: unknown) => void): void {
    const hasMerged = this.#flatten(node)
    for (const pair of node.pairs) {
      const [keyNode, valueNode] = pair
      const key = this.#key(keyNode, node)
      const value = this.#value(valueNode, hasMerged || node.isAliased)
      if (this.#model.hasKey(mapping, key)) {
        const text = this.#model.keyText(key)
        throw new YamlFault('ConstructorError', `the key '${text}' is there twice`, keyNode.start, {
          problem: `found conflicting ID '${text}'`,
          ...inMapping(node),
        })
      }
      this.#model.setKey(mapping, key, value)
      onKey?.(key)
    }
  }

  #key(node: YamlNode, around: YamlMapping): unknown {
    if (node.kind === 'scalar' && !isCollectionTag(node.tag))
      return this.#model.key(node.plain && node.text === '=' ? '=' : scalarValue(node))
    const what = node.kind === 'mapping' ? 'a mapping' : 'a list'
    const message = `${what} cannot be a key (quote a text that starts with a bracket or a brace)`
    throw new YamlFault('ConstructorError', message, node.start, {
      problem: `found unacceptable key ${contentText(node)}`,
      ...inMapping(around),
    })
  }

  /** Replaces `<<` by the pairs it brings: they come first, and a key of the mapping's own wins. False where there is none. */
  #flatten(node: YamlMapping): boolean {
    if (!hasMergeKey(node.pairs)) return false
    const own = node.pairs.filter(([key]) => !isMergeKey(key))
    const ownKeys = new Set(own.map(([key]) => (key.kind === 'scalar' ? key.text : undefined)))
    const brought = node.pairs
      .filter(([key]) => isMergeKey(key))
      .flatMap(([, value]) => this.#mergeSources(node, value))
      .flatMap((source) => source.pairs)
      .filter(([key]) => key.kind !== 'scalar' || !ownKeys.has(key.text))
    this.#merged += brought.length
    if (this.#merged > mergeLimit)
      throw new YamlFault('ConstructorError', 'merge keys bring too many entries', node.start)
    node.pairs.splice(0, node.pairs.length, ...brought, ...own)
    return true
  }

  /** A later mapping of a list comes before an earlier one. */
  #mergeSources(node: YamlMapping, value: YamlNode): YamlMapping[] {
    const isList = value.kind === 'sequence'
    const wanted = isList ? 'a mapping' : 'a mapping or list of mappings'
    const sources = (isList ? value.items : [value]).map((source) => {
      if (source.kind !== 'mapping') {
        const message = 'only a mapping or a list of mappings can be merged'
        throw new YamlFault('ConstructorError', message, source.start, {
          problem: `expected ${wanted} for merging, but found ${source.kind}`,
          ...inMapping(node),
        })
      }
      this.#flatten(source)
      return source
    })
    return sources.reverse()
  }
}

function inMapping(node: YamlMapping): { context: string; contextOffset: number } {
  return { context: 'while constructing a mapping', contextOffset: node.start }
}

function hasMergeKey(pairs: YamlMapping['pairs']): boolean {
  for (const pair of pairs) if (isMergeKey(pair[0])) return true
  return false
}

function isMergeKey(node: YamlNode): boolean {
  return (
    node.kind === 'scalar' && (node.tag === undefined ? node.plain && node.text === '<<' : node.tag === `${core}merge`)
  )
}

const collectionTags = ['seq', 'map', 'omap', 'set', 'pairs']

function isCollectionTag(tag: string | undefined): boolean {
  return tag !== undefined && collectionTags.some((name) => tag === core + name)
}

function expectKind(node: YamlNode, kind: 'sequence'): YamlSequence
function expectKind(node: YamlNode, kind: 'mapping'): YamlMapping
function expectKind(node: YamlNode, kind: 'scalar'): YamlScalar
function expectKind(node: YamlNode, kind: YamlNode['kind']): YamlNode {
  if (node.kind === kind) return node
  throw new YamlFault('ConstructorError', `expected a ${kind} node, but found ${node.kind}`, node.start)
}

function fullTag(node: YamlNode): string {
  return node.tag ?? core + implicitTag(node)
}

function implicitTag(node: YamlNode): string {
  if (node.kind === 'scalar') return node.plain ? scalarKind(node.text) : 'str'
  return node.kind === 'sequence' ? 'seq' : 'map'
}

/** The tag without YAML's own prefix. */
function shortTag(node: YamlNode): string {
  if (node.tag === undefined) return implicitTag(node)
  const { tag } = node
  return tag.startsWith(core) ? tag.slice(core.length) : tag
}

function unknownTag(tag: string, offset: number): YamlFault {
  const shown = tag.startsWith(core) ? `!!${tag.slice(core.length)}` : tag
  return new YamlFault('ConstructorError', `the tag ${shown} is not known here`, offset, {
    problem: `could not determine a constructor for the tag ${pythonRepr(tag)}`,
  })
}

/** The value of a plain scalar. Throws `YamlFault`, with no place in it. */
export function plainValue(text: string): unknown {
  if (scalarKind(text) === 'str') return text
  return scalarValue({ kind: 'scalar', tag: undefined, plain: true, text, start: 0 })
}

/** The value of a scalar that is not tagged as a collection. Throws `YamlFault`. */
export function scalarValue(node: YamlScalar): unknown {
  const kind = shortTag(node)
  const value = readScalar(kind, node)
  if (value !== undefined) return value
  const message = `'${node.text}' is no value of the kind ${kind}`
  throw new YamlFault(faultType(kind, node.text), message, node.start, {
    problem: pythonProblem(kind, node.text),
  })
}

/** PyYAML looks at the first digit of a number before it looks whether there is one. */
function hasNoDigit(kind: string, text: string): boolean {
  return kind === 'int' && /^[+-]?$/.test(text)
}

function faultType(kind: string, text: string): YamlFaultType {
  if (hasNoDigit(kind, text)) return 'IndexError'
  return kind === 'bool' ? 'KeyError' : 'ValueError'
}

function pythonProblem(kind: string, text: string): string {
  if (hasNoDigit(kind, text)) return 'string index out of range'
  if (kind === 'int') return `invalid literal for int() with base 10: ${pythonRepr(text)}`
  return kind === 'float' ? `could not convert string to float: ${pythonRepr(text)}` : pythonRepr(text.toLowerCase())
}

const scalarTags = ['str', 'python/unicode', 'timestamp', 'null', 'bool', 'int', 'float', 'binary']

function isScalarTag(kind: string): boolean {
  return scalarTags.includes(kind)
}

function readScalar(kind: string, node: YamlScalar): unknown {
  switch (kind) {
    case 'str':
    case 'python/unicode':
    case 'timestamp':
      return node.text
    case 'null':
      return null
    case 'bool':
      return readBool(node.text)
    case 'int':
      return readInt(node.text)
    case 'float':
      return readFloat(node.text)
    case 'binary':
      return readBinary(node)
    default:
      throw node.tag === undefined ? loneMark(node, kind) : unknownTag(node.tag, node.start)
  }
}

/** `<<` and `=` mean something as keys only. */
function loneMark(node: YamlScalar, kind: string): YamlFault {
  return new YamlFault('ConstructorError', `a lone ${node.text} has no meaning as a value; quote it`, node.start, {
    problem: `could not determine a constructor for the tag '${core}${kind}'`,
  })
}

function readBinary(node: YamlScalar): Uint8Array {
  const bytes = decodeBase64(node.text)
  if (bytes instanceof Uint8Array) return bytes
  throw new YamlFault('ConstructorError', `'${node.text}' is no value of the kind binary`, node.start, {
    problem: `failed to decode base64 data: ${bytes.problem}`,
  })
}

/** Aliases can make a short text very long when it is written out. */
const contentLimit = 2000

/** What a node holds, as Python prints PyYAML's nodes. */
function contentText(node: YamlNode): string {
  const text = writeContent(node, 0)
  return text.length > contentLimit ? `${text.slice(0, contentLimit)}…` : text
}

function writeContent(node: YamlNode, depth: number): string {
  if (depth > 4) return '…'
  if (node.kind === 'scalar') return pythonRepr(node.text)
  if (node.kind === 'sequence') return `[${node.items.map((item) => nodeText(item, depth + 1)).join(', ')}]`
  const pairs = node.pairs.map((pair) => `(${pair.map((part) => nodeText(part, depth + 1)).join(', ')})`)
  return `[${pairs.join(', ')}]`
}

const nodeNames = { scalar: 'ScalarNode', sequence: 'SequenceNode', mapping: 'MappingNode' }

function nodeText(node: YamlNode, depth: number): string {
  return `${nodeNames[node.kind]}(tag='${fullTag(node)}', value=${writeContent(node, depth)})`
}
